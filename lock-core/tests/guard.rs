#![allow(clippy::panic, clippy::unwrap_used, reason = "a test says why it cannot go on")]
//! What a guard promises, on the reference backend and on one that fails when told to.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_lite::future::block_on;
use lock_core::{
    AgentId, BackendError, Break, Cause, Command, ErrorKind, LockBackend, LockManager, Loss,
    MemoryBackend, Outcome, Pattern, Reason, Scope, Version, View, host::Host,
};

/// A backend that can be cut off, or begin anew.
#[derive(Debug, Clone, Default)]
struct Cut {
    inside: MemoryBackend,
    off: Arc<AtomicBool>,
    /// What it is once it has begun anew.
    after: MemoryBackend,
    anew: Arc<AtomicBool>,
    /// How often anybody asked for news.
    asked: Arc<AtomicUsize>,
}

impl Cut {
    fn reach(&self) -> Result<&MemoryBackend, BackendError> {
        match self.off.load(SeqCst) {
            false if self.anew.load(SeqCst) => Ok(&self.after),
            false => Ok(&self.inside),
            true => Err(BackendError::new(ErrorKind::Unavailable, "cut off")),
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cut")
    }
}

#[async_trait]
impl LockBackend for Cut {
    async fn execute(&self, command: &Command) -> Result<Outcome, BackendError> {
        self.reach()?.execute(command).await
    }

    async fn view(&self, scope: &Scope) -> Result<View, BackendError> {
        self.reach()?.view(scope).await
    }

    async fn changed(&self, seen: Version, limit: Duration) -> Result<Version, BackendError> {
        self.asked.fetch_add(1, SeqCst);
        self.reach()?.changed(seen, limit).await
    }
}

fn manager(store: impl LockBackend, agent: &str) -> LockManager {
    LockManager::new(store, agent).unwrap()
}

fn holders(locks: &LockManager) -> usize {
    block_on(locks.who_has("**")).unwrap().locks.len()
}

#[test]
fn a_guard_outlives_its_lease_and_ends_when_dropped() {
    block_on(async {
        let locks = manager(MemoryBackend::new(), "one");
        let ttl = Duration::from_secs(1);
        let guard = locks.hold("a").ttl(ttl).await.unwrap().held().unwrap();
        async_io::Timer::after(2 * ttl).await;
        assert_eq!((guard.check(), holders(&locks)), (None, 1));
        drop(guard);
        locks.close().await;
        assert_eq!(holders(&locks), 0);
    });
}

#[test]
fn a_guard_survives_a_short_cut_and_reports_a_long_one_before_the_lease_ends() {
    block_on(async {
        let store = Cut::default();
        let locks = manager(store.clone(), "one");
        let ttl = Duration::from_secs(1);
        let guard = locks.hold("a").ttl(ttl).await.unwrap().held().unwrap();
        store.off.store(true, SeqCst);
        async_io::Timer::after(ttl / 2).await;
        store.off.store(false, SeqCst);
        async_io::Timer::after(ttl).await;
        assert_eq!(guard.check(), None, "it was refreshed once the cut was over");

        store.off.store(true, SeqCst);
        let cut = Instant::now();
        let loss = guard.lost().await;
        assert!(matches!(&loss, Loss::Overdue(why) if why.contains("cut off")), "{loss}");
        assert!(cut.elapsed() < ttl, "nobody can be granted before the lease has run out");
    });
}

#[test]
fn a_break_is_learnt_at_once() {
    block_on(async {
        let store = MemoryBackend::new();
        let locks = manager(store.clone(), "one");
        let guard = locks.hold(["a", "b"]).await.unwrap().held().unwrap();
        let one = AgentId::new("one").unwrap();
        let start = Instant::now();
        manager(store, "op").cleanup_agent(one).await.unwrap();
        match guard.lost().await {
            Loss::Reported(lost) => {
                assert_eq!(lost.len(), 2);
                assert_eq!(lost[0].cause, Cause::Cleaned);
            }
            other => panic!("{other}"),
        }
        assert!(start.elapsed() < Duration::from_secs(60), "the lease is five minutes");
    });
}

/// Most guards are held for a moment: they cost no task, no timer and no listener.
#[test]
fn a_guard_that_is_held_for_a_moment_asks_for_no_news_and_one_that_is_held_does() {
    block_on(async {
        let store = Cut::default();
        let locks = manager(store.clone(), "one");
        for _ in 0..10 {
            let (begun, asked) = (Instant::now(), store.asked.load(SeqCst));
            let guard = locks.hold("a").await.unwrap().held().unwrap();
            // Long enough for a keeper to begin, if there were one.
            async_io::Timer::after(Duration::from_millis(10)).await;
            let asked_since = store.asked.load(SeqCst) - asked;
            // On a machine that was held up, it was no moment.
            if begun.elapsed() < Duration::from_millis(100) {
                assert_eq!(asked_since, 0);
            }
            guard.release().await.unwrap();
        }
        store.asked.store(0, SeqCst);
        let guard = locks.hold("a").await.unwrap().held().unwrap();
        let start = Instant::now();
        while store.asked.load(SeqCst) == 0 {
            assert!(start.elapsed() < Duration::from_secs(60), "nobody keeps the guard");
            async_io::Timer::after(Duration::from_millis(10)).await;
        }
        guard.release().await.unwrap();
    });
}

#[test]
fn a_guard_releases_only_its_own() {
    block_on(async {
        let store = MemoryBackend::new();
        let one = manager(store.clone(), "one");
        let guard = one.hold("a").await.unwrap().held().unwrap();
        manager(store.clone(), "op").cleanup_agent(one.agent().clone()).await.unwrap();
        let two = manager(store, "two");
        let theirs = two.hold("a").await.unwrap().held().unwrap();
        guard.release().await.unwrap();
        assert_eq!((theirs.check(), holders(&two)), (None, 1));
    });
}

#[test]
fn a_dropped_wait_leaves_the_line_at_once() {
    block_on(async {
        let store = MemoryBackend::new();
        let guard = manager(store.clone(), "one").hold("a").await.unwrap().held().unwrap();
        let two = manager(store, "two");
        let wait = two.acquire("a").wait(Duration::from_secs(60)).into_future();
        let soon = async {
            async_io::Timer::after(Duration::from_millis(50)).await;
            None
        };
        let waited = futures_lite::future::or(async { Some(wait.await) }, soon).await;
        assert!(waited.is_none());
        two.close().await;
        assert!(two.who_has("a").await.unwrap().waiting.is_empty());
        drop(guard);
    });
}

#[test]
fn a_waiting_guard_gets_what_is_released() {
    block_on(async {
        let store = MemoryBackend::new();
        let guard = manager(store.clone(), "one").hold("a").await.unwrap().held().unwrap();
        let two = manager(store, "two");
        let wait = async { two.hold("a").wait(Duration::from_secs(60)).await };
        let give = async {
            async_io::Timer::after(Duration::from_millis(30)).await;
            guard.release().await
        };
        let (got, gave) = futures_lite::future::zip(wait, give).await;
        gave.unwrap();
        assert_eq!(got.unwrap().held().unwrap().leases().patterns().count(), 1);
    });
}

#[test]
fn finishing_says_what_was_lost_and_lets_go_of_the_rest() {
    block_on(async {
        let store = MemoryBackend::new();
        let locks = manager(store.clone(), "one");
        let guard = locks.hold(["a", "b"]).await.unwrap().held().unwrap();
        let a = "a".parse::<Pattern>().unwrap();
        let reason = Reason::new("stuck").unwrap();
        let broken = Break { by: "op@here".to_owned(), targets: vec![a.into()], reason };
        manager(store.clone(), "op").execute(broken).await.unwrap();
        match guard.finish().await.unwrap() {
            Some(Loss::Reported(lost)) => {
                let lost: Vec<_> =
                    lost.iter().map(|lost| (lost.pattern.as_str(), lost.cause)).collect();
                assert_eq!(lost, [("a", Cause::Broken)]);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(holders(&locks), 0);
        let guard = locks.hold(["a", "b"]).await.unwrap().held().unwrap();
        assert_eq!(guard.finish().await.unwrap(), None);
    });
}

/// A directory that was deleted, a server that was restarted without its data: the new store has never
/// heard of the grant, but the guard has.
#[test]
fn a_guard_never_says_that_it_never_held_its_locks() {
    block_on(async {
        let store = Cut::default();
        let locks = manager(store.clone(), "one");
        let guard = locks.hold("a").await.unwrap().held().unwrap();
        store.anew.store(true, SeqCst);
        match guard.finish().await.unwrap() {
            Some(Loss::Reported(lost)) => assert_eq!(lost[0].cause, Cause::Unknown),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_guard_lives_with_another_process_too_but_is_shown_with_its_own() {
    block_on(async {
        let host = Host::current();
        let locks = manager(MemoryBackend::new(), "one");
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let theirs = host.process(child.id()).unwrap();
        let guard = locks.hold("a").await.unwrap().held().unwrap();
        guard.live_with(theirs.clone()).await.unwrap();
        guard.live_with(theirs.clone()).await.unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let recorded = locks.who_has("a").await.unwrap().locks.remove(0).processes;
        assert_eq!(recorded, [host.this_process().unwrap(), theirs]);
    });
}
