//! A run that was killed with -9, and what becomes of its lock.
#![cfg(target_os = "linux")]

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Running, command, is_alive, kill, until};
use crate::{
    checkout::{Answer, Checkout},
    redis::Redis,
};

#[test]
fn a_killed_runs_lock_is_taken_over_when_its_command_is_gone_too() {
    let redis = Redis::start();
    for url in ["fs:.agent_locks", "sqlite:locks.db", &redis.url()] {
        let checkout = Checkout::new();
        let backend = format!("--backend {url}");
        let mut running = Running::start(&checkout, &backend, "exec sleep 600");
        running.kill_run();
        let acquire = format!("acquire src/*.rs --agent grace {backend}");
        assert_eq!(checkout.lockctl(&acquire).code, 1, "{url}: its command lives");
        assert!(is_alive(running.command), "{url}");
        kill("KILL", running.command);
        until("the command is gone", || !is_alive(running.command));
        checkout.must(&acquire);
        let history = checkout.must(&format!("history src/a.rs --by ada --json {backend}")).json();
        assert_eq!(history["entries"][0]["ended"], "holder_dead", "{url}: {history}");
    }
}

/// The same the other way round: a command that is killed frees its lock through its run.
#[test]
fn a_killed_command_ends_its_run() {
    let checkout = Checkout::new();
    let running = Running::start(&checkout, "", "exec sleep 600");
    kill("KILL", running.command);
    let answer = running.end();
    assert_eq!((answer.code, answer.stderr.as_str()), (137, ""));
    checkout.must("acquire src/a.rs --agent grace");
}

/// There was a moment between starting a command and recording it, in which a kill left it at work
/// under a lock that everybody could take.
#[test]
fn killed_at_any_moment_it_leaves_no_command_without_its_lock() {
    let checkout = Checkout::new();
    let pid = checkout.root().join("pid");
    let script = "echo $$ >pid.new; mv pid.new pid; exec sleep 600";
    let (mut started, mut never) = (0, 0);
    let mut delay = Duration::ZERO;
    for _ in 0..60 {
        let mut run = command(&checkout, "", script).stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(delay);
        run.kill().unwrap();
        run.wait().unwrap();
        let acquire = || checkout.lockctl("acquire src/a.rs --agent grace").code == 0;
        // Either the lock is free, and no command runs or ever will; or one does, and it is not.
        let mut free = false;
        until("it is one or the other", || {
            free = acquire();
            free || pid.exists()
        });
        if free {
            never += 1;
            thread::sleep(Duration::from_millis(30));
            if let Ok(command) = fs::read_to_string(&pid) {
                kill("KILL", command.trim().parse().unwrap());
                panic!("a command runs and its lock is free, after {delay:?}");
            }
        } else {
            started += 1;
            assert!(!acquire());
            let command = fs::read_to_string(&pid).unwrap().trim().parse().unwrap();
            assert!(is_alive(command));
            kill("KILL", command);
            until("the lock is free", acquire);
            fs::remove_file(&pid).unwrap();
        }
        checkout.must("release --all --agent grace");
        // Feel for the moment at which it starts, and stay around it.
        delay = if free { delay * 5 / 4 + Duration::from_millis(1) } else { delay * 4 / 5 };
    }
    assert!(started > 5 && never > 5, "{started} started, {never} did not");
}

/// A call in a container: a pid namespace of its own, over the same files.
fn contained(checkout: &Checkout, words: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--mount-proc"]).args(words).current_dir(checkout.root());
    command
}

/// Whether this machine lets us make one; if not, says so.
fn can_contain(checkout: &Checkout) -> bool {
    let can = contained(checkout, &["true"]).output().is_ok_and(|output| output.status.success());
    if !can {
        println!("SKIPPED: unshare is not permitted here, nothing is known about containers");
    }
    can
}

#[test]
fn nothing_is_taken_over_from_another_container() {
    let checkout = Checkout::new();
    if !can_contain(&checkout) {
        return;
    }
    let lockctl = env!("CARGO_BIN_EXE_lockctl");
    let acquire = [lockctl, "acquire", "src/a.rs", "--agent", "grace"];
    let mut running = Running::start(&checkout, "", "exec sleep 600");
    running.kill_run();
    kill("KILL", running.command);
    until("the command is gone", || !is_alive(running.command));
    let inside = Answer::from(contained(&checkout, &acquire).output().unwrap());
    assert_eq!(inside.code, 1, "its pids are others: {inside:?}");
    checkout.must("acquire src/a.rs --agent eve");
    checkout.must("release --all --agent eve");

    // And from a container, whose pids mean nothing outside.
    let script = format!(
        "{lockctl} run src/a.rs --agent ada -- sleep 600 & kill -9 $!; wait; \
                          {lockctl} run src/a.rs --agent ada -- sh -c 'echo up; sleep 600'"
    );
    let mut inside = contained(&checkout, &["sh", "-c", &script]);
    let mut inside = inside.stdout(Stdio::piped()).spawn().unwrap();
    until("it holds the lock", || checkout.lockctl("who src/a.rs").code == 0);
    assert_eq!(checkout.lockctl("acquire src/a.rs --agent grace").code, 1);
    inside.kill().unwrap();
    inside.wait().unwrap();
    assert_eq!(checkout.lockctl("acquire src/a.rs --agent grace").code, 1, "its lease decides");
}

/// A pid that belongs to somebody else by now keeps nobody's lock, and proves nobody alive.
#[test]
fn a_reused_pid_is_another_process() {
    let checkout = Checkout::new();
    if !can_contain(&checkout) {
        return;
    }
    // Only in a namespace of its own can a test say which pid comes next.
    let script = r#"
        "$LOCKCTL" run src/a.rs --agent ada -- sleep 600 &
        run=$!
        until command=$(pgrep -P $run -x sleep); do sleep 0.01; done
        kill -9 $run $command; wait $run; sleep 0.1
        reuse() {
            for try in 1 2 3 4 5 6 7 8 9; do
                echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid
                sleep 600 &
                [ $! = $1 ] && return 0
                kill $!
            done
            echo "pid $1 did not come again"; exit 9
        }
        reuse $run; reuse $command
        "$LOCKCTL" acquire src/a.rs --agent grace
        echo "code $?"
        kill -9 $run $command
    "#;
    let start = Instant::now();
    let mut inside = contained(&checkout, &["sh", "-c", script]);
    let inside = inside.env("LOCKCTL", env!("CARGO_BIN_EXE_lockctl")).output().unwrap();
    let told = String::from_utf8(inside.stdout).unwrap();
    assert!(told.ends_with("code 0\n"), "{told}");
    assert!(start.elapsed() < Duration::from_secs(240), "the lease, five minutes, did not free it");
}
