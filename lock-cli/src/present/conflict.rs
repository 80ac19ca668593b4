//! Why a request was not granted.

use lock_core::{Blocker, Conflict, Refusal, Timestamp};

use super::{
    lock, say,
    style::{BAD, BOLD},
    time::Seen,
};
use crate::escape::Shown;

/// Each conflict: who stands against what, why, since when, until when, and on which path.
pub(crate) fn refusal(out: &mut String, verb: &str, refusal: &Refusal, now: Timestamp) {
    for conflict in &refusal.conflicts {
        one(out, verb, conflict, now);
    }
    if refusal.more > 0 {
        say!(out, "and {} more", refusal.more);
    }
}

fn one(out: &mut String, verb: &str, conflict: &Conflict, now: Timestamp) {
    let requested = Shown(conflict.requested.as_str());
    match &conflict.blocker {
        Blocker::Held(held) => {
            say!(out, "{BAD}{verb}{BAD:#} {requested}: {}", lock::headline(held));
            lock::details(out, held, now);
        }
        Blocker::Waiting { waiter, position } => {
            let (agent, mode) = (&waiter.agent, waiter.mode);
            say!(
                out,
                "{BAD}{verb}{BAD:#} {requested}: {BOLD}{agent}{BOLD:#} is ahead in line, at position {position}"
            );
            say!(out, "  waits for:  {} ({mode})", lock::patterns(waiter));
            say!(out, "  since:      {}", Seen { time: waiter.since, now });
        }
    }
    say!(out, "  both cover: {}", Shown(&conflict.witness));
}
