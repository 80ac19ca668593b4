//! Input that no command takes: exit 2, one clear line, nothing changed, nothing raw.

use std::ffi::OsString;

use crate::checkout::{Answer, Checkout};

/// A checkout with a lock in it, and what its store looks like.
fn prepared() -> (Checkout, Vec<(std::path::PathBuf, Vec<u8>)>) {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent ada");
    let store = checkout.store();
    (checkout, store)
}

fn assert_refused(answer: &Answer, what: &str) {
    assert_eq!(answer.code, 2, "{what}: {answer:?}");
    assert_eq!(answer.stdout, "", "{what}");
    assert_eq!(answer.stderr.lines().count(), 1, "{what}: {answer:?}");
    assert!(answer.stderr.starts_with("error: "), "{what}: {answer:?}");
    let raw = answer.stderr.trim_end_matches('\n').contains(|c: char| c.is_control());
    assert!(!raw, "{what}: {answer:?}");
    assert!(answer.stderr.contains(" (next: "), "{what}: {answer:?}");
    assert!(answer.stderr.chars().count() < 600, "{what}: {answer:?}");
}

const LONG: usize = 4_097;

#[test]
fn bad_patterns_are_refused_by_every_command_that_takes_one() {
    let (checkout, before) = prepared();
    let patterns: Vec<OsString> = vec![
        "".into(),
        "..".into(),
        "../x".into(),
        "/etc/passwd".into(),
        "src/../../x".into(),
        "a**b".into(),
        "a/**b".into(),
        "src/[".into(),
        "src/[a".into(),
        "src/{a".into(),
        "src/{a,b".into(),
        "[z-a]".into(),
        "[a/b]".into(),
        "x\\".into(),
        "a\u{1b}[31m".into(),
        "a\nb".into(),
        "a\u{7f}".into(),
        "a\u{9b}2J".into(),
        "x".repeat(LONG).into(),
        "*a".repeat(65).into(),
        "{a,b}".repeat(9).into(),
    ];
    for pattern in patterns {
        for verb in ["acquire", "release", "refresh", "check", "who", "wait", "break"] {
            let mut command = checkout.command();
            command.arg(verb).arg("--agent").arg("ada").arg("--glob").arg(&pattern);
            if verb == "break" {
                command.args(["--reason", "x"]);
            }
            let answer = Answer::from(command.output().unwrap());
            assert_refused(&answer, &format!("{verb} {pattern:?}"));
        }
    }
    assert_eq!(checkout.store(), before);
}

#[cfg(unix)]
#[test]
fn what_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStringExt as _;
    let (checkout, before) = prepared();
    let bad = || OsString::from_vec(b"a\xff\x1b".to_vec());
    for option in [None, Some("--agent"), Some("--backend"), Some("--reason"), Some("--ttl")] {
        let mut command = checkout.command();
        command.arg("acquire").arg("x");
        if option != Some("--agent") {
            command.args(["--agent", "ada"]);
        }
        command.args(option).arg(bad());
        assert_refused(&command.output().unwrap().into(), &format!("{option:?}"));
    }
    let mut command = checkout.command();
    command.arg(bad());
    assert_refused(&command.output().unwrap().into(), "as a command");
    assert_eq!(checkout.store(), before);
}

#[test]
fn bad_lengths_of_time_are_refused() {
    let (checkout, before) = prepared();
    for ttl in
        ["0", "-1", "-5m", "NaN", "nan", "inf", "1e99", "99ms", "8d", "7d1ms", "", "x", "5 m"]
    {
        for verb in ["acquire", "refresh"] {
            let answer = checkout.run([verb, "src/a.rs", "--agent", "ada", "--ttl", ttl]);
            assert_refused(&answer, ttl);
            assert!(answer.stderr.contains("100ms to 7d"), "{ttl}: {answer:?}");
        }
    }
    for length in ["-1", "NaN", "x", "", "99999999999999999999999d"] {
        let wait = format!("--wait={length}");
        assert_refused(&checkout.run(["acquire", "a", "--agent", "ada", &wait]), &wait);
        assert_refused(&checkout.run(["cleanup-stale", "--older-than", length]), length);
        assert_refused(&checkout.run(["wait", "a", "--timeout", length]), length);
    }
    assert_eq!(checkout.store(), before);
}

#[test]
fn bad_names_and_reasons_are_refused() {
    let (checkout, before) = prepared();
    for agent in ["", "a b", "a\u{1b}[31m", "a\nb", "a\u{202e}b", &"x".repeat(129)] {
        assert_refused(&checkout.run(["acquire", "a", "--agent", agent]), agent);
        assert_refused(&checkout.run(["cleanup-agent", agent]), agent);
        assert_refused(&checkout.run(["list", "--by", agent]), agent);
    }
    let reason = "x".repeat(1_025);
    let answer = checkout.run(["acquire", "a", "--agent", "ada", "--reason", &reason]);
    assert_refused(&answer, "a long reason");
    assert!(answer.stderr.contains("1024 bytes"), "{answer:?}");
    let answer = checkout.run(["break", "src/a.rs", "--reason", &reason]);
    assert_refused(&answer, "a long reason");
    assert_eq!(checkout.store(), before);
}

#[test]
fn bad_lists_of_patterns_are_refused() {
    let (checkout, before) = prepared();
    let many: String = (0..1_001).map(|n| format!("f{n}\n")).collect();
    let line = "acquire --agent ada --patterns-from -";
    for (what, line, stdin) in [
        ("nothing", line, &b""[..]),
        ("only blank lines", line, b"\n\n"),
        ("a NUL inside a line", line, b"a\0b\n"),
        ("an empty name", "acquire --agent ada --patterns-from - -0", b"a\0\0b\0"),
        ("not UTF-8", line, b"a\xff\n"),
        ("an escape", line, b"a\x1b[31m\n"),
        ("too many", line, many.as_bytes()),
        ("NUL without a list", "acquire a --agent ada -0", b""),
        ("no such file", "acquire --agent ada --patterns-from nowhere", b""),
    ] {
        assert_refused(&checkout.with_stdin(line, stdin), what);
    }
    assert_eq!(checkout.store(), before);
}

#[test]
fn lists_of_patterns_are_read() {
    let checkout = Checkout::new();
    let locked = |line: &str, stdin: &[u8]| {
        let answer = checkout.with_stdin(line, stdin);
        assert_eq!(answer.code, 0, "{answer:?}");
        let json = answer.json();
        let locks = json["locks"].as_array().unwrap();
        locks.iter().map(|lock| lock["pattern"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let line = "acquire x --agent ada --json --patterns-from -";
    assert_eq!(locked(line, b"a\r\n\nb c\nd"), ["x", "a", "b c", "d"]);
    let line = "acquire --agent ada --json --patterns-from - -0 --literal";
    assert_eq!(locked(line, b"new line*\0e"), ["new line\\*", "e"]);
    let thousand: String = (0..1_000).map(|n| format!("f{n}\n")).collect();
    assert_eq!(
        locked("acquire --agent ada --json --patterns-from -", thousand.as_bytes()).len(),
        1_000
    );
}
