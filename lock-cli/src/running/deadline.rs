//! When a command must end because its lock is lost.

use std::time::{Duration, Instant};

use lock_core::{LockGuard, Loss};
use rustix::process::Signal;

/// How much of the lease may go by unrefreshed before the command is killed. It is asked to end
/// when the guard gives up, at 80 %.
const KILLED_AT: f64 = 0.9;

/// How long a command may take to end once its lock is known to be another's to take.
const GRACE: Duration = Duration::from_secs(1);

/// A timer may stop while the machine sleeps, so no sleep is longer than this.
const NAP: Duration = Duration::from_secs(1);

/// How far the ending of a command has come.
#[derive(Debug, Default)]
pub(super) struct Deadline {
    /// Since when the loss is known.
    lost: Option<Instant>,
    killed: bool,
}

impl Deadline {
    /// What the command must be told now.
    pub(super) fn due(&mut self, guard: &LockGuard) -> Option<Signal> {
        let loss = guard.check()?;
        let Some(lost) = self.lost else {
            self.lost = Some(Instant::now());
            return Some(Signal::TERM);
        };
        if self.killed || !until_kill(&loss, guard, lost).is_zero() {
            return None;
        }
        self.killed = true;
        Some(Signal::KILL)
    }

    /// Whether the loss is known by now.
    pub(super) fn has_begun(&self) -> bool {
        self.lost.is_some()
    }

    /// How long until there may be something to tell.
    pub(super) fn pause(&self, guard: &LockGuard) -> Duration {
        match (guard.check(), self.lost) {
            (Some(loss), Some(lost)) if !self.killed => until_kill(&loss, guard, lost).min(NAP),
            (Some(_), None) => Duration::ZERO,
            (None, _) => guard.until(0.8).min(NAP),
            _ => NAP,
        }
    }
}

fn until_kill(loss: &Loss, guard: &LockGuard, lost: Instant) -> Duration {
    match loss {
        // Nobody else can have it yet.
        Loss::Overdue(_) => guard.until(KILLED_AT),
        _ => GRACE.saturating_sub(lost.elapsed()),
    }
}
