//! The command, as a process group.

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, kill_process_group, waitid,
    waitpid,
};

/// The command: the leader of its process group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Child {
    leader: Pid,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It has ended, and can be [reaped](Child::reap).
    Ended,
    /// It was stopped by this signal.
    Stopped(i32),
}

impl Child {
    pub(super) fn new(process: &std::process::Child) -> Self {
        Self { leader: Pid::from_child(process) }
    }

    /// The group, named by its leader.
    pub(super) fn group(self) -> Pid {
        self.leader
    }

    /// Sends a signal to all of the group.
    pub(super) fn signal(self, signal: Signal) {
        if let Err(error) = kill_process_group(self.leader, signal) {
            tracing::debug!(%error, ?signal, "the command could not be signalled");
        }
    }

    /// Blocks until something becomes of it. It is not reaped here: until it is, its id is its
    /// own, and no signal can reach a stranger.
    pub(super) fn wait(self) -> State {
        let both = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
        loop {
            match waitid(WaitId::Pid(self.leader), both) {
                Ok(Some(status)) => match status.stopping_signal() {
                    None => return State::Ended,
                    Some(signal) => {
                        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
                        let _ = waitid(WaitId::Pid(self.leader), stopped);
                        return State::Stopped(signal);
                    }
                },
                Ok(None) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return State::Ended,
            }
        }
    }

    /// What it ended with, as a shell counts: its own code, or 128 and the signal.
    pub(super) fn reap(self) -> u8 {
        let status = rustix::io::retry_on_intr(|| waitpid(Some(self.leader), WaitOptions::empty()));
        status.ok().flatten().and_then(|(_, status)| code(status)).unwrap_or(u8::MAX)
    }
}

fn code(status: WaitStatus) -> Option<u8> {
    let code = status.exit_status().or_else(|| Some(128 + status.terminating_signal()?))?;
    u8::try_from(code).ok()
}
