//! What a namespace has been through: counts and times.

use std::{collections::HashSet, time::Duration};

use super::{Error, LockManager};
use crate::{HistoryEntry, LockScope, Refusals, Scope, Timestamp, Totals, Version, View};

/// What a namespace has been through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stats {
    /// Grants and ends, as they were recorded, since the store was made.
    pub totals: Totals,
    /// Requests that were not granted at once, as far as they were noted.
    pub refusals: Refusals,
    /// Locks that live.
    pub held: usize,
    /// Locks past their lease whose end nobody has recorded yet.
    pub stale: usize,
    /// Locks within their lease whose process is proved dead.
    pub dead: usize,
    /// Requests that stand in line.
    pub waiting: usize,
    /// How long granted requests had waited; one that was granted at once waited for no time.
    pub wait: Spread,
    /// How long locks that have ended were held.
    pub hold: Spread,
}

/// How some times are spread: nearest ranks, and nothing interpolated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// Half of them are no longer than this; none if there are none.
    pub p50: Option<Duration>,
    /// 99 of 100 are no longer than this.
    pub p99: Option<Duration>,
    /// None is longer than this.
    pub max: Option<Duration>,
}

impl LockManager {
    /// Counts and times of this namespace.
    ///
    /// Grants and ends are counted in the same step as they happen, and none is lost. Times are
    /// those of the grants and ends that the [history](Self::history) remembers. Refusals are
    /// counted on the side by whoever was refused, so that they slow nobody: some may be lost, and
    /// a store may not count them at all.
    ///
    /// # Cost
    /// It reads the whole history: tens of milliseconds where 10,000 tenures are remembered.
    ///
    /// # Errors
    /// Whatever the store says.
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// let store = MemoryBackend::new();
    /// let one = LockManager::new(store.clone(), "one")?;
    /// let two = LockManager::new(store, "two")?;
    /// let leases = one.acquire("src/*.rs").await?.held()?;
    /// let _refused = two.acquire("src/a.rs").await?;
    /// one.release(&leases).await?;
    ///
    /// let stats = one.stats().await?;
    /// assert_eq!((stats.totals.acquired, stats.totals.released), (1, 1));
    /// assert_eq!(stats.refusals.conflicts, 1);
    /// let (pattern, conflicts) = stats.refusals.hottest(1)[0];
    /// assert_eq!((pattern.as_str(), conflicts), ("src/*.rs", 1));
    /// assert_eq!(stats.hold.count, 1);
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub async fn stats(&self) -> Result<Stats, Error> {
        let scope = Scope::of(LockScope::All).with_waiters().with_tally();
        Ok(Stats::of(&self.backend.view(&scope.with_history(Version::default())).await?))
    }
}

impl Stats {
    /// What `view` tells: one of everything.
    pub fn of(view: &View) -> Self {
        let mut totals = view.tally.forgotten;
        view.history.iter().for_each(|entry| totals.count(entry));
        let is_stale = |expires_at: Timestamp| expires_at <= view.now;
        let live = view.live().count();
        let stale = view.locks.iter().filter(|lock| is_stale(lock.expires_at)).count();
        Self {
            totals,
            refusals: view.tally.refusals.clone(),
            held: live,
            stale,
            dead: view.locks.len() - live - stale,
            waiting: view.line().len(),
            wait: Spread::of(waits(&view.history)),
            hold: Spread::of(holds(&view.history)),
        }
    }
}

/// How long each request waited that was granted something new: the locks of one step are of one
/// request.
fn waits(history: &[HistoryEntry]) -> Vec<Duration> {
    let mut seen = HashSet::new();
    let waited = |entry: &HistoryEntry| match entry {
        HistoryEntry::Acquired { version, at, lock } if seen.insert(*version) => {
            Some(lock.waited_since.map_or(Duration::ZERO, |since| at.since(since)))
        }
        _ => None,
    };
    history.iter().filter_map(waited).collect()
}

fn holds(history: &[HistoryEntry]) -> Vec<Duration> {
    let endings = history.iter().filter_map(HistoryEntry::ending);
    endings.map(|ending| ending.until.since(ending.from)).collect()
}

impl Spread {
    /// The spread of `times`.
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let rank = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).max(1);
            times.get(rank - 1).copied()
        };
        Self { count: times.len(), p50: rank(50), p99: rank(99), max: rank(100) }
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;

    use super::*;
    use crate::{Grant, ManualClock, MemoryBackend};

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_spread_is_made_of_nearest_ranks() {
        let spread = |count: u64| Spread::of((1..=count).rev().map(millis).collect());
        assert_eq!(spread(0), Spread::default());
        let of = |count, p50, p99, max| Spread {
            count,
            p50: Some(millis(p50)),
            p99: Some(millis(p99)),
            max: Some(millis(max)),
        };
        assert_eq!(spread(1), of(1, 1, 1, 1));
        assert_eq!(spread(2), of(2, 1, 2, 2));
        assert_eq!(spread(100), of(100, 50, 99, 100));
        assert_eq!(spread(1_000), of(1_000, 500, 990, 1_000));
    }

    #[test]
    fn a_request_that_waited_tells_how_long_and_what_for() {
        let clock = ManualClock::at(Timestamp::from_micros(1_000_000));
        let store = MemoryBackend::with_clock(clock.clone());
        let agent = |name| LockManager::new(store.clone(), name).unwrap();
        block_on(async {
            let leases = agent("one").acquire("src/*.rs").await.unwrap().held().unwrap();
            let two = agent("two");
            let waits = std::thread::spawn(move || {
                block_on(two.acquire(["src/a.rs", "src/b.rs"]).wait(millis(60_000)).into_future())
            });
            let line = async || agent("x").stats().await.unwrap().waiting;
            while line().await == 0 {
                async_io::Timer::after(millis(1)).await;
            }
            clock.advance(millis(2_500));
            agent("one").release(&leases).await.unwrap();
            assert!(matches!(waits.join().unwrap(), Ok(Grant::Held(_))));
            let stats = agent("x").stats().await.unwrap();
            assert_eq!(stats.wait.count, 2, "two requests, three locks");
            assert_eq!((stats.totals.acquired, stats.held), (3, 2));
            assert_eq!(stats.wait.max, Some(millis(2_500)));
            assert_eq!(stats.wait.p50, Some(Duration::ZERO));
            assert_eq!(stats.hold.max, Some(millis(2_500)));
            // It met a lock, but was not refused.
            let hot = stats.refusals.hottest(9);
            assert_eq!(
                hot.iter().map(|(it, n)| (it.as_str(), *n)).collect::<Vec<_>>(),
                [("src/*.rs", 1)]
            );
            assert_eq!(stats.refusals.conflicts + stats.refusals.timeouts, 0);
        });
    }

    #[test]
    fn each_way_to_be_refused_is_counted_once() {
        let store = MemoryBackend::new();
        let agent = |name| LockManager::new(store.clone(), name).unwrap();
        block_on(async {
            let (one, two) = (agent("one"), agent("two"));
            let _ = one.acquire("a").await.unwrap();
            let _ = two.acquire("b").await.unwrap();
            assert!(matches!(two.acquire("a").await, Ok(Grant::Refused(_))));
            assert!(matches!(two.acquire("a").wait(millis(0)).await, Ok(Grant::TimedOut(_))));
            assert!(matches!(two.acquire("a").wait(millis(5)).await, Ok(Grant::TimedOut(_))));
            let waiting = std::thread::spawn({
                let one = one.clone();
                move || block_on(one.acquire("b").wait(millis(60_000)).into_future())
            });
            while one.stats().await.unwrap().waiting == 0 {
                async_io::Timer::after(millis(1)).await;
            }
            let deadlock = two.acquire("a").wait(millis(60_000)).await;
            assert!(matches!(deadlock, Ok(Grant::Deadlock { .. })));
            two.release("b").await.unwrap();
            assert!(matches!(waiting.join().unwrap(), Ok(Grant::Held(_))));
            let refusals = one.stats().await.unwrap().refusals;
            assert_eq!((refusals.conflicts, refusals.timeouts, refusals.deadlocks), (1, 2, 1));
            let hot: Vec<_> = refusals.hottest(9);
            assert_eq!(
                hot.iter().map(|(it, n)| (it.as_str(), *n)).collect::<Vec<_>>(),
                [("a", 4), ("b", 1)]
            );
        });
    }

    /// What the log forgets stays counted.
    #[test]
    fn totals_outlive_the_history() {
        let store = MemoryBackend::new();
        let locks = LockManager::new(store, "one").unwrap();
        block_on(async {
            for _ in 0..12_000 {
                let leases = locks.acquire("a").await.unwrap().held().unwrap();
                locks.release(&leases).await.unwrap();
            }
            let stats = locks.stats().await.unwrap();
            assert_eq!((stats.totals.acquired, stats.totals.released), (12_000, 12_000));
            assert_eq!(stats.hold.count, 10_000);
        });
    }

    #[test]
    fn a_lock_past_its_lease_is_stale_until_its_end_is_recorded() {
        let clock = ManualClock::default();
        let store = MemoryBackend::with_clock(clock.clone());
        let locks = LockManager::new(store, "one").unwrap();
        block_on(async {
            let _ = locks.acquire("a").ttl(millis(100)).await.unwrap();
            clock.advance(millis(100));
            let stats = locks.stats().await.unwrap();
            assert_eq!((stats.held, stats.stale, stats.totals.expired), (0, 1, 0));
            let _ = locks.acquire("a").await.unwrap();
            let stats = locks.stats().await.unwrap();
            assert_eq!((stats.held, stats.stale, stats.totals.expired), (1, 0, 1));
        });
    }
}
