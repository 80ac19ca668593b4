//! `lockctl run`: a command under a lock.

mod death;
mod loss;
mod nested;
mod plain;
mod signals;
mod terminal;

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, ChildStdout, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::checkout::{Answer, Checkout};

/// `lockctl run src/a.rs --agent ada … -- sh -c script`.
fn run(checkout: &Checkout, options: &str, script: &str) -> Answer {
    command(checkout, options, script).output().unwrap().into()
}

fn command(checkout: &Checkout, options: &str, script: &str) -> Command {
    let mut command = checkout.command();
    command.args(["run", "src/a.rs", "--agent", "ada"]);
    command.args(options.split(' ').filter(|word| !word.is_empty()));
    command.args(["--", "sh", "-c", script]);
    command
}

/// A script that becomes a program which prints a signal's name whenever it gets one of these; it
/// prints `ready` first. No shell does that surely: one that starts a program loses what comes
/// in that moment.
fn listening(signals: &str) -> String {
    let program = "import signal, sys\n\
        for name in sys.argv[1:]:\n\
        \tsay = lambda *_, name=name: print(name.lower(), flush=True)\n\
        \tsignal.signal(signal.Signals['SIG' + name], say)\n\
        print('ready', flush=True)\n\
        while True: signal.pause()";
    format!("exec python3 -c \"{program}\" {signals}")
}

/// A run in the background; killed, and its command with it, when the test is over.
struct Running {
    run: Child,
    stdout: BufReader<ChildStdout>,
    command: u32,
}

impl Running {
    /// Starts it, and waits until its command says that it runs.
    fn start(checkout: &Checkout, options: &str, script: &str) -> Self {
        Self::of(command(checkout, options, &format!("echo $$; {script}")))
    }

    fn of(mut command: Command) -> Self {
        let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(run.stdout.take().unwrap());
        let mut this = Self { run, stdout, command: 0 };
        this.command = this.line().parse().expect("the command runs");
        this
    }

    /// The next line that the command says.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn signal(&self, name: &str) {
        kill(name, self.run.id());
    }

    /// Kills the run with -9, and not its command.
    fn kill_run(&mut self) {
        let _ = self.run.kill();
        let _ = self.run.wait();
    }

    /// Waits for the run, which must end by itself; everything that is still to be read.
    fn end(mut self) -> Answer {
        let mut status = None;
        until("the run ends", || {
            status = self.run.try_wait().unwrap();
            status.is_some()
        });
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        self.stdout.read_to_end(&mut stdout).unwrap();
        self.run.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
        Output { status: status.unwrap(), stdout, stderr }.into()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill_run();
        if is_alive(self.command) {
            kill("KILL", self.command);
        }
    }
}

fn kill(signal: &str, pid: u32) {
    assert!(
        Command::new("kill").args(["-s", signal, &pid.to_string()]).status().unwrap().success()
    );
}

/// Whether it runs: not gone, and no zombie.
fn is_alive(pid: u32) -> bool {
    state(pid).is_some_and(|state| !['Z', 'X'].contains(&state))
}

/// What the kernel says of it: `R`, `S`, `T`…
fn state(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "not within 20 s: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
