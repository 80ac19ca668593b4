//! A lock, a waiter.

use lock_core::{Lock, Mode, Pattern, Timestamp, Waiter};

use super::{
    say,
    style::{BOLD, DIM},
    time::Seen,
};
use crate::{escape::Shown, quote};

/// The lines under a lock: why, since when, until when, and with which process.
pub(crate) fn details(out: &mut String, lock: &Lock, now: Timestamp) {
    if lock.damaged {
        say!(out, "  its record cannot be read: nobody knows whose it is");
    }
    if let Some(reason) = &lock.reason {
        say!(out, "  reason:     {}", Shown(reason.as_str()));
    }
    say!(out, "  since:      {}", Seen { time: lock.acquired_at, now });
    if lock.refreshed_at > lock.acquired_at {
        say!(out, "  refreshed:  {}", Seen { time: lock.refreshed_at, now });
    }
    say!(out, "  until:      {}", Seen { time: lock.expires_at, now });
    for process in &lock.processes {
        say!(out, "  process:    {} on {}", process.pid, Shown(&process.host));
    }
}

/// `agent-a holds src/*.rs (exclusive)`.
pub(crate) fn headline(lock: &Lock) -> String {
    let (agent, pattern, mode) = (&lock.agent, Shown(lock.pattern.as_str()), lock.mode);
    let run = if lock.holder.is_some() { " in a run or guard" } else { "" };
    format!("{BOLD}{agent}{BOLD:#} holds {BOLD}{pattern}{BOLD:#} ({mode}){run}")
}

/// `2. agent-b waits for src/lib.rs (exclusive) since …`.
pub(crate) fn waiter(out: &mut String, waiter: &Waiter, position: usize, now: Timestamp) {
    let (agent, mode) = (&waiter.agent, waiter.mode);
    let since = Seen { time: waiter.since, now };
    let patterns = patterns(waiter);
    say!(out, "{position}. {BOLD}{agent}{BOLD:#} waits for {patterns} ({mode}) since {since}");
}

/// Everything that a request waits for.
pub(crate) fn patterns(waiter: &Waiter) -> String {
    listed(&waiter.patterns)
}

/// Patterns in a row.
pub(crate) fn listed(patterns: &[Pattern]) -> String {
    quote::line(patterns.iter().map(Pattern::as_str))
}

/// `acquired src/a.rs (exclusive) until …, token 17`.
pub(crate) fn granted(out: &mut String, verb: &str, lock: &Lock, now: Timestamp) {
    let (pattern, token) = (Shown(lock.pattern.as_str()), lock.token);
    let mode = if lock.mode == Mode::Shared { " (shared)" } else { "" };
    let until = Seen { time: lock.expires_at, now };
    say!(out, "{verb} {BOLD}{pattern}{BOLD:#}{mode} until {until}{DIM}, token {token}{DIM:#}");
}
