//! The JSON shapes: exactly these fields, in every answer that has them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::checkout::Checkout;

fn fields(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn set(names: &str) -> BTreeSet<&str> {
    names.split(' ').collect()
}

const LOCK: &str = "pattern agent_id mode reason acquired_at refreshed_at expires_at stale token";

#[test]
fn every_answer_has_its_fields() {
    let checkout = Checkout::new();
    let json = |line: &str| checkout.lockctl(&format!("{line} --json")).json();
    let acquired = json("acquire src/a.rs --agent ada");
    assert_eq!(fields(&acquired), set("status locks conflicts"));
    assert_eq!(fields(&acquired["locks"][0]), set(LOCK));
    let refused = json("acquire src/*.rs --agent grace");
    assert_eq!(fields(&refused), set("status locks conflicts"));
    assert_eq!(fields(&refused["conflicts"][0]), set("requested witness held"));
    assert_eq!(fields(&refused["conflicts"][0]["held"]), set(LOCK));
    let lost = json("refresh src/a.rs --agent grace");
    assert_eq!(fields(&lost), set("status locks lost"));
    assert_eq!(fields(&lost["lost"][0]), set("pattern to at cause"));
    for (line, names) in [
        ("refresh --all --agent ada", "status locks lost"),
        ("who src/a.rs", "pattern held locks waiting"),
        ("check src/a.rs", "status conflicts"),
        ("wait src/a.rs --timeout 0", "status conflicts"),
        ("list", "locks waiting"),
        ("cleanup-stale", "removed live locks"),
        ("cleanup-agent x", "removed live locks"),
        ("cleanup-orphaned", "removed live locks"),
        ("break x --reason y", "removed live locks"),
        ("doctor", "healthy checks"),
        ("bench --cycles 10", "backend cycles cycle_seconds floor_seconds ratio"),
        (
            "stats",
            "acquired conflicts timeouts deadlocks released expired taken_over broken cleaned \
             holder_dead held waiting wait_seconds hold_seconds hot",
        ),
        ("release src/a.rs --agent ada", "status released conflicts"),
        ("acquire src/a.rs", "error"),
    ] {
        assert_eq!(fields(&json(line)), set(names), "{line}");
    }
    let doctor = json("doctor");
    assert_eq!(fields(&doctor["checks"][0]), set("name ok detail hint"));
    let stats = json("stats");
    assert_eq!(fields(&stats["wait_seconds"]), set("p50 p99 max"));
    assert_eq!(fields(&stats["hold_seconds"]), set("p50 p99 max"));
    assert_eq!(fields(&json("acquire src/a.rs")["error"]), set("code message hint"));
}

#[test]
fn a_lock_of_a_process_names_it() {
    let checkout = Checkout::new();
    let pid = std::process::id();
    let lock = checkout.must(&format!("acquire a --agent ada --pid {pid} --json")).json();
    let lock = &lock["locks"][0];
    assert_eq!(fields(lock), set(&format!("{LOCK} host pid")));
    assert_eq!(lock["pid"], pid);
}

/// Whose process is gone is as stale to a cleanup as to `list`, however long its lease is.
#[cfg(target_os = "linux")]
#[test]
fn a_lock_of_a_dead_process_is_stale_everywhere() {
    let checkout = Checkout::new();
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    checkout.must(&format!("acquire a --agent ada --pid {}", child.id()));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(checkout.must("list --stale --json").json()["locks"][0]["stale"], true);
    let text = checkout.must("cleanup-orphaned --dry-run").stdout;
    assert!(text.contains("of ada, its process gone, its lease until"), "{text}");
    assert!(text.ends_with("1 lock, 0 of them live\n"), "{text}");
    let removed = checkout.must("cleanup-orphaned --json").json();
    assert_eq!((&removed["live"], &removed["locks"][0]["stale"]), (&0.into(), &true.into()));
}

/// What others wrote may hold control characters; a terminal must not see them.
#[test]
fn hostile_reasons_are_shown_escaped() {
    let checkout = Checkout::new();
    let reason = "a\u{1b}[31m\u{9b}2J\u{7f}\u{202e}\nb";
    checkout.run(["acquire", "src/a.rs", "--agent", "ada", "--reason", reason]);
    for line in [
        "acquire src/a.rs --agent grace",
        "who src/a.rs",
        "list",
        "check src/a.rs",
        "release src/a.rs --agent grace",
        "acquire src/a.rs --agent grace --wait=1ms",
    ] {
        let answer = checkout.lockctl(line);
        let raw =
            answer.text().contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}');
        assert!(!raw, "{line}: {answer:?}");
        assert!(!answer.text().lines().any(|line| line.starts_with('b')), "{line}: {answer:?}");
        let json = checkout.lockctl(&format!("{line} --json"));
        let object = json.stdout.trim_end_matches('\n');
        let raw = object.contains(|c: char| c.is_control() || c == '\u{202e}');
        assert!(!raw, "{line}: {json:?}");
    }
    let json = checkout.lockctl("who src/a.rs --json").json();
    assert_eq!(json["locks"][0]["reason"], reason);
}
