//! Signals, before and while the command runs.

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Running, command, kill, listening, state, until};
use crate::{
    checkout::{Answer, Checkout},
    waiting::until_in_line,
};

#[test]
fn signals_are_passed_on() {
    let checkout = Checkout::new();
    let mut running = Running::start(&checkout, "", &listening("USR1 HUP"));
    assert_eq!(running.line(), "ready");
    for signal in ["USR1", "HUP", "USR1"] {
        running.signal(signal);
        assert_eq!(running.line(), signal.to_lowercase());
    }
    running.signal("TERM");
    let answer = running.end();
    assert_eq!((answer.code, answer.text().as_str()), (143, ""), "{answer:?}");
    assert_eq!(checkout.must("list --json").json()["locks"], serde_json::json!([]));
}

#[test]
fn an_interrupted_wait_leaves_the_line_and_starts_nothing() {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent grace");
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let mut command = command(&checkout, "--wait", "echo started");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        until_in_line(&checkout, 1);
        kill(signal, child.id());
        let answer = Answer::from(child.wait_with_output().unwrap());
        assert_eq!((answer.code, answer.stdout.as_str()), (code, ""), "{signal}: {answer:?}");
        assert!(answer.stderr.starts_with("interrupted src/a.rs: grace holds"), "{answer:?}");
        until_in_line(&checkout, 0);
    }
}

/// `nohup lockctl run …` means the command.
#[test]
fn what_the_caller_ignores_stays_ignored_for_the_command_too() {
    let checkout = Checkout::new();
    let script = "kill -HUP $PPID; sleep 0.2; kill -HUP $$; echo both live";
    let run = command(&checkout, "", script);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(run.get_program());
    shell.args(run.get_args()).current_dir(checkout.root());
    let answer = Answer::from(shell.output().unwrap());
    assert_eq!((answer.code, answer.text().as_str()), (0, "both live\n"));
}

/// Whoever ignores the end of children has them reaped by the kernel, and their exit codes lost.
#[test]
fn the_exit_code_is_known_even_to_a_caller_that_ignores_children() {
    let checkout = Checkout::new();
    let run = command(&checkout, "", "exit 3");
    let script = "import os, signal, sys\n\
                  signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n\
                  os.execv(sys.argv[1], sys.argv[1:])";
    let mut python = Command::new("python3");
    python.args(["-c", script]).arg(run.get_program()).args(run.get_args());
    let answer = Answer::from(python.current_dir(checkout.root()).output().unwrap());
    assert_eq!((answer.code, answer.text().as_str()), (3, ""));
}

/// Only a shell can tell a stopped run to go on; without one the lock must be kept alive.
#[test]
fn a_stopped_command_keeps_its_lock() {
    let checkout = Checkout::new();
    let running = Running::start(&checkout, "--ttl 3s", "exec sleep 600");
    running.signal("TSTP");
    until("the command is stopped", || state(running.command) == Some('T'));
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        assert_eq!(checkout.lockctl("acquire src/a.rs --agent grace").code, 1);
        thread::sleep(Duration::from_millis(50));
    }
    running.signal("CONT");
    until("the command goes on", || state(running.command) != Some('T'));
    running.signal("TERM");
    assert_eq!(running.end().code, 143);
}
