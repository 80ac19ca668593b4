//! Readers that go away, disks that are full, and colours.

use std::{fs::OpenOptions, os::fd::OwnedFd, process::Stdio};

use crate::checkout::{Answer, Checkout};

/// A pipe that nobody reads.
fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    OwnedFd::from(writer).into()
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent ada");
    for (line, code) in [
        ("list", 0),
        ("list --json", 0),
        ("--help", 0),
        ("man", 0),
        ("completions bash", 0),
        ("acquire src/b.rs --agent ada", 0),
        ("acquire src/b.rs --agent grace", 1),
        ("acquire src/b.rs --json", 2),
    ] {
        let mut command = checkout.command();
        command.args(line.split(' ')).stdout(closed_pipe());
        let answer = Answer::from(command.output().unwrap());
        assert_eq!(answer.code, code, "{line}: {answer:?}");
        assert!(!answer.stderr.contains("panic") && !answer.stderr.contains("pipe"), "{answer:?}");
        let mut command = checkout.command();
        let status = command.args(line.split(' ')).stdout(closed_pipe()).stderr(closed_pipe());
        assert_eq!(status.status().unwrap().code(), Some(code), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let checkout = Checkout::new();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = checkout.command();
    command.args(["acquire", "src/a.rs", "--agent", "ada"]).stdout(full);
    let answer = Answer::from(command.output().unwrap());
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.stderr.contains("cannot write the answer"), "{answer:?}");
}

#[test]
fn only_a_terminal_sees_colours() {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent ada");
    let show = |name: &str, value: &str| {
        let mut command = checkout.command();
        command.args(["who", "src/a.rs"]).env(name, value);
        Answer::from(command.output().unwrap()).stdout
    };
    assert!(!show("TERM", "xterm-256color").contains('\u{1b}'));
    assert!(show("CLICOLOR_FORCE", "1").contains('\u{1b}'));
    let mut command = checkout.command();
    command.args(["who", "src/a.rs"]).env("CLICOLOR_FORCE", "0").env("NO_COLOR", "1");
    assert!(!Answer::from(command.output().unwrap()).stdout.contains('\u{1b}'));
}

/// A directory may be called anything; the log names it.
#[test]
fn the_log_holds_nothing_that_a_terminal_obeys() {
    let checkout = Checkout::new();
    let hostile = checkout.root().join("a\u{1b}[31m\u{202e}\nb");
    std::fs::create_dir(&hostile).unwrap();
    let mut command = checkout.command();
    command.args(["-v", "list", "--root"]).arg(&hostile);
    let answer = Answer::from(command.output().unwrap());
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stderr.lines().all(|line| line.starts_with("20")), "no line is forged");
    let raw = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!answer.stderr.contains(raw), "{answer:?}");
    assert!(answer.stderr.contains("a\\u{1b}[31m\\u{202e}\\nb"), "{answer:?}");
}

#[test]
fn verbose_talks_on_stderr_only() {
    let checkout = Checkout::new();
    let plain = checkout.lockctl("list --json");
    let verbose = checkout.lockctl("list --json -v");
    assert_eq!(plain.stdout, verbose.stdout);
    assert_eq!(plain.stderr, "");
    assert!(verbose.stderr.contains("opening the store"), "{verbose:?}");
}
