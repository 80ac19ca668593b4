//! Looking without taking: a stranger's question, and waiting for a path to be free.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on says so at once")]

use std::{
    future::IntoFuture as _,
    thread,
    time::{Duration, Instant},
};

use futures_lite::future::block_on;
use lock_core::{Error, ErrorKind, LockManager, MemoryBackend};

fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorKind {
    match result.unwrap_err() {
        Error::Backend(error) => error.kind(),
        other => panic!("{other:?}"),
    }
}

/// A stranger is nobody's other self: it is told of every lock, and can hold none.
#[test]
fn a_stranger_meets_every_lock_and_holds_none() {
    let store = MemoryBackend::new();
    let one = LockManager::new(store.clone(), "one").unwrap();
    let anyone = LockManager::stranger(store);
    block_on(async {
        let _ = one.acquire("a.rs").await.unwrap();
        assert_eq!(anyone.check(anyone.acquire("a.rs")).await.unwrap().conflicts.len(), 1);
        assert_eq!(kind(anyone.acquire("b.rs").await), ErrorKind::Invalid);
        assert_eq!(kind(anyone.release("a.rs").await), ErrorKind::Invalid);
        assert_eq!(kind(anyone.refresh("a.rs").await), ErrorKind::Invalid);
        assert_eq!(anyone.list(Default::default()).await.unwrap().locks.len(), 1);
    });
}

#[test]
fn waiting_until_free_ends_with_the_release_and_takes_nothing() {
    let store = MemoryBackend::new();
    let one = LockManager::new(store.clone(), "one").unwrap();
    let two = LockManager::new(store, "two").unwrap();
    let _ = block_on(one.acquire("a.rs").into_future()).unwrap();
    let start = Instant::now();
    let release = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        block_on(one.release("a.rs")).unwrap();
    });
    let request = two.acquire("a.rs").wait(Duration::from_secs(30));
    assert!(block_on(two.wait_until_free(request)).unwrap().is_empty());
    assert!((50..5_000).contains(&start.elapsed().as_millis()));
    assert!(block_on(two.who_has("a.rs")).unwrap().locks.is_empty());
    release.join().unwrap();
}

#[test]
fn waiting_until_free_gives_up_in_time_and_says_what_stands_against_it() {
    let store = MemoryBackend::new();
    let one = LockManager::new(store.clone(), "one").unwrap();
    let two = LockManager::new(store, "two").unwrap();
    let _ = block_on(one.acquire("a.rs").into_future()).unwrap();
    for limit in [Duration::ZERO, Duration::from_millis(30)] {
        let request = two.acquire("a.rs").wait(limit);
        assert_eq!(block_on(two.wait_until_free(request)).unwrap().conflicts.len(), 1);
    }
}

/// Or a killed waiter would hold up the line until its place runs out.
#[test]
fn a_waiter_is_known_by_its_process() {
    let store = MemoryBackend::new();
    let one = LockManager::new(store.clone(), "one").unwrap();
    let two = LockManager::new(store, "two").unwrap();
    let _ = block_on(one.acquire("a.rs").into_future()).unwrap();
    let request = two.acquire("a.rs").wait(Duration::from_secs(30));
    let waiting = thread::spawn(move || block_on(request.into_future()).unwrap());
    let waiter = loop {
        if let Some((waiter, _)) = block_on(one.who_has("a.rs")).unwrap().waiting.pop() {
            break waiter;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let this = lock_core::host::Host::current().this_process().ok();
    assert_eq!(waiter.processes, Vec::from_iter(this));
    block_on(one.release("a.rs")).unwrap();
    let granted = waiting.join().unwrap().held().unwrap();
    assert!(granted.iter().all(|granted| granted.lock.processes.is_empty()));
}
