//! Events, as they happen.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use super::{Error, LockManager};
use crate::{
    Cause, Ending, HistoryEntry, Lock, LockScope, RecordId, Scope, Timestamp, Version, View, Waiter,
};

/// How long to go without looking: leases run out without anybody changing anything.
const LOOK: Duration = Duration::from_secs(1);

/// Something that happened in a namespace.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchEvent {
    /// When, on the store's clock.
    pub at: Timestamp,
    /// What.
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "events are handled one at a time")]
pub enum Happening {
    /// A lock was granted.
    Acquired(Lock),
    /// A lock was refreshed. Of several refreshes between two looks, only the last is seen.
    Refreshed(Lock),
    /// A lease ran out, or its process was found dead; the record may still be there.
    Expired(Lock),
    /// A lock ended otherwise: the lock as it was, and how it ended.
    Ended(Lock, Ending),
    /// A request stands in line, at this position, from 1.
    Waiting(Waiter, usize),
    /// A request left the line without what it waited for; the position it had.
    GaveUp(Waiter, usize),
    /// Something may have been missed: the store was away, or has forgotten what happened since
    /// the last look.
    Gap,
}

impl LockManager {
    /// Watches the namespace from now on.
    ///
    /// ```
    /// # use lock_core::{Happening, LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// let mut watch = locks.watch().await?;
    /// let _ = locks.acquire("a.rs").await?;
    /// assert!(matches!(watch.next().await?.what, Happening::Acquired(_)));
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn watch(&self) -> Result<Watch, Error> {
        let mut watch = Watch {
            manager: self.clone(),
            seen: Version::default(),
            logged: Version::default(),
            locks: HashMap::new(),
            waiters: HashMap::new(),
            ready: VecDeque::new(),
        };
        let view = self.backend.view(&watch.scope()).await?;
        watch.catch_up(view);
        watch.ready.clear();
        Ok(watch)
    }
}

/// The events of a namespace, one after the other.
#[derive(Debug)]
pub struct Watch {
    manager: LockManager,
    seen: Version,
    /// The version of the last line of the log that was seen.
    logged: Version,
    locks: HashMap<RecordId, (Lock, bool)>,
    waiters: HashMap<RecordId, (Waiter, usize)>,
    ready: VecDeque<WatchEvent>,
}

impl Watch {
    /// The next event; waits for it.
    ///
    /// # Cancellation
    /// Dropping the future loses nothing: the event comes with the next call.
    ///
    /// # Errors
    /// Whatever the store says. The next call tries again; what was missed meanwhile is told, or
    /// marked by a [`Happening::Gap`].
    pub async fn next(&mut self) -> Result<WatchEvent, Error> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            self.manager.backend().changed(self.seen, LOOK).await?;
            let view = self.manager.backend().view(&self.scope()).await?;
            self.catch_up(view);
        }
    }

    /// Everything, and the log from the last line that was seen on: if that line is no longer
    /// there, others may be missing too.
    fn scope(&self) -> Scope {
        let before = Version::new(self.logged.get().saturating_sub(1));
        Scope::of(LockScope::All).with_waiters().with_history(before)
    }

    fn catch_up(&mut self, view: View) {
        let known_line = view.history.first().is_some_and(|entry| entry.version() <= self.logged);
        let forgotten = view.forgetful && !known_line && self.logged > Version::default();
        if view.version < self.seen || forgotten {
            self.tell(view.now, Happening::Gap);
            self.logged = Version::default();
        }
        let news: Vec<&HistoryEntry> =
            view.history.iter().filter(|entry| entry.version() > self.logged).collect();
        for entry in &news {
            match entry {
                HistoryEntry::Acquired { at, lock, .. } => {
                    self.locks.insert(lock.id, (lock.clone(), true));
                    self.tell(*at, Happening::Acquired(lock.clone()));
                }
                HistoryEntry::Ended { at, ending, .. } => {
                    let known = self.locks.remove(&ending.id);
                    let told = matches!(known, Some((_, false)));
                    match (ending.ended, known) {
                        (Cause::Expired | Cause::HolderDead, Some((lock, _))) if !told => {
                            self.tell(ending.until, Happening::Expired(lock));
                        }
                        (Cause::Expired | Cause::HolderDead, Some(_)) => {}
                        (_, known) => {
                            // One that was granted and ended between two looks was told just now.
                            let lock = known.map_or_else(|| ending.lock(), |(lock, _)| lock);
                            self.tell(*at, Happening::Ended(lock, ending.clone()));
                        }
                    }
                }
            }
        }
        self.line(&view, &news);
        self.leases(&view);
        self.logged = view.history.last().map_or(self.logged, HistoryEntry::version);
        self.seen = view.version;
    }

    /// Who joined the line, and who left it without a grant.
    fn line(&mut self, view: &View, news: &[&HistoryEntry]) {
        let line = view.line().into_iter().zip(1..);
        let now: HashMap<RecordId, (Waiter, usize)> =
            line.map(|(waiter, position)| (waiter.id, (waiter.clone(), position))).collect();
        let granted = |waiter: &Waiter| {
            news.iter().any(|entry| match entry {
                HistoryEntry::Acquired { lock, .. } => {
                    lock.is_of(&waiter.agent, waiter.holder.as_ref())
                        && waiter.patterns.contains(&lock.pattern)
                }
                HistoryEntry::Ended { .. } => false,
            })
        };
        let before = std::mem::take(&mut self.waiters);
        for (id, (waiter, position)) in &before {
            if !now.contains_key(id) && !granted(waiter) {
                self.tell(view.now, Happening::GaveUp(waiter.clone(), *position));
            }
        }
        for (id, (waiter, position)) in &now {
            if !before.contains_key(id) {
                self.tell(waiter.since, Happening::Waiting(waiter.clone(), *position));
            }
        }
        self.waiters = now;
    }

    /// Which leases were extended, and which ran out.
    fn leases(&mut self, view: &View) {
        for lock in &view.locks {
            let live = view.is_live(lock);
            match self.locks.insert(lock.id, (lock.clone(), live)) {
                Some((before, _)) if before.refreshed_at < lock.refreshed_at && live => {
                    self.tell(lock.refreshed_at, Happening::Refreshed(lock.clone()));
                }
                Some((_, true)) if !live => {
                    self.tell(lock.expires_at.min(view.now), Happening::Expired(lock.clone()));
                }
                _ => {}
            }
        }
    }

    fn tell(&mut self, at: Timestamp, what: Happening) {
        self.ready.push_back(WatchEvent { at, what });
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;

    use super::*;
    use crate::{ManualClock, MemoryBackend};

    fn name(what: &Happening) -> String {
        match what {
            Happening::Acquired(lock) => format!("acquired {}", lock.pattern),
            Happening::Refreshed(lock) => format!("refreshed {}", lock.pattern),
            Happening::Expired(lock) => format!("expired {}", lock.pattern),
            Happening::Ended(_, ending) => format!("{} {}", ending.ended, ending.pattern),
            Happening::Waiting(waiter, _) => format!("waiting {}", waiter.agent),
            Happening::GaveUp(waiter, _) => format!("gave up {}", waiter.agent),
            Happening::Gap => "gap".into(),
        }
    }

    #[test]
    fn nothing_between_two_looks_is_missed() {
        let clock = ManualClock::default();
        let store = MemoryBackend::with_clock(clock.clone());
        let agent = |name| LockManager::new(store.clone(), name).unwrap();
        let (one, two) = (agent("one"), agent("two"));
        block_on(async {
            let mut watch = one.watch().await.unwrap();
            let leases = one.acquire("a").await.unwrap().held().unwrap();
            one.release(&leases).await.unwrap();
            let _ = two.acquire("a").ttl(Duration::from_secs(10)).await.unwrap();
            let mut events = Vec::new();
            for _ in 0..3 {
                events.push(name(&watch.next().await.unwrap().what));
            }
            assert_eq!(events, ["acquired a", "released a", "acquired a"]);

            clock.advance(Duration::from_secs(5));
            let _ = two.refresh("a").await.unwrap();
            assert_eq!(name(&watch.next().await.unwrap().what), "refreshed a");
            clock.advance(Duration::from_secs(10));
            assert_eq!(name(&watch.next().await.unwrap().what), "expired a", "nobody did anything");
            let _ = one.acquire("a").await.unwrap();
            assert_eq!(name(&watch.next().await.unwrap().what), "taken_over a");
            assert_eq!(name(&watch.next().await.unwrap().what), "acquired a");
        });
    }

    #[test]
    fn the_line_is_told_too() {
        let store = MemoryBackend::new();
        let agent = |name| LockManager::new(store.clone(), name).unwrap();
        let (one, two) = (agent("one"), agent("two"));
        block_on(async {
            let _ = one.acquire("a").await.unwrap();
            let mut watch = one.watch().await.unwrap();
            let timed_out = two.acquire("a").wait(Duration::from_millis(1));
            let first = async { name(&watch.next().await.unwrap().what) };
            let (first, _) = futures_lite::future::zip(first, timed_out.into_future()).await;
            assert_eq!(first, "waiting two");
            assert_eq!(name(&watch.next().await.unwrap().what), "gave up two");
        });
    }
}
