//! How many requests were not granted at once.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use super::{Note, Noted};
use crate::Pattern;

/// How many requests were not granted at once, as far as they were noted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Refusals {
    /// Requests refused.
    pub conflicts: u64,
    /// Requests that waited in vain.
    pub timeouts: u64,
    /// Requests refused because their wait would never have ended.
    pub deadlocks: u64,
    /// How often each pattern stood in the way of a request, be it refused or made to wait.
    pub hot: BTreeMap<Pattern, u64>,
}

impl Refusals {
    /// How many patterns are remembered at least, once there were so many; the coldest go first.
    pub const HOT: usize = 256;

    /// Counts one more.
    pub fn count(&mut self, note: &Note) {
        match note.what {
            Noted::Conflict => self.conflicts += 1,
            Noted::Timeout => self.timeouts += 1,
            Noted::Deadlock => self.deadlocks += 1,
            Noted::Wait => {}
        }
        for pattern in &note.hot {
            *self.hot.entry(pattern.clone()).or_default() += 1;
        }
        if self.hot.len() > 2 * Self::HOT {
            self.cool_to(Self::HOT);
        }
    }

    /// Counts all of `others` too.
    pub(crate) fn add(&mut self, others: Self) {
        self.conflicts += others.conflicts;
        self.timeouts += others.timeouts;
        self.deadlocks += others.deadlocks;
        for (pattern, count) in others.hot {
            *self.hot.entry(pattern).or_default() += count;
        }
    }

    /// The hottest patterns, the hottest first.
    pub fn hottest(&self, count: usize) -> Vec<(&Pattern, u64)> {
        let mut hot: Vec<_> = self.hot.iter().map(|(pattern, count)| (pattern, *count)).collect();
        hot.sort_by_key(|(pattern, count)| (Reverse(*count), *pattern));
        hot.truncate(count);
        hot
    }

    /// Forgets all but the hottest.
    pub(crate) fn cool_to(&mut self, count: usize) {
        let kept = self.hottest(count);
        self.hot = kept.into_iter().map(|(pattern, count)| (pattern.clone(), count)).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coldest_patterns_are_forgotten_first() {
        let mut refusals = Refusals::default();
        let note =
            |name: String| Note { what: Noted::Wait, hot: vec![Pattern::parse(&name).unwrap()] };
        refusals.count(&note("hot".into()));
        refusals.count(&note("hot".into()));
        for number in 0..5_000 {
            refusals.count(&note(format!("cold/{number}")));
            assert!(refusals.hot.len() <= 2 * Refusals::HOT);
        }
        let (pattern, count) = refusals.hottest(1)[0];
        assert_eq!((pattern.as_str(), count), ("hot", 2));
        assert_eq!(refusals.conflicts + refusals.timeouts + refusals.deadlocks, 0);
    }
}
