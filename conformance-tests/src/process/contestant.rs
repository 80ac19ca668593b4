//! The parent's side.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread::JoinHandle,
};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use super::{
    child::TASK,
    wire::{Line, Task},
};
use crate::{
    history::{Answered, Asked, Call},
    plan::Plan,
};

/// A contestant in a process of its own.
pub(crate) struct Contestant {
    child: Child,
    stdin: ChildStdin,
    ready: mpsc::Receiver<()>,
    listener: JoinHandle<Heard>,
}

/// What a child told.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) calls: Vec<Call>,
    /// Whether it came to its end, and what went wrong, if anything.
    pub(crate) done: Option<Option<String>>,
}

impl Contestant {
    /// Starts a process that will carry out `plan` on the store at `address`.
    pub(crate) fn spawn(address: &str, plan: &Plan) -> Self {
        let task = Task { address: address.to_owned(), plan: plan.clone() };
        let program = std::env::current_exe().expect("the path of this test binary");
        let mut child = Command::new(program)
            .env(TASK, serde_json::to_string(&task).expect("plain data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("no process for a contestant: {error}"));
        let stdin = child.stdin.take().expect("it was asked for");
        let stdout = child.stdout.take().expect("it was asked for");
        let by = format!("{} (process {})", plan.agent, child.id());
        let (tell, ready) = mpsc::channel();
        let listener = std::thread::spawn(move || {
            let mut heard = Heard::default();
            let mut places = HashMap::new();
            let lines = BufReader::new(stdout).lines();
            for line in lines.map_while(Result::ok) {
                // A line cut off by a kill is one that was not said.
                let Ok(line) = serde_json::from_str(&line) else { break };
                heard.take(line, &by, &mut places, &tell);
            }
            heard
        });
        Self { child, stdin, ready, listener }
    }

    /// Waits until it is connected.
    pub(crate) fn wait_until_ready(&self) {
        let _ = self.ready.recv(); // an error: it ended, and finish() says why
    }

    /// Lets it begin at `start`, on the monotonic clock.
    pub(crate) fn start(&mut self, start: u64) {
        let _ = writeln!(self.stdin, "{start}").and_then(|()| self.stdin.flush());
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, as `kill -9` does: it cannot prepare for it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it is our child");
    }

    /// Stops it wherever it is, as `kill -STOP` does.
    pub(crate) fn stop(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.raw_pid(), signal).expect("it is our child");
    }

    /// Waits until it has stopped itself.
    pub(crate) fn wait_until_stopped(&self) {
        let stopped = waitpid(Some(self.raw_pid()), WaitOptions::UNTRACED);
        let (_, status) = stopped.expect("it is our child").expect("we waited for it");
        assert!(status.stopped(), "it was to stop, and ended: {status:?}");
    }

    fn raw_pid(&self) -> Pid {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        pid.expect("a process has an id")
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> (Heard, ExitStatus) {
        drop(self.stdin);
        let status = self.child.wait().expect("it is our child");
        (self.listener.join().expect("listening does not panic"), status)
    }
}

impl Heard {
    fn take(
        &mut self,
        line: Line,
        by: &str,
        places: &mut HashMap<usize, usize>,
        ready: &mpsc::Sender<()>,
    ) {
        match line {
            Line::Ready => drop(ready.send(())),
            Line::Begin { call, at, asked } => {
                places.insert(call, self.calls.len());
                let (by, asked) = (by.to_owned(), asked.into_asked());
                let (answered, answer) = (u64::MAX, Answered::Nothing);
                self.calls.push(Call { by, asked, invoked: at, answered, answer });
            }
            Line::End { call, at, answer } => {
                if let Some(call) = places.get(&call).and_then(|place| self.calls.get_mut(*place)) {
                    let scope = match &call.asked {
                        Asked::View(scope) => Some(scope),
                        Asked::Command(_) => None,
                    };
                    call.answer = answer.into_answered(scope);
                    call.answered = at;
                }
            }
            Line::Done(trouble) => self.done = Some(trouble),
        }
    }
}
