//! Flag before environment before `lockctl.toml` before default; and where the root is.

use std::{fs, path::Path, process::Command};

use crate::checkout::Checkout;

#[test]
fn the_agent_is_the_flag_then_the_environment_then_the_file() {
    let checkout = Checkout::new();
    let holder = |flag: Option<&str>, env: Option<&str>| {
        let mut command = checkout.command();
        command.args(["acquire", "src/a.rs", "--json"]);
        flag.map(|flag| command.args(["--agent", flag]));
        env.map(|env| command.env("LOCKCTL_AGENT", env));
        let answer = crate::checkout::Answer::from(command.output().unwrap());
        let agent = answer.json()["locks"][0]["agent_id"].as_str().unwrap().to_owned();
        checkout.must(&format!("release --all --agent {agent}"));
        agent
    };
    checkout.write("lockctl.toml", "agent = \"file\"\n");
    assert_eq!(holder(Some("flag"), Some("env")), "flag");
    assert_eq!(holder(None, Some("env")), "env");
    assert_eq!(holder(None, Some("")), "file");
    assert_eq!(holder(None, None), "file");
}

#[test]
fn the_lease_is_the_flag_then_the_file() {
    let checkout = Checkout::new();
    let seconds = |line: &str| {
        let lock = checkout.must(line).json()["locks"][0].clone();
        let time = |field: &str| {
            let time: lock_core::Timestamp = lock[field].as_str().unwrap().parse().unwrap();
            time
        };
        checkout.must("release --all --agent ada");
        time("expires_at").since(time("refreshed_at")).as_secs()
    };
    assert_eq!(seconds("acquire a --agent ada --json"), 300);
    checkout.write("lockctl.toml", "ttl = \"10m\"\n");
    assert_eq!(seconds("acquire a --agent ada --json"), 600);
    assert_eq!(seconds("acquire a --agent ada --json --ttl 90"), 90);
    checkout.write("lockctl.toml", "ttl = 30\n");
    assert_eq!(seconds("acquire a --agent ada --json"), 30);
    checkout.write("lockctl.toml", "ttl = \"8d\"\n");
    let answer = checkout.lockctl("acquire a --agent ada");
    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("lockctl.toml: ttl"), "{answer:?}");
}

/// A script adds to the options that it was given; with git and curl, too, the last one counts.
#[test]
fn of_an_option_given_twice_the_last_counts() {
    let checkout = Checkout::new();
    let twice = "-q --agent ada acquire a b --ttl 5m --ttl 90 --agent grace -q --json --json";
    let locks = checkout.must(twice).json()["locks"].as_array().unwrap().clone();
    assert_eq!(locks.len(), 2, "patterns add up: {locks:?}");
    for lock in locks {
        assert_eq!(lock["agent_id"], "grace");
        let time = |field: &str| {
            let time: lock_core::Timestamp = lock[field].as_str().unwrap().parse().unwrap();
            time
        };
        assert_eq!(time("expires_at").since(time("refreshed_at")).as_secs(), 90);
    }
}

#[test]
fn a_relative_store_is_against_the_root() {
    let checkout = Checkout::new();
    let mut command = checkout.command();
    command.current_dir(checkout.root().join("src"));
    command.args(["acquire", "a.rs", "--agent", "ada", "--backend", "fs:locks"]);
    assert!(command.status().unwrap().success());
    assert!(checkout.root().join("locks").exists());
    assert_eq!(checkout.lockctl("who src/a.rs").code, 1);
    assert_eq!(checkout.lockctl("who src/a.rs --backend fs:locks").code, 0);
}

#[test]
fn names_are_against_the_current_directory() {
    let checkout = Checkout::new();
    let from = |dir: &str, argument: &str| {
        let mut command = checkout.command();
        command.current_dir(checkout.root().join(dir)).args(["who", argument, "--json"]);
        let answer = crate::checkout::Answer::from(command.output().unwrap());
        answer.json()["pattern"].as_str().unwrap().to_owned()
    };
    let absolute = checkout.root().join("src/a.rs");
    for (dir, argument) in [
        ("src", "a.rs"),
        (".", "./src/a.rs"),
        ("pages", "../src/a.rs"),
        ("pages", absolute.to_str().unwrap()),
    ] {
        assert_eq!(from(dir, argument), "src/a.rs");
    }
}

#[test]
fn the_root_can_be_said() {
    let checkout = Checkout::new();
    let elsewhere = Checkout::plain();
    let root = checkout.root().to_str().unwrap();
    let answer =
        elsewhere.run(["acquire", &format!("{root}/src/a.rs"), "--agent", "ada", "--root", root]);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(checkout.lockctl("who src/a.rs").code, 0);
    let mut command = elsewhere.command();
    command.env("LOCKCTL_ROOT", root).args(["who", &format!("{root}/src/a.rs")]);
    assert!(command.status().unwrap().success());
}

fn git(dir: &Path, arguments: &str) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=t", "-c", "user.email=t@localhost"]);
    let output = git.args(arguments.split(' ')).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{arguments}: {output:?}");
}

/// Each work tree is a namespace of its own, unless its settings share the repository's.
#[test]
fn worktrees_share_locks_only_if_told() {
    let checkout = Checkout::new();
    git(checkout.root(), "add src");
    git(checkout.root(), "commit -qm one");
    git(checkout.root(), "worktree add -q side");
    let side = |line: &str| {
        let mut command = checkout.command();
        command.current_dir(checkout.root().join("side")).args(line.split(' '));
        crate::checkout::Answer::from(command.output().unwrap())
    };
    checkout.must("acquire src/a.rs --agent ada");
    assert_eq!(side("check src/a.rs --agent grace").code, 0);
    checkout.must("release --all --agent ada");

    checkout.write("lockctl.toml", "scope = \"repository\"\n");
    checkout.write("side/lockctl.toml", "scope = \"repository\"\n");
    checkout.must("acquire src/a.rs --agent ada");
    assert!(fs::exists(checkout.root().join(".git/.agent_locks")).unwrap());
    assert_eq!(side("check src/a.rs --agent grace").code, 1);
}

#[test]
fn a_repositorys_scope_needs_a_repository() {
    let plain = Checkout::plain();
    plain.write("lockctl.toml", "scope = \"repository\"\n");
    let answer = plain.lockctl("acquire a --agent ada --json");
    assert_eq!((answer.code, &answer.json()["error"]["code"]), (2, &"config".into()), "{answer:?}");
}

#[test]
fn a_value_that_cannot_be_is_named_with_its_key() {
    let checkout = Checkout::new();
    checkout.write("lockctl.toml", "agent = \"a b\"\n");
    let answer = checkout.lockctl("acquire a --json");
    assert_eq!((answer.code, &answer.json()["error"]["code"]), (2, &"config".into()));
    assert!(answer.stderr.contains("lockctl.toml: agent: an agent id has"), "{answer:?}");
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let checkout = Checkout::new();
    checkout.write("lockctl.toml", "# a comment\nagent = \"ada\"\nbackned = \"fs:x\"\n");
    let answer = checkout.lockctl("list --json");
    assert_eq!((answer.code, &answer.json()["error"]["code"]), (2, &"config".into()));
    assert!(answer.stderr.contains("lockctl.toml:3: unknown field `backned`"), "{answer:?}");
}
