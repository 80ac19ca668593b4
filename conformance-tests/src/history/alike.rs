//! Comparing what was answered with what the rule answers.

use std::time::Duration;

use lock_core::{Answer, Blocker, Ending, HistoryEntry, Lock, Lost, Refusal, Timestamp, Waiter};

/// A value with readings of lease ends in it.
pub(crate) trait Readings: Clone + PartialEq {
    /// Each of them, in an order that depends on the shape alone.
    fn readings(&mut self) -> Vec<&mut Timestamp>;
}

/// Equal, if readings of lease ends may differ by `jitter`.
pub(crate) fn alike<T: Readings>(one: &T, two: &T, jitter: Duration) -> bool {
    if jitter.is_zero() || one == two {
        return one == two;
    }
    let (mut one, mut two) = (one.clone(), two.clone());
    for (one, two) in one.readings().into_iter().zip(two.readings()) {
        if *one <= *two + jitter && *two <= *one + jitter {
            *one = *two;
        }
    }
    one == two
}

impl Readings for Lock {
    fn readings(&mut self) -> Vec<&mut Timestamp> {
        vec![&mut self.expires_at]
    }
}

impl Readings for Waiter {
    fn readings(&mut self) -> Vec<&mut Timestamp> {
        vec![&mut self.expires_at]
    }
}

impl Readings for Ending {
    fn readings(&mut self) -> Vec<&mut Timestamp> {
        vec![&mut self.until]
    }
}

impl Readings for HistoryEntry {
    fn readings(&mut self) -> Vec<&mut Timestamp> {
        match self {
            Self::Acquired { lock, .. } => lock.readings(),
            Self::Ended { ending, .. } => ending.readings(),
            _ => Vec::new(),
        }
    }
}

impl Readings for Lost {
    fn readings(&mut self) -> Vec<&mut Timestamp> {
        self.at.iter_mut().collect()
    }
}

impl Readings for Refusal {
    fn readings(&mut self) -> Vec<&mut Timestamp> {
        let blockers = self.conflicts.iter_mut().map(|conflict| &mut conflict.blocker);
        blockers
            .map(|blocker| match blocker {
                Blocker::Held(lock) => &mut lock.expires_at,
                Blocker::Waiting { waiter, .. } => &mut waiter.expires_at,
            })
            .collect()
    }
}

impl<T: Readings> Readings for Vec<T> {
    fn readings(&mut self) -> Vec<&mut Timestamp> {
        self.iter_mut().flat_map(Readings::readings).collect()
    }
}

impl Readings for Answer {
    fn readings(&mut self) -> Vec<&mut Timestamp> {
        match self {
            Self::Granted(granted) => granted.iter_mut().map(|g| &mut g.lock.expires_at).collect(),
            Self::Refused(refusal) | Self::Deadlock { refusal, .. } => refusal.readings(),
            Self::Waiting { waiter, refusal, .. } => {
                [waiter.readings(), refusal.readings()].into_iter().flatten().collect()
            }
            Self::Refreshed { locks, lost } => {
                [locks.readings(), lost.readings()].into_iter().flatten().collect()
            }
            Self::Released { refusal, overlapping, .. } => {
                [refusal.readings(), overlapping.readings()].into_iter().flatten().collect()
            }
            Self::Removed { locks, waiters, .. } => {
                [locks.readings(), waiters.readings()].into_iter().flatten().collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The locks that an answer tells of.
pub(super) fn locks_in(answer: &Answer) -> Vec<&Lock> {
    match answer {
        Answer::Granted(granted) => granted.iter().map(|granted| &granted.lock).collect(),
        Answer::Refused(refusal)
        | Answer::Deadlock { refusal, .. }
        | Answer::Waiting { refusal, .. } => held_in(refusal).collect(),
        Answer::Refreshed { locks, .. } | Answer::Removed { locks, .. } => locks.iter().collect(),
        Answer::Released { refusal, overlapping, .. } => {
            held_in(refusal).chain(overlapping).collect()
        }
        _ => Vec::new(),
    }
}

fn held_in(refusal: &Refusal) -> impl Iterator<Item = &Lock> {
    refusal.conflicts.iter().filter_map(|conflict| match &conflict.blocker {
        Blocker::Held(lock) => Some(lock),
        Blocker::Waiting { .. } => None,
    })
}

/// The waiters that an answer tells of.
pub(super) fn waiters_in(answer: &Answer) -> Vec<Waiter> {
    let refusal = match answer {
        Answer::Refused(refusal)
        | Answer::Deadlock { refusal, .. }
        | Answer::Waiting { refusal, .. }
        | Answer::Released { refusal, .. } => refusal,
        _ => return Vec::new(),
    };
    let blockers = refusal.conflicts.iter().filter_map(|conflict| match &conflict.blocker {
        Blocker::Held(_) => None,
        Blocker::Waiting { waiter, .. } => Some(waiter.clone()),
    });
    blockers.collect()
}
