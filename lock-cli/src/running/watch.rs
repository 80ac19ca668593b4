//! Watching over a command until it ends.

use std::thread;

use async_channel::Receiver;
use futures_lite::{FutureExt as _, future};
use lock_core::LockGuard;
use rustix::process::{Signal, getpid, kill_process};

use super::{
    child::{Child, State},
    deadline::Deadline,
    signals::Signals,
    terminal::{self, Terminal},
};

/// One that watches over a command: passes on signals and the terminal, and ends it if its lock is
/// lost.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    pub(super) child: Child,
    pub(super) guard: &'a LockGuard,
    pub(super) signals: &'a Signals,
    pub(super) terminal: Option<Terminal>,
    pub(super) deadline: Deadline,
}

/// What can happen meanwhile.
enum Event {
    Child(State),
    Signal(Signal),
    /// The loss, or a moment at which it may have to be acted on.
    Time,
}

impl Watch<'_> {
    /// Watches until the command has ended, and says with which code.
    pub(super) async fn until_it_ends(mut self) -> u8 {
        let states = watched(self.child);
        loop {
            while let Some(signal) = self.deadline.due(self.guard) {
                self.child.signal(signal);
                // One that is stopped can do nothing about a signal, not even end.
                self.child.signal(Signal::CONT);
            }
            match self.next(&states).await {
                Event::Child(State::Ended) => return self.child.reap(),
                Event::Child(State::Stopped(signal)) => self.has_stopped(signal),
                Event::Signal(Signal::CONT) => self.goes_on(),
                Event::Signal(signal) => self.child.signal(signal),
                Event::Time => {}
            }
        }
    }

    async fn next(&self, states: &Receiver<State>) -> Event {
        let child = async {
            match states.recv().await {
                Ok(state) => Event::Child(state),
                Err(_) => future::pending().await,
            }
        };
        let signal = async { Event::Signal(self.signals.next().await) };
        let lost = async {
            if self.deadline.has_begun() {
                return future::pending().await;
            }
            self.guard.lost().await;
            Event::Time
        };
        let time = async {
            async_io::Timer::after(self.deadline.pause(self.guard)).await;
            Event::Time
        };
        child.or(signal).or(lost).or(time).await
    }

    /// Ctrl-Z stops the command's group only. This process must follow, or the shell that waits
    /// for it would never know.
    fn has_stopped(&mut self, signal: i32) {
        let Some(terminal) = &mut self.terminal else { return };
        let touched = [Signal::TTIN, Signal::TTOU].map(Signal::as_raw).contains(&signal);
        if touched && terminal.lend(self.child.group()) {
            self.child.signal(Signal::CONT);
        } else if (touched || signal == Signal::TSTP.as_raw()) && terminal::can_be_continued() {
            terminal.take_back();
            let _ = kill_process(getpid(), Signal::STOP);
        } else if signal == Signal::TSTP.as_raw() {
            // Without a shell there is nobody who could continue it: it never stops, as when it
            // had been started without a run.
            self.child.signal(Signal::CONT);
        }
    }

    fn goes_on(&mut self) {
        if self.guard.check().is_some() {
            return;
        }
        if let Some(terminal) = &mut self.terminal
            && Terminal::is_wanted()
        {
            terminal.lend(self.child.group());
        }
        self.child.signal(Signal::CONT);
    }
}

/// What becomes of a command, told by a thread that waits for it.
fn watched(child: Child) -> Receiver<State> {
    let (tell, states) = async_channel::unbounded();
    thread::spawn(move || {
        loop {
            let state = child.wait();
            if tell.send_blocking(state).is_err() || state == State::Ended {
                return;
            }
        }
    });
    states
}
