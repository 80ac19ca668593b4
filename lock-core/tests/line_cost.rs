//! What a line costs while it is served, in counts that no noise can trip.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once")]

use std::{
    fmt,
    future::IntoFuture as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use async_trait::async_trait;
use futures_lite::future::block_on;
use lock_core::{
    Action, Answer, BackendError, Command, ListFilter, LockBackend, LockManager, MemoryBackend,
    Outcome, Scope, Version, View,
};

const WAITERS: usize = 30;

/// One to be served, and a few because it looks now and then whatever it is told. When everybody
/// looked at everybody on every change, it was more than 30 each.
const LOOKS: usize = 6;

#[derive(Debug)]
struct Counting {
    store: MemoryBackend,
    asked: AtomicUsize,
    /// Grants of those who looked at nobody behind them.
    narrow: AtomicUsize,
}

impl Counting {
    fn new() -> Self {
        let (asked, narrow) = Default::default();
        Self { store: MemoryBackend::new(), asked, narrow }
    }
}

impl fmt::Display for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

#[async_trait]
impl LockBackend for Counting {
    async fn execute(&self, command: &Command) -> Result<Outcome, BackendError> {
        if matches!(command.action, Action::Acquire(_)) {
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
        let outcome = self.store.execute(command).await?;
        if matches!(outcome.answer, Answer::Granted(_)) && !command.scope().waiters {
            self.narrow.fetch_add(1, Ordering::Relaxed);
        }
        Ok(outcome)
    }

    async fn view(&self, scope: &Scope) -> Result<View, BackendError> {
        self.store.view(scope).await
    }

    async fn changed(&self, seen: Version, limit: Duration) -> Result<Version, BackendError> {
        self.store.changed(seen, limit).await
    }
}

#[test]
fn who_stands_behind_another_looks_at_that_one_only() {
    let store = Arc::new(Counting::new());
    let holder = LockManager::new(Arc::clone(&store), "holder").unwrap();
    let held = block_on(holder.acquire("hot").into_future()).unwrap().held().unwrap();
    let waiting = ListFilter { waiting: true, ..ListFilter::default() };
    let waiters: Vec<_> = (0..WAITERS)
        .map(|number| {
            let locks = LockManager::new(Arc::clone(&store), format!("w{number}")).unwrap();
            let waiter = thread::spawn(move || {
                block_on(async {
                    let grant = locks.acquire("hot").wait(Duration::from_secs(60)).await.unwrap();
                    thread::sleep(Duration::from_millis(5));
                    let _ = locks.release(&grant.held().unwrap()).await.unwrap();
                });
            });
            // One after another, so that each knows who stands ahead.
            while block_on(holder.list(waiting.clone())).unwrap().waiting.len() <= number {
                thread::sleep(Duration::from_millis(1));
            }
            waiter
        })
        .collect();
    store.asked.store(0, Ordering::Relaxed);
    let _ = block_on(holder.release(&held)).unwrap();
    waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    let asked = store.asked.load(Ordering::Relaxed);
    assert!(asked >= WAITERS, "{asked}: who was granted?");
    assert!(asked <= WAITERS * LOOKS, "{asked} looks by {WAITERS} waiters");
    // But those who looked at all just then because it was time to.
    let narrow = store.narrow.load(Ordering::Relaxed);
    assert!(narrow > WAITERS / 2, "{narrow} of {WAITERS} looked only at what is theirs");
}
