//! What happened, and whether it can have happened.
//!
//! A history is every call that any contestant made, with the real time of its invocation and of
//! its answer. Every outcome says which version of the namespace it made or saw, so there is one
//! candidate for the order of the steps, and the question that is hard in general (*is there an
//! order that explains this?*; Gibbons and Korach, *Testing Shared Memories*, 1997) becomes a
//! walk: replay the commands in that order through the rule, and compare.
//!
//! * [`order`] sorts the calls, and holds the order against real time.
//! * [`replay`] walks it: each answer must be the one that the rule gives, on the store's own
//!   clock. Calls that were never answered fit in wherever a version is missing, or nowhere.
//! * [`doubt`] says which records may count as live or not, where the history cannot tell.
//! * [`earlier`] allows an answer to show a lease as it was when the store looked.
//! * [`audit`] checks what must hold whatever the rule says: exclusion, rising tokens, endings
//!   that somebody was entitled to.

mod alike;
mod audit;
mod call;
mod doubt;
mod earlier;
mod judge;
mod model;
mod order;
mod recorder;
mod replay;
mod seen;
mod settle;

use std::{collections::HashMap, time::Duration};

use lock_core::Process;

pub(crate) use self::{
    alike::alike,
    call::{Answered, Asked, Call},
    recorder::{Log, Recorded, Sink, monotonic},
};

/// What a scenario makes of the clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    /// How far two readings of one lease's end may lie apart.
    pub(crate) jitter: Duration,
    /// Whether all answers must be on one clock that does not go back.
    pub(crate) steady_clock: bool,
    /// The processes that were killed or came to their end, where the store notices such a death.
    pub(crate) killed: &'a HashMap<u32, Death>,
}

/// When a process was killed or ended, on the [monotonic] clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Death {
    pub(crate) earliest: u64,
    /// From then on nobody can take it for alive.
    pub(crate) surely: u64,
}

impl Rules<'_> {
    /// When the last of `processes` was killed; none if one was not.
    fn death_of(&self, processes: &[Process]) -> Option<Death> {
        let deaths = processes.iter().map(|process| self.killed.get(&process.pid).copied());
        let last = |one: Death, two: Death| Death {
            earliest: one.earliest.max(two.earliest),
            surely: one.surely.max(two.surely),
        };
        deaths.collect::<Option<Vec<_>>>()?.into_iter().reduce(last)
    }
}

/// How far the store's clock may go back before it counts as more than one clock.
const CLOCK_SLACK: Duration = Duration::from_secs(1);

/// Whether the rule explains every answer. The last call should be a view of everything: it holds
/// the explanation against what the store was left with.
///
/// # Errors
/// The first thing that cannot have happened, with what led to it.
pub(crate) fn check(calls: &[Call], rules: Rules<'_>) -> Result<(), String> {
    let steps = order::steps(calls)?;
    if rules.steady_clock {
        order::check_clock(&steps, CLOCK_SLACK)?;
    }
    let unanswered = settle::unanswered(calls, &steps);
    replay::replay(&steps, &unanswered, rules)
}
