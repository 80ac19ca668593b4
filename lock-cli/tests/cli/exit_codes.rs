//! What a script sees, command by command.

use std::{thread, time::Duration};

use crate::checkout::Checkout;

#[test]
fn each_answer_has_its_exit_code() {
    let checkout = Checkout::new();
    for (line, code) in [
        ("who src/a.rs", 1),
        ("check src/a.rs", 0),
        ("acquire src/a.rs --agent ada", 0),
        ("acquire src/a.rs --agent ada", 0),
        ("acquire src/*.rs --agent grace", 1),
        ("acquire src/*.rs --agent grace --wait=0", 1),
        ("acquire src/*.rs --agent grace --wait=20ms", 3),
        ("wait src/*.rs --timeout 20ms", 3),
        ("wait docs/ --timeout 20ms", 0),
        ("who src/a.rs", 0),
        ("check src/*.rs", 1),
        ("check src/a.rs --agent ada", 0),
        ("refresh src/a.rs --agent ada", 0),
        ("refresh src/a.rs --agent ada --token 1", 5),
        ("refresh src/a.rs --agent grace", 5),
        ("refresh --all --agent grace", 0),
        ("release src/a.rs --agent grace", 5),
        ("release src/a.rs --agent ada --token 1", 5),
        ("release src/b.rs --agent grace", 0),
        ("release --all --agent grace", 0),
        ("list", 0),
        ("doctor", 0),
        ("cleanup-stale", 0),
        ("release src/a.rs --agent ada", 0),
        ("release src/a.rs --agent ada", 0),
        ("break src/a.rs --reason x", 0),
        ("--version", 0),
        ("--help", 0),
        ("help acquire", 0),
        ("acquire --help", 0),
        ("acquire", 2),
        ("acquire --agent ada", 2),
        ("acquire src/a.rs", 2),
        ("release --agent ada", 2),
        ("release --all src/a.rs --agent ada", 2),
        ("break src/a.rs", 2),
        ("check a --literal --glob", 2),
        ("nonsense", 2),
        ("list --backend nonsense:x", 2),
        ("list --backend nonsense", 2),
        ("list --backend fs:x?mdoe=0770", 2),
        ("list --root nowhere", 2),
        ("acquire src/a.rs --agent ada --pid 4294967294", 2),
    ] {
        let answer = checkout.lockctl(line);
        assert_eq!(answer.code, code, "{line}: {answer:?}");
    }
}

/// Every failure is one line on stderr for people, and for scripts the same as one object.
#[test]
fn a_failure_is_one_line_and_one_object() {
    let checkout = Checkout::new();
    for (line, code) in [
        ("acquire src/a.rs", "no_agent"),
        ("acquire src/[ --agent ada", "bad_pattern"),
        ("acquire ../x --agent ada", "outside_root"),
        ("acquire a --agent ada --ttl 8d", "limit"),
        ("acquire a --agent ada --wait=never", "usage"),
        ("frobnicate", "usage"),
        ("list --backend nonsense:x", "config"),
    ] {
        let answer = checkout.lockctl(&format!("--json {line}"));
        assert_eq!((answer.code, answer.stdout.lines().count()), (2, 1), "{line}: {answer:?}");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], code, "{line}: {answer:?}");
        for field in ["message", "hint"] {
            assert!(error[field].as_str().is_some_and(|text| !text.is_empty()), "{answer:?}");
        }
        assert_eq!(answer.stderr.lines().count(), 1, "{answer:?}");
        let plain = checkout.lockctl(line);
        assert_eq!((plain.stdout.as_str(), plain.stderr), ("", answer.stderr), "{line}");
    }
}

/// What to do next fits what is wrong.
#[test]
fn the_hint_fits_the_mistake() {
    let checkout = Checkout::new();
    for (pattern, hint) in [
        ("", "name a path or a glob"),
        ("{,}", "name a path or a glob"),
        ("a**b", "a whole segment"),
        ("[z-a]", "the other way round"),
        ("*/../x", "a path below the root"),
        ("[a", "escape what is meant literally"),
        ("a\nb", "stored names are printable"),
    ] {
        let answer = checkout.run(["check", pattern]);
        let next = answer.stderr.split_once("(next: ").map_or("", |(_, next)| next);
        assert_eq!(answer.code, 2, "{pattern}: {answer:?}");
        assert!(next.contains(hint), "{pattern:?}: {answer:?}");
    }
}

/// Stored names are relative to the root, and what is to be typed next to the current directory.
#[test]
fn the_next_command_can_be_typed_where_one_stands() {
    let checkout = Checkout::new();
    checkout.must("acquire --agent ada -- src/*.rs -x");
    let inside = |line: &str| {
        let mut command = checkout.command();
        command.args(line.split(' ')).current_dir(checkout.root().join("src"));
        crate::checkout::Answer::from(command.output().unwrap())
    };
    let next = |answer: &crate::checkout::Answer| {
        let line = answer.stdout.lines().find_map(|line| line.strip_prefix("next: lockctl "));
        line.unwrap_or_default().replace('\'', "")
    };
    let hint = inside("release a.rs --agent ada");
    assert_eq!(next(&hint), "release ../src/*.rs --agent ada", "{hint:?}");
    assert_eq!(inside(&next(&hint)).stdout, "released src/*.rs\n");
    let hint = inside("refresh *.rs --agent ada");
    assert_eq!(next(&hint), "acquire ../src/*.rs --agent ada", "{hint:?}");
    assert_eq!(inside(&next(&hint)).code, 0);
    let refused = checkout.run(["check", "--agent", "grace", "--", "-x"]);
    assert_eq!(next(&refused), "wait ./-x", "{refused:?}");
    assert_eq!(checkout.lockctl("who ./-x").code, 0);
}

#[test]
fn help_and_version_are_one_object_too() {
    let checkout = Checkout::new();
    let version = checkout.must("--json --version");
    assert_eq!(version.json()["version"], checkout.must("--version").stdout.trim_end());
    let help = checkout.must("acquire --help --json").json();
    assert_eq!(help["help"], checkout.must("acquire --help").stdout.trim_end());
}

#[test]
fn global_options_stand_before_or_after_the_command() {
    let checkout = Checkout::new();
    let before = checkout.lockctl("--agent ada --json acquire src/a.rs");
    let after = checkout.lockctl("acquire src/a.rs --json --agent ada");
    assert_eq!(before.json()["status"], "acquired");
    assert_eq!(after.json()["status"], "refreshed");
}

#[test]
fn a_lost_lock_says_how_it_was_lost() {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent ada --ttl 100ms");
    thread::sleep(Duration::from_millis(150));
    let lost = |checkout: &Checkout| {
        let answer = checkout.lockctl("refresh src/a.rs --agent ada --json");
        assert_eq!(answer.code, 5, "{answer:?}");
        answer.json()["lost"][0].clone()
    };
    let expired = lost(&checkout);
    assert_eq!((expired["cause"].as_str(), expired["to"].as_str()), (Some("expired"), None));
    checkout.must("acquire src/*.rs --agent grace");
    let taken = lost(&checkout);
    assert_eq!(taken["cause"], "taken_over");
    assert_eq!(taken["to"], "grace");
}

#[test]
fn the_token_stays_through_a_refresh_and_rises_with_the_next_grant() {
    let checkout = Checkout::new();
    let token = |line: &str| checkout.must(line).json()["locks"][0]["token"].as_u64().unwrap();
    let first = token("acquire src/a.rs --agent ada --json");
    assert_eq!(token("acquire src/a.rs --agent ada --json"), first);
    assert_eq!(token("refresh src/a.rs --agent ada --json"), first);
    checkout.must(&format!("release src/a.rs --agent ada --token {first}"));
    assert!(token("acquire src/a.rs --agent ada --json") > first);
}

/// Looking must not leave anything behind.
#[test]
fn commands_that_only_look_make_no_store() {
    let checkout = Checkout::new();
    for line in ["who a", "check a", "list", "wait a --timeout 0", "doctor"] {
        checkout.lockctl(line);
        assert!(!checkout.root().join(".agent_locks").exists(), "{line}");
    }
    checkout.must("acquire a --agent ada");
    assert!(checkout.root().join(".agent_locks").exists());
}

/// Two directories must never quietly make two stores.
#[test]
fn without_a_root_nothing_is_made() {
    let plain = Checkout::plain();
    for line in [
        "acquire a --agent ada",
        "release a --agent ada",
        "release --all --agent ada",
        "refresh --all --agent ada",
        "break a --reason x",
        "cleanup-stale",
        "cleanup-agent ada",
        "cleanup-orphaned",
    ] {
        let answer = plain.lockctl(&format!("{line} --json"));
        assert_eq!(
            (answer.code, &answer.json()["error"]["code"]),
            (2, &"no_root".into()),
            "{line}"
        );
        assert!(answer.stderr.contains("next: lockctl init"), "{answer:?}");
    }
    assert_eq!(plain.lockctl("who a").code, 1);
    assert_eq!(plain.lockctl("check a").code, 0);
    assert_eq!(plain.lockctl("list").code, 0);
    assert_eq!(plain.lockctl("doctor").code, 1);
    assert_eq!(std::fs::read_dir(plain.root()).unwrap().count(), 0);
    plain.must("init");
    plain.must("acquire a --agent ada");
}
