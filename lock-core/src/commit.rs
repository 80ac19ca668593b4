//! From symbolic changes to records, once the store's clock, version and token are known.

use crate::{
    Answer, Change, Decision, Ending, Granted, HistoryEntry, Lock, Nonce, Stamp, Waiter, Write,
    decision::{Draft, Slot},
};

/// Collects what a step writes.
pub(crate) struct Writer {
    pub(crate) stamp: Stamp,
    pub(crate) nonce: Nonce,
    pub(crate) writes: Vec<Write>,
    pub(crate) log: Vec<HistoryEntry>,
    /// Whether the lines of the log are wanted: each has a whole record in it.
    logs: bool,
}

impl Writer {
    pub(crate) fn new(stamp: Stamp, nonce: Nonce, logs: bool) -> Self {
        Self { stamp, nonce, writes: Vec::new(), log: Vec::new(), logs }
    }

    pub(crate) fn apply(&mut self, change: Change) {
        let Stamp { now, version, token } = self.stamp;
        match change {
            Change::Grant {
                id,
                pattern,
                agent,
                holder,
                mode,
                reason,
                ttl,
                processes,
                waited_since,
            } => {
                let lock = Lock {
                    id,
                    pattern,
                    agent,
                    holder,
                    mode,
                    reason,
                    ttl,
                    acquired_at: now,
                    waited_since,
                    refreshed_at: now,
                    expires_at: now + ttl.duration(),
                    token,
                    processes,
                    damaged: false,
                    extra: serde_json::Map::new(),
                };
                if self.logs {
                    self.log.push(HistoryEntry::Acquired { version, at: now, lock: lock.clone() });
                }
                self.writes.push(Write::PutLock(lock));
            }
            Change::Extend { mut lock, ttl, at_least, reason, process } => {
                let expires = now + ttl.duration();
                lock.expires_at = if at_least { lock.expires_at.max(expires) } else { expires };
                lock.ttl = if at_least { lock.ttl.max(ttl) } else { ttl };
                lock.refreshed_at = now;
                lock.reason = reason.or(lock.reason);
                lock.processes.extend(process);
                self.writes.push(Write::PutLock(lock));
            }
            Change::End { lock, cause, by, note } => {
                if self.logs {
                    // A lease that ran out ended when it ran out, whenever that was noticed, and
                    // whatever became of its record then.
                    let until = now.min(lock.expires_at);
                    let mut ending = Ending::of(&lock, until, cause, self.nonce);
                    (ending.by, ending.note) = (by, note);
                    self.log.push(HistoryEntry::Ended { version, at: now, ending });
                }
                self.writes.push(Write::DropLock(lock));
            }
            Change::Enqueue { mut waiter } => {
                waiter.ticket = version.get();
                waiter.since = now;
                waiter.expires_at = now + Decision::WAITER_TTL;
                self.writes.push(Write::PutWaiter(waiter));
            }
            Change::Renew { mut waiter } => {
                waiter.expires_at = now + Decision::WAITER_TTL;
                self.writes.push(Write::PutWaiter(waiter));
            }
            Change::Leave { waiter } => self.writes.push(Write::DropWaiter(waiter)),
        }
    }

    pub(crate) fn answer(&self, draft: Draft) -> Answer {
        match draft {
            Draft::Final(answer) => answer,
            Draft::Granted(locks) => Answer::Granted(
                locks
                    .into_iter()
                    .filter_map(|(slot, fresh)| Some(Granted { lock: self.lock(slot)?, fresh }))
                    .collect(),
            ),
            Draft::Refreshed { locks, lost } => Answer::Refreshed {
                locks: locks.into_iter().filter_map(|slot| self.lock(slot)).collect(),
                lost,
            },
            Draft::Waiting { waiter, position, refusal } => match self.waiter(waiter) {
                Some(waiter) => Answer::Waiting { waiter, position, refusal },
                None => Answer::Refused(refusal),
            },
        }
    }

    fn lock(&self, slot: Slot<Lock>) -> Option<Lock> {
        match slot {
            Slot::Same(lock) => Some(lock),
            Slot::Changed(id) => self.writes.iter().find_map(|write| match write {
                Write::PutLock(lock) if lock.id == id => Some(lock.clone()),
                _ => None,
            }),
        }
    }

    fn waiter(&self, slot: Slot<Waiter>) -> Option<Waiter> {
        match slot {
            Slot::Same(waiter) => Some(waiter),
            Slot::Changed(id) => self.writes.iter().find_map(|write| match write {
                Write::PutWaiter(waiter) if waiter.id == id => Some(waiter.clone()),
                _ => None,
            }),
        }
    }
}
