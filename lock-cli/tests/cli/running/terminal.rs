//! A run on a terminal.

use std::{
    fs::File,
    io::Write as _,
    process::{Child, Command},
};

use super::{command, listening};
use crate::{checkout::Checkout, terminal::Terminal};

const LOCKCTL: &str = env!("CARGO_BIN_EXE_lockctl");

/// Somebody at a terminal.
struct Session {
    child: Child,
    keys: File,
    screen: Terminal,
}

impl Session {
    fn of(command: &Command) -> Self {
        let (child, keys, screen) = Terminal::log_in(command);
        Self { child, keys, screen }
    }

    fn shell(checkout: &Checkout) -> Self {
        let mut shell = Command::new("bash");
        shell.args(["--norc", "--noprofile", "--noediting", "-i"]).current_dir(checkout.root());
        let mut this = Self::of(&shell);
        this.types("PS1='%''% '\n");
        this.screen.past("%% ");
        this
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// The exit code, when it has ended.
    fn code(mut self) -> i32 {
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says whether the process is in the foreground of its terminal.
const WHERE: &str =
    "ps -o pgid=,tpgid= -p $$ | (read a b; [ $a = $b ] && echo in front || echo behind)";

#[test]
fn the_command_reads_from_the_terminal_and_gets_its_keys() {
    let checkout = Checkout::new();
    let script = format!("{WHERE}; read line; echo got $line; {}", listening("INT"));
    let mut session = Session::of(&command(&checkout, "", &script));
    session.screen.past("in front");
    session.types("words\n");
    session.screen.past("got words");
    session.screen.past("ready");
    session.types("\x03");
    session.screen.past("int");
    session.types("\x1c");
    assert_eq!(session.code(), 131);
}

#[test]
fn ctrl_c_ends_a_command_that_does_not_mind() {
    let checkout = Checkout::new();
    let mut session = Session::of(&command(&checkout, "", "echo ready; exec sleep 600"));
    session.screen.past("ready");
    session.types("\x03");
    assert_eq!(session.code(), 130);
    assert_eq!(checkout.must("list --json").json()["locks"], serde_json::json!([]));
}

/// Whoever called it goes on in the foreground; were it not given back, `read` would stop.
#[test]
fn the_terminal_is_given_back() {
    let checkout = Checkout::new();
    for inner in ["true", "kill -9 $$", "no-such-program"] {
        let script = format!(
            "{LOCKCTL} run a --agent ada -- sh -c '{inner}'; {LOCKCTL} run a --agent ada -- nosuch; \
             {WHERE}; read line; echo got $line"
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(checkout.root());
        let mut session = Session::of(&shell);
        session.screen.past("in front");
        session.types("words\n");
        session.screen.past("got words");
        assert_eq!(session.code(), 0);
    }
}

#[test]
fn ctrl_z_stops_it_and_fg_goes_on() {
    let checkout = Checkout::new();
    let mut session = Session::shell(&checkout);
    let line =
        format!("{LOCKCTL} run src/a.rs --agent ada -- sh -c 'echo rea''dy; cat; echo e''nd'\n");
    session.types(&line);
    session.screen.past("ready\r\n");
    // Once as typed, once from `cat`: a program that is stopped before it is `cat` holds up its
    // shell, which then does not stop.
    session.types("first\n");
    session.screen.past("first\r\nfirst\r\n");
    session.types("\x1a");
    session.screen.past("Stopped");
    session.screen.past("%% ");
    session.types("echo shell is ba''ck\n");
    session.screen.past("shell is back");
    session.types("fg\n");
    // The shell says what it continues.
    session.screen.past("echo e''nd'\r\n");
    session.types("words\n");
    session.screen.past("words\r\nwords\r\n");
    session.types("\x04");
    session.screen.past("end\r\n");
    session.screen.past("%% ");
    session.types("exit $?\n");
    assert_eq!(session.code(), 0);
    assert_eq!(checkout.must("list --json").json()["locks"], serde_json::json!([]));
}

/// A pager after it keeps the keyboard; a command that wants it gets it.
#[test]
fn in_a_pipeline_the_terminal_is_lent_to_who_asks() {
    let checkout = Checkout::new();
    let mut session = Session::shell(&checkout);
    let line =
        format!("{LOCKCTL} run a --agent ada -- sh -c \"{}\" | cat\n", WHERE.replace('$', "\\$"));
    session.types(&line);
    session.screen.past("behind\r\n");
    session.screen.past("%% ");
    let line = format!("{LOCKCTL} run a --agent ada -- sh -c 'read x; echo g''ot $x' | cat\n");
    session.types(&line);
    session.types("words\n");
    session.screen.past("got words");
    session.screen.past("%% ");
    session.types("exit\n");
    assert_eq!(session.code(), 0);
}
