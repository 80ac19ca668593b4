//! What a namespace counts beside its records.

mod file;
mod note;
mod refusals;

use serde::{Deserialize, Serialize};

pub use self::{
    note::{Note, Noted},
    refusals::Refusals,
};
use crate::{Cause, HistoryEntry};

/// What a namespace counts beside its records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Grants and ends that the log has forgotten.
    pub forgotten: Totals,
    /// Requests that were not granted at once, as far as they were noted.
    pub refusals: Refusals,
}

/// How many locks were granted, and how they ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Locks granted; one request may have been granted several.
    pub acquired: u64,
    /// Let go by their agent.
    pub released: u64,
    /// Ended by their lease.
    pub expired: u64,
    /// Ended by their lease, and a grant to another took their place.
    pub taken_over: u64,
    /// Ended by an operator.
    pub broken: u64,
    /// Removed by a cleanup.
    pub cleaned: u64,
    /// Ended because their process was proved dead.
    pub holder_dead: u64,
}

impl Totals {
    /// Counts one line of a log.
    pub fn count(&mut self, entry: &HistoryEntry) {
        match entry {
            HistoryEntry::Acquired { .. } => self.acquired += 1,
            HistoryEntry::Ended { ending, .. } => self.add_ends(ending.ended, 1),
        }
    }

    /// Counts so many ends.
    pub fn add_ends(&mut self, cause: Cause, ends: u64) {
        let count = match cause {
            Cause::Released => &mut self.released,
            Cause::Expired => &mut self.expired,
            Cause::TakenOver => &mut self.taken_over,
            Cause::Broken => &mut self.broken,
            Cause::Cleaned => &mut self.cleaned,
            Cause::HolderDead => &mut self.holder_dead,
            // Nothing that a log holds ended so.
            Cause::NeverHeld | Cause::Unknown => return,
        };
        *count += ends;
    }
}
