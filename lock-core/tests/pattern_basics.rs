//! What patterns mean, case by case.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should say so at once"
)]

use lock_core::pattern::{Pattern, PatternError, Span, is_valid_path};

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|e| panic!("{text:?}: {e}"))
}

#[test]
fn one_spelling_is_stored_for_many() {
    for (typed, stored) in [
        ("a.rs", "a.rs"),
        ("./a.rs", "a.rs"),
        (".//a.rs", "a.rs"),
        ("a//b", "a/b"),
        ("a/./b", "a/b"),
        ("a/././/b/", "a/b/"),
        ("a/.", "a/"),
        (".", "**"),
        ("./", "**"),
        ("**/**/a", "**/a"),
        ("**/**", "**"),
        ("a/**/./**/**/b", "a/**/b"),
        ("**/**/", "**/"),
        ("[^a]", "[!a]"),
        ("\\a\\*", "a\\*"),
        ("\\[x", "\\[x"),
        ("a}b,c]d", "a\\}b,c\\]d"),
        ("{a\\,b,\\}}", "{a\\,b,\\}}"),
        ("\\,\\}\\]", ",\\}\\]"),
        ("[]a]", "[]a]"),
        ("[!]a]", "[!]a]"),
        ("[a\\]]", "[a\\]]"),
        ("[\\]a]", "[]a]"),
        ("[a\\-]", "[a-]"),
        ("[\\!a]", "[\\!a]"),
        ("[a-c-e]", "[a-c\\-e]"),
        ("[+-\\]]", "[+-\\]]"),
        ("e\u{301}", "\u{e9}"),
    ] {
        let pattern = pattern(typed);
        assert_eq!(pattern.as_str(), stored, "{typed}");
        assert_eq!(Pattern::parse(stored).unwrap(), pattern);
    }
}

#[test]
fn meaningless_text_is_refused() {
    for (text, error) in [
        ("", PatternError::Empty),
        ("{,a}", PatternError::EmptyExpansion),
        ("{}", PatternError::EmptyExpansion),
        ("/a", PatternError::Absolute { at: 1 }),
        ("{,a}/b", PatternError::Absolute { at: 5 }),
        ("a/../b", PatternError::ParentSegment { at: 5 }),
        ("..", PatternError::ParentSegment { at: 3 }),
        ("{.,a}./b", PatternError::ParentSegment { at: 7 }),
        ("a[b", PatternError::UnclosedClass { at: 2 }),
        ("[]", PatternError::UnclosedClass { at: 1 }),
        ("{a,{b}", PatternError::UnclosedBrace { at: 1 }),
        ("[z-a]", PatternError::ReversedRange { from: 'z', to: 'a', at: 2 }),
        ("[a/]", PatternError::SlashInClass { at: 3 }),
        ("a\\", PatternError::TrailingEscape),
        ("a**b", PatternError::StarsInSegment { at: 4 }),
        ("***", PatternError::StarsInSegment { at: 4 }),
        ("a{*,b}*", PatternError::StarsInSegment { at: 8 }),
        ("a\n", PatternError::ControlCharacter { character: '\n', at: 2 }),
    ] {
        assert_eq!(Pattern::parse(text).unwrap_err(), error, "{text}");
    }
    assert!(Pattern::parse("{*,b}*/{,.}/a{/**,}").is_ok());
}

#[test]
fn limits_are_named() {
    for (text, ok) in [
        ("*a".repeat(64), true),
        ("*a".repeat(65), false),
        ("a".repeat(4096), true),
        ("a".repeat(4097), false),
        ("{a,b}".repeat(8), true),
        ("{a,b}".repeat(9), false),
        ("{a,b}".repeat(800), false),
    ] {
        match Pattern::parse(&text) {
            Ok(_) => assert!(ok, "{text}"),
            Err(e) => assert!(!ok && e.is_limit(), "{e}"),
        }
    }
}

#[test]
fn a_pattern_matches_as_documented() {
    for (text, yes, no) in [
        ("a", &["a"][..], &["b", "a/b"][..]),
        ("src/", &["src", "src/a", "src/a/b"], &["srcs", "src.rs"]),
        ("src/**", &["src/a", "src/a/.b"], &["src"]),
        ("**", &["a", "a/b"], &[]),
        ("**/a", &["a", "x/a", "x/y/a"], &["xa", "a/x"]),
        ("a/**/b", &["a/b", "a/x/b"], &["ab", "a/xb"]),
        ("*", &["a", ".a"], &["a/b"]),
        ("a*", &["a", "ab"], &["a/b", "ba"]),
        ("a{/**,}", &["a", "a/b"], &["ab"]),
        ("[!a]", &["b", "\u{e9}"], &["a", "ab"]),
        ("a[--0]b", &["a-b", "a0b"], &["a/b"]),
        ("{a,b/{c,d}}.x", &["a.x", "b/c.x", "b/d.x"], &["b.x", "a"]),
    ] {
        let pattern = pattern(text);
        for path in yes {
            assert!(pattern.matches(path), "{text} {path}");
        }
        for path in no {
            assert!(!pattern.matches(path), "{text} {path}");
        }
    }
}

#[test]
fn two_patterns_meet_when_a_valid_path_matches_both() {
    for (p, q, witness) in [
        ("src/*.rs", "src/lib.rs", Some("src/lib.rs")),
        ("src/*", "src/**", Some("src/a")),
        ("?", "[.]", None),
        ("??", ".[.]", None),
        ("?", "e\u{301}", Some("\u{e9}")),
        ("e?", "?[\u{301}]", None),
        ("src", "src/", Some("src")),
        ("src", "src/**", None),
        ("a/*", "b/*", None),
        (".*", "[.]*", Some(".a")),
        ("**/*.rs", "src/**", Some("src/a.rs")),
    ] {
        let (p, q) = (pattern(p), pattern(q));
        assert_eq!(p.witness(&q).as_deref(), witness, "{p} {q}");
        assert_eq!(p.meets(&q), witness.is_some());
        assert!(witness.is_none_or(|w| is_valid_path(w) && p.matches(w) && q.matches(w)));
    }
}

#[test]
fn anchors_and_spans() {
    let span = |anchor: &str, below| Span { anchor: anchor.into(), below };
    for (text, anchor, spans) in [
        ("src/lib.rs", "src/lib.rs", vec![span("src/lib.rs", false)]),
        ("src/", "src", vec![span("src", true)]),
        ("src/li*", "src", vec![span("src", true)]),
        ("**", "", vec![span("", true)]),
        ("a/{b,c/*}", "a", vec![span("a/b", false), span("a/c", true)]),
        ("{ab,ac}/d", "", vec![span("ab/d", false), span("ac/d", false)]),
        ("\\*/[a]", "*", vec![span("*", true)]),
    ] {
        let pattern = pattern(text);
        assert_eq!(pattern.anchor(), anchor, "{text}");
        assert_eq!(pattern.spans(), spans, "{text}");
    }
    assert_eq!(pattern("a\\*").literal_path(), Some("a*"));
    assert_eq!(pattern("a*").literal_path(), None);
    assert_eq!(Pattern::literal("pages/[id].tsx").unwrap().as_str(), "pages/\\[id\\].tsx");
    assert_eq!(Pattern::directory("a{").unwrap().as_str(), "a\\{/");
    assert_eq!(Pattern::directory(".").unwrap().as_str(), "**");
}

#[test]
fn a_witness_has_no_control_characters_where_one_such_exists() {
    let controls = pattern("[!\u{20}-~\u{a0}-\u{10ffff}]");
    let more = pattern("[!!-~\u{a0}-\u{10ffff}]");
    let any = pattern("?");
    for (p, q) in [(&controls, &any), (&controls, &more), (&controls, &controls)] {
        let witness = p.witness(q).unwrap();
        assert!(p.meets(q) && witness.chars().all(char::is_control) && witness != "\0");
        assert!(is_valid_path(&witness) && p.matches(&witness) && q.matches(&witness));
    }
    assert_eq!(more.witness(&any).as_deref(), Some(" "));
    // One alternative needs a control character, the other does not.
    let either = pattern("{x[!\u{20}-~\u{a0}-\u{10ffff}],xyz}");
    assert_eq!(either.witness(&pattern("x*")).as_deref(), Some("xyz"));
    assert!(!controls.meets(&pattern("[a-z]")));
}

#[test]
fn long_pairs_have_a_witness_too() {
    let (p, q) = ("*?".repeat(64), "?".repeat(70) + &"a*".repeat(60));
    let (p, q) = (pattern(&p), pattern(&q));
    let witness = p.witness(&q).unwrap();
    assert!(p.meets(&q) && p.matches(&witness) && q.matches(&witness));
    let path = "a".repeat(5000);
    assert!(pattern(&"*a".repeat(64)).matches(&path));
    assert!(!pattern(&("*a".repeat(63) + "*b")).matches(&path));
}
