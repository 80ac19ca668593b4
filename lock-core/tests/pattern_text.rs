//! Any text is read without a panic, and what is printed is read as the same pattern.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so at once"
)]

use lock_core::pattern::{MAX_BYTES, Pattern, PatternError, is_valid_path};
use proptest::{collection::vec, prelude::*};
use unicode_normalization::{UnicodeNormalization, is_nfc};

fn cases() -> ProptestConfig {
    let cases = std::env::var("LOCK_TEST_CASES").map_or(20_000, |cases| cases.parse().unwrap());
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Text in which nearly every character means something.
fn syntax() -> impl Strategy<Value = String> {
    let alphabet: Vec<char> =
        "ab.//**??[[]]!^--{{}},,\\\\e\u{301}\u{323}\u{e9}\u{212b}\u{1100}\u{1161}=\u{338}\n"
            .chars()
            .collect();
    vec(proptest::sample::select(alphabet), 0..14).prop_map(|chars| chars.into_iter().collect())
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let pattern = match Pattern::parse(text) {
        Ok(pattern) => pattern,
        Err(error) => {
            let message = error.to_string();
            prop_assert!(!message.contains(char::is_control), "{message:?}");
            prop_assert!(!message.is_empty());
            return Ok(());
        }
    };
    let normal = pattern.as_str();
    prop_assert!(is_nfc(normal) && normal.len() <= MAX_BYTES);
    let again = Pattern::parse(normal).map(|again| again.to_string());
    prop_assert_eq!(again.as_deref(), Ok(normal), "{}", text);
    let json = serde_json::to_string(&pattern).unwrap();
    prop_assert_eq!(&serde_json::from_str::<Pattern>(&json).unwrap(), &pattern);
    if let Some(path) = pattern.literal_path() {
        prop_assert!(is_valid_path(path) && pattern.matches(path), "{}", normal);
        let again = Pattern::literal(path).unwrap();
        prop_assert_eq!(again.literal_path(), Some(path));
    }
    let anchor = pattern.anchor();
    prop_assert!(anchor.is_empty() || anchor.split('/').all(|name| !name.is_empty()));
    for span in pattern.spans() {
        prop_assert!(is_at_or_below(&span.anchor, anchor), "{}: {:?}", normal, span);
    }
    Ok(())
}

#[test]
fn any_text_is_read_and_printed() {
    proptest!(cases(), |(text in prop_oneof![4 => syntax(), 1 => any::<String>()])| check(&text)?);
}

#[test]
fn any_path_can_be_taken_literally() {
    proptest!(cases(), |(text in prop_oneof![syntax(), any::<String>()])| {
        let path: String = text.nfc().collect();
        let valid = is_valid_path(&path);
        match Pattern::literal(&text) {
            Ok(pattern) => {
                prop_assert!(valid);
                prop_assert_eq!(pattern.literal_path(), Some(&*path));
                prop_assert!(pattern.matches(&path));
                let directory = Pattern::directory(&text).unwrap();
                let below = format!("{path}/x/y");
                prop_assert!(directory.matches(&path) && directory.matches(&below));
                prop_assert!(!pattern.matches(&below) && directory.meets(&pattern));
                prop_assert_eq!(directory.anchor(), &*path);
            }
            Err(PatternError::NotAPath { .. }) => prop_assert!(!valid),
            Err(PatternError::ControlCharacter { .. }) => {
                prop_assert!(path.contains(char::is_control));
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    });
}

/// The promise by which stores look for what may meet: one anchor is above the other or the same,
/// and a plain path only needs what is anchored at or above it.
#[test]
fn what_meets_is_found_by_its_anchor() {
    proptest!(cases(), |(p in syntax(), q in syntax())| {
        let (Ok(p), Ok(q)) = (Pattern::parse(&p), Pattern::parse(&q)) else { return Ok(()) };
        if p.meets(&q) {
            let found = p.spans().iter().any(|span| {
                is_at_or_below(&span.anchor, q.anchor())
                    || (span.below && is_at_or_below(q.anchor(), &span.anchor))
            });
            prop_assert!(found, "{} {}", p, q);
        }
    });
}

fn is_at_or_below(path: &str, directory: &str) -> bool {
    directory.is_empty()
        || path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
