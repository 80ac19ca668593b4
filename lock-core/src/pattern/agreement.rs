//! The quick ways to decide and the thorough one agree: small patterns seldom need the latter, so
//! that tests from outside would hardly see it.

use proptest::{collection::vec, prelude::*};

use super::{
    Pattern,
    letters::Letters,
    matches, meet,
    table::Table,
    walk::{Found, Walk},
};

fn text() -> impl Strategy<Value = String> {
    let pieces = [
        "a",
        "b",
        "a",
        "b",
        ".",
        "?",
        "*",
        "/",
        "/",
        "/**/",
        "**/",
        "[ab]",
        "[!a]",
        "[.a]",
        "{a,*}",
        "{,b}",
        "{/**,}",
        "{*/,a}b",
        "e",
        "[\u{301}x]",
        "\u{323}",
    ];
    vec(proptest::sample::select(pieces.to_vec()), 1..8).prop_map(|pieces| pieces.concat())
}

fn config() -> ProptestConfig {
    let cases = std::env::var("LOCK_TEST_CASES").map_or(20_000, |cases| cases.parse().unwrap());
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn the_table_and_the_walk_agree_on_what_meets() {
    proptest!(config(), |(p in text(), q in text())| {
        let (Ok(p), Ok(q)) = (Pattern::parse(&p), Pattern::parse(&q)) else { return Ok(()) };
        let walk = Walk { p: &p.inner.program, q: &q.inner.program, controls: false };
        let table = Table::new(walk, &Letters::free());
        let found = walk.run(());
        if found != Found::Unknown {
            prop_assert_eq!(table.lives((0, 0), 0), found == Found::Yes, "{} {}", p, q);
        }
        // The walk that follows the table comes to the end, whatever the walk by itself found.
        let exact = meet::exact(walk);
        prop_assert_eq!(exact.is_some(), p.meets(&q), "{} {}", p, q);
        if let Some(path) = exact {
            prop_assert!(super::is_valid_path(&path), "{path:?}: {} {}", p, q);
            prop_assert!(p.matches(&path) && q.matches(&path), "{path:?}: {} {}", p, q);
        }
    });
}

#[test]
fn the_table_and_the_quick_match_agree() {
    let name = "[ab.e\u{301}\u{e9}]{1,4}";
    let path = vec(name, 1..4).prop_map(|names| names.join("/"));
    proptest!(config(), |(text in text(), path in path)| {
        let Ok(pattern) = Pattern::parse(&text) else { return Ok(()) };
        if !super::is_valid_path(&path) {
            return Ok(());
        }
        let quick = matches::quickly(&pattern.inner.program, &path);
        let whole = matches::thoroughly(&pattern.inner.program, &path);
        prop_assert_eq!(quick, Some(whole), "{} {}", pattern, path);
    });
}
