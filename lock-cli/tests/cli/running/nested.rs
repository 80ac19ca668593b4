//! Runs of one agent, beside and inside each other.

use super::{Running, command, run};
use crate::{
    checkout::{Answer, Checkout},
    waiting::until_in_line,
};

const LOCKCTL: &str = env!("CARGO_BIN_EXE_lockctl");

#[test]
fn two_runs_of_one_agent_exclude_each_other() {
    let checkout = Checkout::new();
    let running = Running::start(&checkout, "", "sleep 600");
    let answer = run(&checkout, "", "echo started");
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""), "{answer:?}");
    assert!(answer.stderr.contains("ada holds src/a.rs (exclusive) in a run or guard"));
    running.signal("TERM");
    running.end();
    assert_eq!(run(&checkout, "", "echo started").stdout, "started\n");
}

#[test]
fn a_run_inside_a_run_never_conflicts_with_those_around_it() {
    let checkout = Checkout::new();
    let inner = |pattern: &str, then: &str| {
        format!("echo $LOCKCTL_HOLDER; {LOCKCTL} run '{pattern}' -- sh -c {then}")
    };
    let innermost = inner("src/a.rs", "'echo $LOCKCTL_HOLDER'");
    let script = inner("src/*.rs", &format!("\"{}\"", innermost.replace('$', "\\$")));
    let answer = run(&checkout, "", &script);
    let holders: Vec<&str> = answer.stdout.lines().collect();
    assert_eq!((answer.code, holders.len()), (0, 3), "{answer:?}");
    assert!(holders[1].starts_with(&format!("{}.", holders[0])), "{answer:?}");
    assert!(holders[2].starts_with(&format!("{}.", holders[1])), "{answer:?}");
}

/// Somebody who waits for the outer run's lock waits for it, and so must not stand before it.
#[test]
fn a_run_inside_a_run_passes_those_who_wait_for_the_outer_one() {
    let checkout = Checkout::new();
    let script = format!("read go <&0; {LOCKCTL} run src/a.rs --wait=20s -- echo inside; echo $?");
    let mut command = command(&checkout, "", &format!("echo $$; {script}"));
    command.stdin(std::process::Stdio::piped());
    let mut running = Running::of(command);
    let mut waiting = checkout.command();
    waiting.args(["run", "src/*", "--agent", "grace", "--wait", "--", "echo", "grace"]);
    let waiting = waiting.stdout(std::process::Stdio::piped()).spawn().unwrap();
    until_in_line(&checkout, 1);
    drop(running.run.stdin.take());
    assert_eq!(running.end().stdout, "inside\n0\n");
    let answer = Answer::from(waiting.wait_with_output().unwrap());
    assert_eq!((answer.code, answer.stdout.as_str()), (0, "grace\n"));
}

#[test]
fn two_runs_inside_one_exclude_each_other() {
    let checkout = Checkout::new();
    let script = format!(
        "{LOCKCTL} run src/b.rs -- sh -c 'echo $LOCKCTL_HOLDER; sleep 600' & \
         read x; {LOCKCTL} run src/b.rs -- echo second; echo $?; kill $!; wait"
    );
    // The first tells when it holds: only then the second is tried.
    let script = script.replace("read x", "while ! {LOCKCTL} who src/b.rs -q >&2; do :; done");
    let script = script.replace("{LOCKCTL}", LOCKCTL);
    let answer = run(&checkout, "", &script);
    let lines: Vec<&str> = answer.stdout.lines().skip(1).collect();
    assert_eq!(lines, ["1"], "{answer:?}");
}

#[test]
fn another_agent_inside_a_run_is_another_agent() {
    let checkout = Checkout::new();
    let script = format!("{LOCKCTL} run src/a.rs --agent grace -- echo inside");
    assert_eq!(run(&checkout, "", &script).code, 1);
}

#[test]
fn a_holder_that_is_none_is_refused() {
    let checkout = Checkout::new();
    let deep = ["x"; 128].join(".");
    for (holder, code) in [("a b", "usage"), ("../x", "usage"), (deep.as_str(), "limit")] {
        let mut command = command(&checkout, "--json", "echo started");
        let answer = Answer::from(command.env("LOCKCTL_HOLDER", holder).output().unwrap());
        assert_eq!((answer.code, &answer.json()["error"]["code"]), (2, &code.into()), "{holder}");
    }
    let mut command = command(&checkout, "", "echo started");
    assert_eq!(Answer::from(command.env("LOCKCTL_HOLDER", "").output().unwrap()).code, 0);
}
