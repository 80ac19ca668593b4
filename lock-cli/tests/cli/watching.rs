//! `watch` and `history`: what happens, and what happened.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use snapbox::{IntoData as _, assert_data_eq, str};

use crate::{checkout::Checkout, redact::redact};

/// Starts `watch`, lets `happen` happen once it looks, and returns the first `count` lines.
fn watched(checkout: &Checkout, json: bool, count: usize, happen: impl FnOnce()) -> Vec<String> {
    let mut command = checkout.command();
    command.arg("watch").args(json.then_some("--json"));
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    // It tells what happens after its first look; there is no sign of that from outside.
    std::thread::sleep(Duration::from_millis(300));
    happen();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines = lines.take(count).map(Result::unwrap).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    lines
}

#[test]
fn events_are_told_as_they_happen() {
    let checkout = Checkout::new();
    let lines = watched(&checkout, true, 6, || {
        checkout.must("acquire src/a.rs --agent ada --reason look");
        checkout.must("release src/a.rs --agent ada");
        checkout.must("acquire src/ --agent grace");
        let timed_out = checkout.lockctl("acquire src/b.rs --agent ada --wait=1500ms");
        assert_eq!(timed_out.code, 3);
        // Of what happens between two looks, only grants and ends have an order.
        std::thread::sleep(Duration::from_millis(300));
        checkout.must("break src/ --reason stuck");
    });
    let events: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = |event: &Value| {
        let agent = event["lock"]["agent_id"].as_str().or(event["waiter"]["agent_id"].as_str());
        format!("{} {}", event["event"].as_str().unwrap(), agent.unwrap())
    };
    let told: Vec<String> = events.iter().map(told).collect();
    let expected = [
        "acquired ada",
        "released ada",
        "acquired grace",
        "waiting ada",
        "gave_up ada",
        "broken grace",
    ];
    assert_eq!(told, expected);
    assert_eq!(events[0]["lock"]["reason"], "look");
    assert_eq!(events[3]["waiter"]["position"], 1);
    assert!(events.iter().all(|event| event["at"].as_str().is_some_and(|at| at.ends_with('Z'))));
}

/// Whether it was live when it ended, whoever ended it.
#[test]
fn a_lock_that_ended_says_whether_it_was_stale() {
    let checkout = Checkout::new();
    let lines = watched(&checkout, true, 5, || {
        checkout.must("acquire live --agent ada");
        checkout.must("acquire stale --agent ada --ttl 100ms");
        std::thread::sleep(Duration::from_millis(1_500));
        checkout.must("cleanup-agent ada");
    });
    let events: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let cleaned = events.iter().filter(|event| event["event"] == "cleaned");
    let stale = |event: &Value| {
        let pattern = event["lock"]["pattern"].as_str().unwrap().to_owned();
        (pattern, event["lock"]["stale"].as_bool().unwrap())
    };
    let cleaned: Vec<_> = cleaned.map(stale).collect();
    assert_eq!(cleaned, [("live".to_owned(), false), ("stale".to_owned(), true)]);
}

#[test]
fn people_get_a_line_an_event() {
    let checkout = Checkout::new();
    let lines = watched(&checkout, false, 2, || {
        checkout.must("acquire src/a.rs --agent ada");
        checkout.must("break src/a.rs --reason stuck");
    });
    let text = redact(&lines.join("\n"), checkout.root());
    let text = text.split(" by ").take(2).collect::<Vec<_>>().join(" by ");
    assert_data_eq!(
        text,
        str![[r#"
[TIME] acquired src/a.rs by ada until [TIME]
[TIME] broken src/a.rs of ada
"#]]
        .raw()
    );
}

#[test]
fn a_watch_nobody_reads_ends_quietly() {
    let checkout = Checkout::new();
    let mut command = checkout.command();
    let mut child = command.arg("watch").stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    std::thread::sleep(Duration::from_millis(300));
    checkout.must("acquire a --agent ada");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn history_says_who_held_what_and_how_it_ended() {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent ada --reason look");
    checkout.must("release src/a.rs --agent ada");
    checkout.must("acquire src/ --agent grace --shared");
    let show = |line: &str| {
        let answer = checkout.lockctl(line);
        format!("{}[exit {}]\n", redact(&answer.text(), checkout.root()), answer.code)
    };
    assert_data_eq!(
        show("history --json"),
        str![[r#"
{"entries":[{"pattern":"src/a.rs","agent_id":"ada","mode":"exclusive","reason":"look","token":[TOKEN],"from":"[TIME]","until":"[TIME]","ended":"released","by":"ada","note":null},{"pattern":"src/","agent_id":"grace","mode":"shared","reason":null,"token":[TOKEN],"from":"[TIME]","until":null,"ended":null,"by":null,"note":null}]}
[exit 0]

"#]]
        .raw()
    );
    let text = show("history");
    let rows: Vec<Vec<&str>> = text.lines().map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["PATTERN", "AGENT", "MODE", "FROM", "UNTIL", "ENDED", "REASON"]);
    assert_eq!(rows[1].first(), Some(&"src/a.rs"));
    assert_eq!(rows[1].last(), Some(&"look"));
    assert_eq!(rows[2].last(), Some(&"live"));

    let entries = |line: &str| {
        let answer = checkout.must(&format!("{line} --json")).json();
        answer["entries"].as_array().unwrap().len()
    };
    assert_eq!(entries("history src/b.rs"), 1, "only the directory meets it");
    assert_eq!(entries("history --by ada"), 1);
    assert_eq!(entries("history --since 1h"), 2);
    assert_eq!(entries("history --at 2001-01-01T00:00:00Z"), 0);
    assert_eq!(checkout.lockctl("history --at yesterday").code, 2);
}
