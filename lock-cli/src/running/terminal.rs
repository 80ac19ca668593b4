//! The terminal, which the command needs and its run does not.

use std::{
    fs::{File, OpenOptions},
    io::{self, IsTerminal as _},
    os::unix::fs::OpenOptionsExt as _,
};

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use rustix::{
    process::{Pid, getpgid, getpgrp, getppid, getsid},
    termios::{tcgetpgrp, tcsetpgrp},
};

/// The terminal of this session.
///
/// The command has a process group of its own, and a terminal lets only the group in its
/// foreground read, and sends only to that one what is typed as Ctrl-C. So the foreground is lent
/// to the command, and taken back before this process stops or ends.
#[derive(Debug)]
pub(super) struct Terminal {
    device: File,
    lent: bool,
}

impl Terminal {
    /// The terminal of this session, if it has one.
    pub(super) fn of_this_session() -> Option<Self> {
        let noctty = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).ok()?;
        let mut options = OpenOptions::new();
        let device = options.read(true).write(true).custom_flags(noctty).open("/dev/tty").ok()?;
        Some(Self { device, lent: false })
    }

    /// Whether the command should have it from the start: nobody else in a pipeline needs it.
    /// Otherwise it gets it when it asks, which is when it is stopped for touching it.
    pub(super) fn is_wanted() -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// Lends it to `group`, if it is this process's to lend.
    pub(super) fn lend(&mut self, group: Pid) -> bool {
        if !self.lent && tcgetpgrp(&self.device) == Ok(getpgrp()) {
            self.lent = tcsetpgrp(&self.device, group).is_ok();
        }
        self.lent
    }

    /// Takes it back, if it is lent.
    pub(super) fn take_back(&mut self) {
        if !std::mem::take(&mut self.lent) {
            return;
        }
        // Whoever reaches for a terminal from its background is stopped for it, unless that
        // signal is blocked.
        let blocked = SigSet::from(Signal::SIGTTOU).thread_swap_mask(SigmaskHow::SIG_BLOCK);
        let taken = tcsetpgrp(&self.device, getpgrp());
        tracing::debug!(?taken, "took the terminal back");
        if let Ok(before) = blocked {
            let _ = before.thread_set_mask();
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.take_back();
    }
}

/// Whether there is a shell that can continue this process once it has stopped.
pub(super) fn can_be_continued() -> bool {
    let parent = getppid();
    let same_session = parent.is_some() && getsid(parent).ok() == getsid(None).ok();
    same_session && getpgid(parent).ok() != Some(getpgrp())
}
