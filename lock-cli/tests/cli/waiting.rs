//! Standing in line: granted, timed out, interrupted, deadlocked.

use std::{
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::checkout::{Answer, Checkout};

fn spawn(checkout: &Checkout, line: &str) -> Child {
    let mut command = checkout.command();
    command.args(line.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn answer(child: Child) -> Answer {
    child.wait_with_output().unwrap().into()
}

/// Waits until `count` requests stand in line.
pub(crate) fn until_in_line(checkout: &Checkout, count: usize) {
    let start = Instant::now();
    while checkout.must("list --waiting --json").json()["waiting"].as_array().unwrap().len()
        != count
    {
        assert!(start.elapsed() < Duration::from_secs(20), "nobody came into the line");
        thread::sleep(Duration::from_millis(10));
    }
}

/// `--wait 2s` asks for a file of that name as well, without limit: it is said to whoever meant a limit.
#[test]
fn a_limit_that_is_taken_as_a_pattern_is_noted() {
    let checkout = Checkout::new();
    let answer = checkout.must("acquire src/a.rs --agent ada --wait 2s");
    assert!(answer.stdout.contains("src/a.rs") && answer.stdout.contains("2s"), "{answer:?}");
    let note = "note: 2s is taken as a pattern; a limit is written --wait=2s\n";
    assert_eq!(answer.stderr, note);
    assert_eq!(checkout.must("acquire src/a.rs 2s --agent ada --wait=2s").stderr, "");
    assert_eq!(checkout.must("acquire src/a.rs --agent ada --wait").stderr, "");
}

#[test]
fn a_waiter_is_granted_after_the_release() {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent ada");
    let waiting = spawn(&checkout, "acquire src/*.rs --agent grace --wait --json");
    until_in_line(&checkout, 1);
    let who = checkout.must("who src/a.rs --json").json();
    assert_eq!(who["waiting"][0]["agent_id"], "grace");
    assert_eq!(who["waiting"][0]["position"], 1);
    // Whoever comes later meets the line too.
    let later = checkout.lockctl("acquire src/b.rs --agent eve --json");
    assert_eq!(later.code, 1);
    assert_eq!(later.json()["conflicts"][0]["waiting"]["agent_id"], "grace");
    let text = checkout.lockctl("acquire src/b.rs --agent eve").stdout;
    assert!(text.contains("grace is ahead in line, at position 1"), "{text}");
    checkout.must("release src/a.rs --agent ada");
    let granted = answer(waiting);
    assert_eq!((granted.code, &granted.json()["status"]), (0, &"acquired".into()));
    until_in_line(&checkout, 0);
}

#[test]
fn waiting_until_free_ends_with_the_release() {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent ada");
    let waiting = spawn(&checkout, "wait src/*.rs --json --timeout 30s");
    thread::sleep(Duration::from_millis(100));
    assert_eq!(
        checkout.must("list --waiting --json").json()["waiting"].as_array().unwrap().len(),
        0
    );
    checkout.must("release src/a.rs --agent ada");
    let free = answer(waiting);
    assert_eq!((free.code, &free.json()["status"]), (0, &"free".into()));
    assert_eq!(checkout.must("list --json").json()["locks"].as_array().unwrap().len(), 0);
}

#[test]
fn an_interrupted_waiter_leaves_the_line() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let checkout = Checkout::new();
        checkout.must("acquire src/a.rs --agent ada");
        let waiting = spawn(&checkout, "acquire src/a.rs --agent grace --wait --json");
        until_in_line(&checkout, 1);
        let kill = Command::new("kill").args(["-s", signal, &waiting.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let left = answer(waiting);
        assert_eq!(left.code, code, "{left:?}");
        assert_eq!(left.json()["status"], "conflict");
        // At once, and not when its place runs out.
        let line = checkout.must("list --waiting --json").json();
        assert_eq!(line["waiting"].as_array().unwrap().len(), 0, "{signal}");
        let waiting = spawn(&checkout, "wait src/a.rs");
        thread::sleep(Duration::from_millis(200));
        Command::new("kill").args(["-s", signal, &waiting.id().to_string()]).status().unwrap();
        assert_eq!(answer(waiting).code, code);
    }
}

#[test]
fn a_wait_that_would_never_end_is_refused() {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent ada");
    checkout.must("acquire src/b.rs --agent grace");
    let waiting = spawn(&checkout, "acquire src/b.rs --agent ada --wait");
    until_in_line(&checkout, 1);
    let refused = checkout.lockctl("acquire src/a.rs --agent grace --wait --json");
    assert_eq!((refused.code, &refused.json()["status"]), (4, &"deadlock".into()));
    assert_eq!(refused.json()["cycle"], serde_json::json!(["grace", "ada"]));
    let text = checkout.lockctl("acquire src/a.rs --agent grace --wait").stdout;
    assert!(text.contains("deadlock: grace waits for ada waits for grace"), "{text}");
    assert!(text.contains("next: lockctl release --all --agent grace"), "{text}");
    checkout.must("release --all --agent grace");
    assert_eq!(answer(waiting).code, 0);
}

/// A waiter that was killed cannot leave the line; whoever comes after it must not notice.
#[cfg(target_os = "linux")]
#[test]
fn a_killed_waiter_holds_up_nobody() {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent ada");
    let mut killed = spawn(&checkout, "acquire src/a.rs --agent grace --wait");
    until_in_line(&checkout, 1);
    killed.kill().unwrap();
    killed.wait().unwrap();
    checkout.must("release src/a.rs --agent ada");
    checkout.must("acquire src/a.rs --agent eve");
}
