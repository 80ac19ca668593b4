//! Patterns that the fuzzer builds piece by piece, judged by the library and by brute force.

use std::sync::LazyLock;

use brute::{Flat, Piece};

use crate::pattern::{Pattern, is_valid_path};

#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub,
    reason = "a test's, shared with the property tests"
)]
#[path = "../../tests/pattern_oracles/brute.rs"]
mod brute;

/// Few, so that two patterns have much in common, and hard ones among them.
const CHARS: [char; 8] = ['a', 'b', '.', '*', ',', ']', 'e', '\u{301}'];

/// Every valid path of up to four of some characters.
static PATHS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..4 {
        let longer = |path: &String| ['a', 'b', '.', '/', '\u{e9}'].map(|c| format!("{path}{c}"));
        last = last.iter().flat_map(longer).collect();
        all.extend(last.iter().cloned());
    }
    all.retain(|path| is_valid_path(path));
    all
});

/// Two patterns, apart by a byte of 255: what each matches, whether they meet, and where.
pub fn verdict(data: &[u8]) {
    // Brute force takes its time, and what is hard is short.
    if data.len() > 24 {
        return;
    }
    let mut sides = data.splitn(2, |byte| *byte == 255);
    let (Some(one), Some(two)) = (side(sides.next()), side(sides.next())) else { return };
    let both = |path: &str| one.matches(path) && two.matches(path);
    match one.pattern.witness(&two.pattern) {
        Some(witness) => {
            assert!(is_valid_path(&witness) && both(&witness), "{witness:?}: {one} {two}");
        }
        None => {
            let missed = PATHS.iter().find(|path| both(path));
            assert_eq!(missed, None, "{one} {two}");
        }
    }
    assert_eq!(one.pattern.meets(&two.pattern), two.pattern.meets(&one.pattern), "{one} {two}");
}

struct Side {
    pattern: Pattern,
    flats: Vec<Flat>,
}

impl Side {
    fn matches(&self, path: &str) -> bool {
        self.flats.iter().any(|flat| flat.matches(path))
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.pattern.as_str().fmt(f)
    }
}

fn side(bytes: Option<&[u8]>) -> Option<Side> {
    let pieces = pieces(&mut bytes?.iter().copied(), 0);
    let (text, flats) = (brute::write(&pieces), brute::expand(&pieces));
    let parsed = Pattern::parse(&text);
    assert_eq!(parsed.is_ok(), flats.is_some(), "{text}: {parsed:?}");
    let side = Side { pattern: parsed.ok()?, flats: flats? };
    for path in PATHS.iter() {
        assert_eq!(side.pattern.matches(path), side.matches(path), "{text} matches {path:?}");
    }
    Some(side)
}

/// One piece a byte; braces nest.
fn pieces(bytes: &mut impl Iterator<Item = u8>, depth: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let char = |byte: u8| CHARS.get(usize::from(byte) % CHARS.len()).copied().unwrap_or('a');
    while let Some(byte) = bytes.next() {
        let piece = match byte % 16 {
            0..8 => Piece::Char(char(byte)),
            8 => Piece::Any,
            9 | 10 => Piece::Star,
            11 | 12 => Piece::Slash,
            13 => {
                let (from, to) = (char(byte / 16), char(byte / 32));
                Piece::Class { negated: byte >= 128, members: vec![(from.min(to), from.max(to))] }
            }
            14 if depth < 3 => {
                let alternatives = (0..=byte / 16 % 3).map(|_| self::pieces(bytes, depth + 1));
                Piece::Braces(alternatives.collect())
            }
            _ if depth > 0 => break,
            _ => continue,
        };
        pieces.push(piece);
    }
    pieces
}
