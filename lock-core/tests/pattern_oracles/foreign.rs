//! Matching against globset, held to our grammar where the two differ.
//!
//! Its `?` takes one byte, so the characters are ASCII; its `[!b]` takes a `/`, so a negated class
//! is written as what it does not exclude; it judges `**` before expansion, so braces hold none.

use globset::GlobBuilder;
use lock_core::pattern::Pattern;
use proptest::{collection::vec, prelude::*};

/// What a part of a segment is written as for us and for globset.
type Both = (String, String);

fn plain() -> impl Strategy<Value = Both> {
    let same = |text: &str| (text.to_owned(), text.to_owned());
    proptest::sample::select(vec![
        same("a"),
        same("b"),
        same("c"),
        same("."),
        same("?"),
        same("[ab]"),
        same("[.-]"),
        same("[a-b.]"),
        ("[!b]".into(), "[\u{1}-.0-ac-\u{7f}]".into()),
        ("[^a-b]".into(), "[\u{1}-.0-`c-\u{7f}]".into()),
    ])
}

fn join(parts: Vec<Both>, separator: &str) -> Both {
    let (ours, theirs): (Vec<String>, Vec<String>) = parts.into_iter().unzip();
    (ours.join(separator), theirs.join(separator))
}

fn braces() -> impl Strategy<Value = Both> {
    let slash = Just(("/".to_owned(), "/".to_owned()));
    let text = vec(prop_oneof![5 => plain(), 1 => slash], 0..3).prop_map(|parts| join(parts, ""));
    vec(text, 1..4).prop_map(|parts| {
        let (ours, theirs) = join(parts, ",");
        (format!("{{{ours}}}"), format!("{{{theirs}}}"))
    })
}

fn segment() -> impl Strategy<Value = Both> {
    let star = Just(("*".to_owned(), "*".to_owned()));
    let part = prop_oneof![6 => plain(), 2 => star, 1 => braces()];
    let named = vec(part, 1..5).prop_map(|mut parts| {
        parts.dedup_by(|a, b| a.0 == "*" && b.0 == "*");
        join(parts, "")
    });
    prop_oneof![4 => named, 1 => Just(("**".to_owned(), "**".to_owned()))]
}

fn glob() -> impl Strategy<Value = Both> {
    vec(segment(), 1..4).prop_map(|segments| join(segments, "/"))
}

fn path() -> impl Strategy<Value = String> {
    let name = vec(proptest::sample::select(&['a', 'b', 'c', '.'][..]), 1..4)
        .prop_map(|name| name.into_iter().collect::<String>())
        .prop_filter("a name", |name| name != "." && name != "..");
    vec(name, 1..4).prop_map(|names| names.join("/"))
}

#[test]
fn globset_matches_the_same_paths() {
    // A batch here is one glob and 64 paths.
    let config = ProptestConfig {
        cases: super::cases() * 8,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |((ours, theirs) in glob(), paths in vec(path(), 64))| {
        // Refused are `.` and `..` segments and the empty text; what is refused is tested elsewhere.
        let Ok(pattern) = Pattern::parse(&ours) else { return Ok(()) };
        // They know no `.` segment and no empty one.
        if theirs.split(['/', '{', ',', '}']).any(|part| matches!(part, "" | ".")) {
            return Ok(());
        }
        let glob = GlobBuilder::new(&theirs)
            .literal_separator(true)
            .empty_alternates(true)
            .build()
            .expect(&theirs)
            .compile_matcher();
        for path in paths {
            prop_assert_eq!(pattern.matches(&path), glob.is_match(&path), "{} {}", ours, path);
        }
    });
}
