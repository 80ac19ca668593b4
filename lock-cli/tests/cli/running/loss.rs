//! A lock that is lost while its command runs.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{Running, is_alive, kill, listening, run, until};
use crate::{checkout::Checkout, redis::Redis};

#[test]
fn a_command_whose_lock_is_ended_by_somebody_is_asked_to_end_and_then_killed() {
    for (line, cause) in [
        ("break src/a.rs --reason stuck", "broken"),
        ("cleanup-agent ada", "cleaned"),
        ("cleanup-stale --older-than 0s", "cleaned"),
    ] {
        let checkout = Checkout::new();
        let mut running = Running::start(&checkout, "", &listening("TERM"));
        assert_eq!(running.line(), "ready");
        let command = running.command;
        checkout.must(line);
        assert_eq!(running.line(), "term", "{line}");
        let answer = running.end();
        assert!(!is_alive(command), "{line}");
        assert_eq!((answer.code, answer.stdout.as_str()), (7, ""), "{answer:?}");
        let told = answer.stderr.lines().filter(|line| line.contains("next:")).collect::<Vec<_>>();
        assert_eq!(told.len(), 1, "{answer:?}");
        assert!(told[0].starts_with(&format!("error: lost src/a.rs ({cause}")), "{answer:?}");
    }
}

/// Its lease is five minutes: it cannot be the lease that tells.
#[test]
fn a_lock_that_was_lost_a_moment_before_the_command_ended_was_lost() {
    let checkout = Checkout::new();
    let lockctl = env!("CARGO_BIN_EXE_lockctl");
    for then in ["true", "acquire src/a.rs --agent grace"] {
        let then = then.replace("acquire", &format!("{lockctl} acquire"));
        // In a session of its own, so that the end of the command is not its own.
        let script = format!(
            "exec >&2; setsid sh -c '{lockctl} break src/a.rs --reason stuck; {then}'; exit 0"
        );
        let answer = run(&checkout, "", &script);
        assert_eq!((answer.code, answer.stdout.as_str()), (7, ""), "{answer:?}");
        assert!(answer.stderr.contains("error: lost src/a.rs (broken"), "{answer:?}");
    }
    // Nobody's lock was let go in its place.
    let holder = || {
        let who = checkout.lockctl("who src/a.rs --json").json();
        who["locks"][0]["agent_id"].as_str().map(str::to_owned)
    };
    until("the other one has it", || holder().as_deref() == Some("grace"));
}

#[test]
fn a_store_that_cannot_be_reached_ends_the_command_before_the_lease_ends() {
    let checkout = Checkout::new();
    let redis = Redis::start();
    let start = Instant::now();
    let options = format!("--ttl 4s --backend {}", redis.url());
    let mut running = Running::start(&checkout, &options, &listening("TERM"));
    assert_eq!(running.line(), "ready");
    redis.stop();
    assert_eq!(running.line(), "term");
    assert!(start.elapsed() >= Duration::from_millis(3_200), "{:?}", start.elapsed());
    let answer = running.end();
    assert_eq!(answer.code, 7, "{answer:?}");
    assert!(answer.stderr.contains("the lease could not be refreshed in time"), "{answer:?}");
    // It once said "this process was held up": whoever found the lease too old did not know why.
    assert!(!answer.stderr.contains("this process was held up"), "{answer:?}");
    assert!(start.elapsed() >= Duration::from_millis(3_600), "{:?}", start.elapsed());
}

#[test]
fn a_command_outlives_its_lease_many_times() {
    let checkout = Checkout::new();
    let running = Running::start(&checkout, "--ttl 3s", "sleep 7; exit 3");
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(6) {
        assert_eq!(checkout.lockctl("check src/a.rs").code, 1);
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(running.end().code, 3);
}

/// Whoever wakes up late must not go on as if nothing had happened.
#[test]
fn a_run_that_was_paused_past_its_lease_ends_its_command() {
    let checkout = Checkout::new();
    let mut running = Running::start(&checkout, "--ttl 1s", &listening("TERM"));
    assert_eq!(running.line(), "ready");
    running.signal("STOP");
    checkout.must("acquire src/*.rs --agent grace --wait=20s");
    kill("CONT", running.run.id());
    let command = running.command;
    let answer = running.end();
    assert_eq!((answer.code, is_alive(command)), (7, false), "{answer:?}");
    assert_eq!(checkout.must("who src/a.rs --json").json()["locks"][0]["agent_id"], "grace");
}
