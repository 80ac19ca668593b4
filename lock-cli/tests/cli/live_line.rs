//! The live line of whoever waits on a terminal.

use std::process::Child;

use crate::{
    checkout::{Answer, Checkout},
    terminal::Terminal,
    waiting::until_in_line,
};

const CLEARED: &str = "\r\u{1b}[K";

fn wait(checkout: &Checkout, line: &str, columns: u16) -> (Child, Terminal) {
    let mut command = checkout.command();
    command.args(line.split(' '));
    Terminal::spawn(command, columns)
}

#[test]
fn a_terminal_shows_position_holder_and_those_ahead() {
    let checkout = Checkout::new();
    checkout.must("acquire src/*.rs --agent ada --ttl 1h");
    let (first, mut shown) = wait(&checkout, "acquire src/a.rs --agent grace --wait", 100);
    shown.until("position 1 in line: ada holds src/*.rs, its lease ends in ");
    let (second, mut behind) = wait(&checkout, "acquire src/a.rs --agent eve --wait", 100);
    behind.until("position 2 in line: ada holds src/*.rs, its lease ends in 59m");
    behind.until("; ahead: grace");
    checkout.must("release --all --agent ada");
    let first: Answer = first.wait_with_output().unwrap().into();
    assert!(first.stdout.starts_with("acquired src/a.rs"), "{first:?}");
    assert!(shown.all().ends_with(CLEARED), "nothing is left of it");
    behind.until("position 1 in line: grace holds src/a.rs");
    checkout.must("release --all --agent grace");
    let second: Answer = second.wait_with_output().unwrap().into();
    assert_eq!(second.code, 0);
    let all = behind.all();
    assert!(all.ends_with(CLEARED) && !all.contains('\n'), "one line: {all:?}");
}

/// Names come from others: they must neither break the line nor turn it around.
#[test]
fn the_line_fits_the_terminal_and_hides_nothing() {
    let checkout = Checkout::new();
    let hostile = format!("src/\u{202e}{}.rs", "日本".repeat(20));
    assert_eq!(checkout.run(["acquire", "--agent", "ada", hostile.as_str()]).code, 0);
    let (mut child, mut shown) = wait(&checkout, "acquire src/ --agent grace --wait", 60);
    shown.until("\u{1b}[K");
    shown.until("…");
    child.kill().unwrap();
    child.wait().unwrap();
    let all = shown.all();
    assert!(all.contains("ada holds src/\\u{202e}日本"), "{all:?}");
    for line in all.split("\u{1b}[K").filter(|line| !line.is_empty()) {
        let line = line.strip_prefix('\r').unwrap();
        let columns: usize = line.chars().map(|c| if c >= '\u{2e80}' { 2 } else { 1 }).sum();
        assert!(columns < 60 && !line.contains(char::is_control), "{columns}: {line:?}");
    }
}

#[test]
fn a_wait_that_ends_without_a_lock_clears_its_line_too() {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent ada");
    let (child, shown) = wait(&checkout, "acquire src/a.rs --agent grace --wait=300ms", 80);
    let answer: Answer = child.wait_with_output().unwrap().into();
    assert_eq!(answer.code, 3);
    let all = shown.all();
    assert!(all.contains("position 1") && all.ends_with(CLEARED), "{all:?}");
}

#[test]
fn nobody_who_did_not_ask_for_it_gets_it() {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent ada");
    for quiet in ["-q", "--json"] {
        let line = format!("acquire src/a.rs --agent grace --wait=300ms {quiet}");
        let (child, shown) = wait(&checkout, &line, 80);
        assert_eq!(Answer::from(child.wait_with_output().unwrap()).code, 3);
        assert_eq!(shown.all(), "", "{quiet}");
    }
    // Neither does a file or a pipe.
    let answer = checkout.lockctl("acquire src/a.rs --agent grace --wait=300ms");
    assert_eq!((answer.code, answer.stderr.as_str()), (3, ""));
    until_in_line(&checkout, 0);
    // Neither does whoever does not have to wait.
    checkout.must("release --all --agent ada");
    let (child, shown) = wait(&checkout, "acquire src/a.rs --agent grace --wait", 80);
    assert_eq!(Answer::from(child.wait_with_output().unwrap()).code, 0);
    assert_eq!(shown.all(), "");
}
