//! The library's patterns against two other readings of the same rule.
//!
//! `LOCK_TEST_CASES` is the number of batches; a batch compares each of its patterns with each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so at once"
)]

mod brute;
mod foreign;

use std::cell::Cell;

use brute::{Flat, Piece};
use lock_core::pattern::{Pattern, is_valid_path};
use proptest::{collection::vec, prelude::*};

/// How many patterns a batch has; with 300 batches that is over 120,000 pairs.
const BATCH: usize = 40;

fn cases() -> u32 {
    std::env::var("LOCK_TEST_CASES").map_or(300, |cases| cases.parse().expect("a number"))
}

/// The characters of one batch: few, so that patterns have much in common, and chosen so that
/// they meet in what is hard.
#[derive(Debug, Clone, Copy)]
struct Alphabet {
    chars: &'static [char],
    /// The length of the longest paths tried; all up to it are.
    longest: usize,
}

const ALPHABETS: [Alphabet; 5] = [
    Alphabet { chars: &['a', 'b', '.'], longest: 5 },
    Alphabet { chars: &['a', '.'], longest: 7 },
    // Marks that compose, of one class and of two, and what they compose to.
    Alphabet { chars: &['e', '\u{301}', '\u{323}', '\u{e9}', '\u{1eb9}'], longest: 4 },
    // Hangul composes starters; the last mark composes with nothing.
    Alphabet { chars: &['\u{1100}', '\u{1161}', '\u{11a8}', '\u{ac00}', '\u{334}'], longest: 4 },
    Alphabet { chars: &['*', ',', '}', '[', '\\', ']', '-'], longest: 3 },
];

fn piece(alphabet: Alphabet) -> impl Strategy<Value = Piece> {
    let c = || proptest::sample::select(alphabet.chars);
    let class =
        (any::<bool>(), vec((c(), c()), 1..3)).prop_map(|(negated, members)| Piece::Class {
            negated,
            members: members.into_iter().map(|(a, b)| (a.min(b), a.max(b))).collect(),
        });
    let leaf = prop_oneof![
        6 => c().prop_map(Piece::Char),
        2 => Just(Piece::Any),
        3 => Just(Piece::Star),
        3 => Just(Piece::Slash),
        2 => class,
    ];
    leaf.prop_recursive(2, 8, 3, |inner| vec(vec(inner, 0..3), 1..3).prop_map(Piece::Braces))
}

fn pieces(alphabet: Alphabet) -> impl Strategy<Value = Vec<Piece>> {
    vec(piece(alphabet), 1..6).prop_map(|mut pieces| {
        // Whole segments `**` are too rare if left to chance.
        for at in 0..pieces.len() {
            let alone = |piece: Option<&Piece>| matches!(piece, None | Some(Piece::Slash));
            if matches!(pieces[at], Piece::Star)
                && alone(at.checked_sub(1).and_then(|before| pieces.get(before)))
                && alone(pieces.get(at + 1))
            {
                pieces.insert(at, Piece::Star);
            }
        }
        pieces
    })
}

fn batch() -> impl Strategy<Value = (Alphabet, Vec<Vec<Piece>>)> {
    proptest::sample::select(&ALPHABETS[..])
        .prop_flat_map(|alphabet| (Just(alphabet), vec(pieces(alphabet), BATCH)))
}

/// All valid paths of an alphabet, up to its length.
fn paths(alphabet: Alphabet) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..alphabet.longest {
        last = last
            .iter()
            .flat_map(|path| alphabet.chars.iter().chain(&['/']).map(move |c| format!("{path}{c}")))
            .collect();
        all.extend(last.iter().cloned());
    }
    all.retain(|path| is_valid_path(path));
    all
}

struct Subject {
    pattern: Pattern,
    flats: Vec<Flat>,
    /// Which of the paths it matches.
    matched: Vec<bool>,
}

#[test]
fn patterns_mean_and_meet_what_brute_force_says() {
    let paths: Vec<Vec<String>> = ALPHABETS.iter().map(|&alphabet| paths(alphabet)).collect();
    let config =
        ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let pairs = Cell::new(0);
    let result = runner.run(&batch(), |(alphabet, batch)| {
        let at = ALPHABETS.iter().position(|a| a.chars == alphabet.chars).unwrap();
        pairs.set(pairs.get() + compare(&paths[at], &batch)?);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    // What is refused is compared with nothing: it must not be most.
    assert!(pairs.get() > cases() as usize * 400, "only {} pairs", pairs.get());
}

fn compare(paths: &[String], batch: &[Vec<Piece>]) -> Result<usize, TestCaseError> {
    let mut subjects = Vec::new();
    for pieces in batch {
        let text = brute::write(pieces);
        let flats = brute::expand(pieces);
        let pattern = Pattern::parse(&text);
        prop_assert_eq!(pattern.is_ok(), flats.is_some(), "{} {:?}", text, pattern);
        let (Ok(pattern), Some(flats)) = (pattern, flats) else { continue };
        let normal = pattern.as_str();
        let again = Pattern::parse(normal).map(|again| again.to_string());
        prop_assert_eq!(again.as_deref(), Ok(normal), "printed and read again");
        let mut matched = Vec::new();
        for path in paths {
            let expected = flats.iter().any(|flat| flat.matches(path));
            prop_assert_eq!(pattern.matches(path), expected, "{} matches {:?}", text, path);
            matched.push(expected);
        }
        subjects.push(Subject { pattern, flats, matched });
    }
    for p in &subjects {
        for q in &subjects {
            let witness = p.pattern.witness(&q.pattern);
            prop_assert_eq!(p.pattern.meets(&q.pattern), witness.is_some());
            let Some(witness) = witness else {
                let both = p.matched.iter().zip(&q.matched).position(|(p, q)| *p && *q);
                let missed = both.map(|at| &paths[at]);
                prop_assert_eq!(missed, None, "{} {}", p.pattern, q.pattern);
                continue;
            };
            prop_assert!(is_valid_path(&witness), "{witness:?}: {} {}", p.pattern, q.pattern);
            for side in [p, q] {
                let matches = side.flats.iter().any(|flat| flat.matches(&witness));
                prop_assert!(matches, "{witness:?}: {}", side.pattern);
            }
        }
    }
    Ok(subjects.len() * subjects.len())
}
