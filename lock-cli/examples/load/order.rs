//! First come, first served: while a request waits, nothing that excludes it is granted to one
//! that came later. No agent of this load asks while it holds, so there is no exception.

use std::collections::VecDeque;

use lock_core::{HistoryEntry, Lock, Timestamp, Version, View};

use super::audit::are_rivals;

#[derive(Debug, Default)]
pub(super) struct Order {
    /// The version of the last line that was seen.
    logged: Version,
    /// What was granted while somebody still waits who was there before.
    granted: VecDeque<Lock>,
}

impl Order {
    pub(super) fn take(&mut self, view: &View) -> Result<(), String> {
        let logged = self.logged;
        for entry in view.history.iter().filter(|entry| entry.version() > logged) {
            self.logged = entry.version();
            if let HistoryEntry::Acquired { lock, .. } = entry {
                self.grant(lock)?;
            }
        }
        // Whoever is granted next stands in line now, or is still to come.
        let waiting = view.waiters.iter().map(|waiter| waiter.since);
        let first = waiting.min().unwrap_or(view.now);
        while self.granted.front().is_some_and(|lock| lock.acquired_at < first) {
            self.granted.pop_front();
        }
        Ok(())
    }

    fn grant(&mut self, lock: &Lock) -> Result<(), String> {
        let meanwhile = |other: &&Lock| other.acquired_at >= came(lock);
        for other in self.granted.iter().rev().take_while(meanwhile) {
            if came(other) > came(lock) && are_rivals(other, lock) {
                return Err(format!("not in line: {lock:?}\ncame before {other:?}"));
            }
        }
        self.granted.push_back(lock.clone());
        Ok(())
    }
}

/// When its request came.
fn came(lock: &Lock) -> Timestamp {
    lock.waited_since.unwrap_or(lock.acquired_at)
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;
    use lock_core::{LockBackend as _, LockManager, LockScope, MemoryBackend, Scope};

    use super::*;

    /// What a store tells that granted `a` and `*` one after the other, changed by `lie`.
    fn verdict(lie: impl FnOnce(&mut Lock, &mut Lock)) -> String {
        let store = MemoryBackend::new();
        let mut view = block_on(async {
            for (agent, pattern) in [("one", "a"), ("two", "*")] {
                let locks = LockManager::new(store.clone(), agent).unwrap();
                let leases = locks.acquire(pattern).await.unwrap().held().unwrap();
                locks.release(&leases).await.unwrap();
            }
            let scope = Scope::of(LockScope::All).with_history(Version::default());
            store.view(&scope).await.unwrap()
        });
        let mut locks = view.history.iter_mut().filter_map(|entry| match entry {
            HistoryEntry::Acquired { lock, .. } => Some(lock),
            _ => None,
        });
        lie(locks.next().unwrap(), locks.next().unwrap());
        Order::default().take(&view).err().unwrap_or_default()
    }

    /// Before anything of that.
    fn early(micros: i64) -> Option<Timestamp> {
        Some(Timestamp::from_micros(micros))
    }

    #[test]
    fn one_who_overtakes_is_caught() {
        assert_eq!(verdict(|_, _| {}), "");
        let waited =
            verdict(|one, two| (one.waited_since, two.waited_since) = (early(1), early(2)));
        assert_eq!(waited, "", "in the order in which they came");
        let overtaken = verdict(|_, two| two.waited_since = early(1));
        assert!(overtaken.contains("not in line"), "never in line itself: {overtaken}");
        let overtaken =
            verdict(|one, two| (one.waited_since, two.waited_since) = (early(2), early(1)));
        assert!(overtaken.contains("not in line"), "later in line: {overtaken}");
    }

    #[test]
    fn one_who_is_in_nobodys_way_may_overtake() {
        let shared = verdict(|one, two| {
            (one.mode, two.mode) = (lock_core::Mode::Shared, lock_core::Mode::Shared);
            two.waited_since = early(1);
        });
        assert_eq!(shared, "");
        let apart = verdict(|one, two| {
            one.pattern = lock_core::Pattern::parse("b/c").unwrap();
            two.waited_since = early(1);
        });
        assert_eq!(apart, "");
    }
}
