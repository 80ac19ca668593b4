//! What a break or a cleanup removed.

use lock_core::{Answer, Lock, Outcome, View, host::Host};

use super::{lock, say, style::GOOD, time::Seen};
use crate::{escape::Shown, exit::Exit, failure::Failure, json, output::Output};

/// Prints what `outcome` removed; with `dry_run`, what it would have.
pub(crate) fn removed(output: Output, outcome: &Outcome, dry_run: bool) -> Result<Exit, Failure> {
    let Answer::Removed { locks, live, waiters } = &outcome.answer else {
        return Err(Failure::unfitting(&outcome.answer));
    };
    // Stale is what `list` calls so: past its lease, or of a process that is gone.
    let mut view = View { locks: locks.clone(), now: outcome.now, ..View::default() };
    Host::current().bury(&mut view);
    let is_stale = |lock: &Lock| !view.is_live(lock);
    let answer = json::Removed {
        removed: locks.len(),
        live: *live,
        locks: locks.iter().map(|lock| json::Lock::new(lock, is_stale(lock))).collect(),
        waiting: waiters.iter().zip(1..).map(|(w, place)| json::Waiter::new(w, place)).collect(),
    };
    output.answer(Exit::Done, &answer, |out| {
        let verb = if dry_run { "would remove" } else { "removed" };
        for lock in locks {
            let until = Seen { time: lock.expires_at, now: outcome.now };
            let ended = match is_stale(lock) {
                true if lock.expires_at <= outcome.now => "expired",
                true => "its process gone, its lease until",
                false => "live until",
            };
            let (agent, pattern) = (&lock.agent, Shown(lock.pattern.as_str()));
            say!(out, "{GOOD}{verb}{GOOD:#} {pattern} of {agent}, {ended} {until}");
        }
        for waiter in waiters {
            let patterns = lock::patterns(waiter);
            say!(out, "{GOOD}{verb}{GOOD:#} the wait of {} for {patterns}", waiter.agent);
        }
        if locks.is_empty() && waiters.is_empty() {
            say!(out, "nothing to remove");
            return;
        }
        let count = locks.len();
        let plural = if count == 1 { "" } else { "s" };
        say!(out, "{count} lock{plural}, {live} of them live");
    })
}
