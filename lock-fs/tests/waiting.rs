//! Whoever waits hears the bell, and looks from time to time where there is none.
#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

use std::{
    fs,
    path::Path,
    sync::mpsc,
    time::{Duration, Instant},
};

use futures_lite::future::block_on;
use lock_core::{LockBackend as _, LockManager, LockScope, Scope, Version};
use lock_fs::FsBackend;
use tempfile::TempDir;

/// Nothing looks in between: whoever returns earlier has heard something.
const LIMIT: Duration = Duration::from_secs(60);
/// A slow machine is no failure, and neither is the end of the limit a success.
const HEARD: Duration = Duration::from_secs(50);

fn open(dir: &Path, notification: bool) -> FsBackend {
    FsBackend::options().notification(notification).open(dir.join("locks")).unwrap()
}

fn agent(dir: &Path, name: &str) -> LockManager {
    LockManager::new(open(dir, true), name).unwrap()
}

fn grant(locks: &LockManager, path: &str) {
    let _ = block_on(locks.acquire(path).into_future()).unwrap().held().unwrap();
}

fn version(store: &FsBackend) -> Version {
    block_on(store.view(&Scope::of(LockScope::None))).unwrap().version
}

/// Waits in a thread of its own; says when it waits, and then how long it took.
fn waits(store: &FsBackend, times: &mpsc::Sender<Duration>) {
    let (store, times, seen) = (store.clone(), times.clone(), version(store));
    std::thread::spawn(move || {
        let begun = Instant::now();
        let now = block_on(store.changed(seen, LIMIT)).unwrap();
        times.send(if now == seen { Duration::MAX } else { begun.elapsed() }).unwrap();
    });
}

/// Long enough for a thread to fall asleep; if it is not, the test tries less, and fails no more.
fn settle() {
    std::thread::sleep(Duration::from_millis(200));
}

#[test]
fn a_change_by_another_is_heard() {
    let dir = TempDir::new().unwrap();
    let other = agent(dir.path(), "other");
    grant(&other, "a");
    let store = open(dir.path(), true);
    let (sender, times) = mpsc::channel();
    for path in ["b", "c", "d"] {
        waits(&store, &sender);
        settle();
        grant(&other, path);
        assert!(times.recv().unwrap() < HEARD, "{path}");
    }
}

/// The kernel tells only one of them; that one tells the others.
#[test]
fn all_who_wait_in_one_process_hear_one_change() {
    let dir = TempDir::new().unwrap();
    let other = agent(dir.path(), "other");
    grant(&other, "a");
    let store = open(dir.path(), true);
    let (sender, times) = mpsc::channel();
    (0..20).for_each(|_| waits(&store, &sender));
    settle();
    grant(&other, "b");
    assert!((0..20).all(|_| times.recv().unwrap() < HEARD));
}

#[test]
fn a_store_that_is_just_being_made_is_heard() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path(), true);
    let (sender, times) = mpsc::channel();
    waits(&store, &sender);
    settle();
    grant(&agent(dir.path(), "other"), "a");
    assert!(times.recv().unwrap() < HEARD);
}

#[test]
fn a_bell_that_is_taken_away_is_replaced() {
    let dir = TempDir::new().unwrap();
    let other = agent(dir.path(), "other");
    grant(&other, "a");
    let store = open(dir.path(), true);
    let (sender, times) = mpsc::channel();
    waits(&store, &sender);
    settle();
    fs::remove_file(dir.path().join("locks/bell")).unwrap();
    settle();
    // The one who rings still has the old one open.
    grant(&other, "b");
    assert!(times.recv().unwrap() < HEARD);
    assert!(dir.path().join("locks/bell").exists());
}

#[test]
fn a_store_that_is_removed_is_noticed() {
    let dir = TempDir::new().unwrap();
    grant(&agent(dir.path(), "other"), "a");
    let store = open(dir.path(), true);
    let (sender, times) = mpsc::channel();
    waits(&store, &sender);
    settle();
    fs::remove_dir_all(dir.path().join("locks")).unwrap();
    assert!(times.recv().unwrap() < HEARD);
}

#[test]
fn without_notification_a_change_is_found_by_looking() {
    let dir = TempDir::new().unwrap();
    let other = agent(dir.path(), "other");
    grant(&other, "a");
    let store = open(dir.path(), false);
    let (sender, times) = mpsc::channel();
    for path in ["b", "c"] {
        waits(&store, &sender);
        settle();
        // Nobody could hear it.
        fs::remove_file(dir.path().join("locks/bell")).unwrap();
        grant(&other, path);
        assert!(times.recv().unwrap() < HEARD, "{path}");
    }
}

#[test]
fn where_nothing_changes_the_limit_ends_it() {
    let dir = TempDir::new().unwrap();
    grant(&agent(dir.path(), "other"), "a");
    for notification in [true, false] {
        let store = open(dir.path(), notification);
        let seen = version(&store);
        let begun = Instant::now();
        let limit = Duration::from_millis(150);
        assert_eq!(block_on(store.changed(seen, limit)).unwrap(), seen);
        assert!(begun.elapsed() >= limit);
    }
}
