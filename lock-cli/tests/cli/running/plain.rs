//! The plain path: its exit code, its streams, its environment.

use std::{fs, process::Command};

use super::{Running, command, run};
use crate::{
    checkout::{Answer, Checkout},
    redis::Redis,
};

#[test]
fn the_lock_is_held_while_the_command_runs_and_let_go_after() {
    let checkout = Checkout::new();
    let lockctl = env!("CARGO_BIN_EXE_lockctl");
    let script =
        format!("{lockctl} list --json; {lockctl} check src/a.rs --agent grace -q >&2; echo $?");
    let answer = run(&checkout, "--reason build", &script);
    assert_eq!(answer.code, 0, "{answer:?}");
    let (list, code) = answer.stdout.trim().split_once('\n').unwrap();
    let list: serde_json::Value = serde_json::from_str(list).unwrap();
    assert_eq!(code, "1");
    let lock = &list["locks"][0];
    assert_eq!((&lock["agent_id"], &lock["reason"]), (&"ada".into(), &"build".into()));
    assert!(lock["holder"].is_string() && lock["pid"].is_u64(), "{lock}");
    assert_eq!(checkout.must("list --json").json()["locks"], serde_json::json!([]));
    let ended = checkout.must("history --json").json();
    assert_eq!(ended["entries"][0]["ended"], "released");
}

#[test]
fn the_exit_code_is_the_commands() {
    let checkout = Checkout::new();
    checkout.write("src/plain", "no program");
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", 137)] {
        let answer = run(&checkout, "", script);
        assert_eq!((answer.code, answer.text().as_str()), (code, ""), "{script}");
    }
    for (program, code) in
        [("nosuch-program", 127), ("./nosuch", 127), ("src/plain", 126), ("./src", 126)]
    {
        let answer = checkout.run(["run", "src/a.rs", "--agent", "ada", "--", program]);
        assert_eq!((answer.code, answer.stdout.as_str()), (code, ""), "{answer:?}");
        assert!(answer.stderr.starts_with(&format!("error: cannot run {program}: ")), "{answer:?}");
        assert_eq!(answer.stderr.lines().count(), 1);
    }
    assert_eq!(checkout.must("list --json").json()["locks"], serde_json::json!([]));
}

#[test]
fn a_refusal_is_one_line_on_stderr() {
    let checkout = Checkout::new();
    checkout.must("acquire src/*.rs --agent grace");
    for (options, code) in [
        ("", 1),
        ("--conflict-exit-code 75", 75),
        ("--conflict-exit-code 0", 0),
        ("--wait=20ms --conflict-exit-code 75", 3),
    ] {
        let answer = run(&checkout, options, "echo started");
        assert_eq!((answer.code, answer.stdout.as_str()), (code, ""), "{options}: {answer:?}");
        assert_eq!(answer.stderr.lines().count(), 1, "{answer:?}");
        assert!(answer.stderr.contains("grace holds src/*.rs"), "{answer:?}");
    }
    for (line, code) in [
        ("run src/a.rs --agent ada", 2),
        ("run src/a.rs --agent ada --", 2),
        ("run --agent ada -- true", 2),
        ("run src/a.rs -- true", 2),
        ("run src/b/ --agent ada --ttl 999ms -- true", 2),
        ("run src/b/ --agent ada --conflict-exit-code 256 -- true", 2),
        ("run src/b/ --agent ada --ttl 1s -- true", 0),
    ] {
        let answer = checkout.lockctl(line);
        assert_eq!(answer.code, code, "{line}: {answer:?}");
        assert_eq!(answer.stderr.lines().count(), usize::from(code != 0), "{line}: {answer:?}");
    }
}

#[test]
fn the_command_knows_its_token_agent_and_holder() {
    let checkout = Checkout::new();
    let lockctl = env!("CARGO_BIN_EXE_lockctl");
    let script =
        format!("echo $LOCKCTL_TOKEN $LOCKCTL_AGENT $LOCKCTL_HOLDER; {lockctl} list --json");
    let answer = run(&checkout, "", &script);
    let (words, list) = answer.stdout.split_once('\n').unwrap();
    let list: serde_json::Value = serde_json::from_str(list).unwrap();
    let lock = &list["locks"][0];
    let holder = lock["holder"].as_str().unwrap();
    assert_eq!(words, format!("{} ada {holder}", lock["token"]));
}

/// Stdin is the command's own, to the last byte, and so is whatever else the caller has opened.
#[test]
fn the_command_inherits_what_the_caller_gave_and_nothing_more() {
    let checkout = Checkout::new();
    let redis = Redis::start();
    let list = "for fd in /proc/$$/fd/*; do readlink $fd; done; cat; cat <&7";
    fs::write(checkout.root().join("in"), "to the last byte\n").unwrap();
    fs::write(checkout.root().join("seven"), "and more\n").unwrap();
    let script = "exec \"$@\" <in 7<seven 2>/dev/null";
    let shell = |words: &[&str]| {
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).args(words).current_dir(checkout.root());
        String::from_utf8(shell.output().unwrap().stdout).unwrap()
    };
    let inherited = |text: &str| -> Vec<String> {
        let plain = text.lines().map(|line| if line.starts_with("pipe:") { "pipe" } else { line });
        plain.map(str::to_owned).collect()
    };
    let bare = inherited(&shell(&["sh", "-c", list]));
    assert_eq!(
        bare.iter().filter(|line| line.ends_with("/in") || line.ends_with("/seven")).count(),
        2
    );
    assert!(bare.ends_with(&["to the last byte".into(), "and more".into()]), "{bare:?}");
    for url in ["fs:.agent_locks", "sqlite:locks.db", &redis.url()] {
        let run = ["run", "src/a.rs", "--agent", "ada", "--backend", url, "--", "sh", "-c", list];
        let told = shell(&[&[env!("CARGO_BIN_EXE_lockctl")], &run[..]].concat());
        assert_eq!(inherited(&told), bare, "{url}");
    }
}

#[test]
fn a_password_is_not_in_the_commands_environment() {
    let checkout = Checkout::new();
    let redis = Redis::start();
    redis.command(&["ACL", "SETUSER", "ada", "on", ">s3cret", "~*", "&*", "+@all"]);
    let url = format!("{}?user=ada&password=s3cret", redis.url());
    let mut command = command(&checkout, "", "env; xargs -0 -n1 </proc/self/environ");
    command.env("LOCKCTL_BACKEND", &url);
    let answer = Answer::from(command.output().unwrap());
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(!answer.text().contains("s3cret"), "{answer:?}");
    // Masked and not removed: a `lockctl` inside must not quietly use another store.
    assert!(
        answer.stdout.contains(&format!("LOCKCTL_BACKEND={}?user=ada&password=***", redis.url()))
    );
    let lockctl = format!("{} list", env!("CARGO_BIN_EXE_lockctl"));
    let mut command = self::command(&checkout, "", &lockctl);
    let answer = Answer::from(command.env("LOCKCTL_BACKEND", &url).output().unwrap());
    assert_eq!(answer.code, 6, "{answer:?}");
}

#[test]
fn it_runs_on_every_backend() {
    let redis = Redis::start();
    for url in ["fs:.agent_locks", "sqlite:locks.db", &redis.url()] {
        let checkout = Checkout::new();
        let backend = format!("--backend {url}");
        let wait = "while [ ! -e go ]; do sleep 0.02; done; exit 3";
        let running = Running::start(&checkout, &backend, wait);
        let list = checkout.must(&format!("list --json {backend}")).json();
        assert_eq!(list["locks"][0]["agent_id"], "ada");
        checkout.write("go", "");
        let answer = running.end();
        assert_eq!((answer.code, answer.stderr.as_str()), (3, ""), "{url}: {answer:?}");
        let list = checkout.must(&format!("list --json {backend}")).json();
        assert_eq!(list["locks"], serde_json::json!([]), "{url}");
    }
}
