//! The guard: who waits for it, how long, and what is left when somebody goes away.
#![allow(clippy::unwrap_used, reason = "a panic is how a test reports")]

use std::{
    fs::File,
    path::Path,
    time::{Duration, Instant},
};

use futures_lite::{FutureExt as _, future::block_on};
use lock_core::{ErrorKind, Grant, ListFilter, LockManager};
use lock_sqlite::SqliteBackend;

fn agent(dir: &Path, name: &str, patience: u64) -> LockManager {
    let options = SqliteBackend::options().patience(Duration::from_millis(patience));
    LockManager::new(options.open(dir.join("locks.db")).unwrap(), name).unwrap()
}

/// The guard, as a process that will not let go of it has it.
fn seized(dir: &Path) -> File {
    let path = dir.join("locks.db.guard");
    let guard = File::options().read(true).write(true).create(true).truncate(false).open(path);
    let guard = guard.unwrap();
    fs4::FileExt::lock(&guard).unwrap();
    guard
}

fn kind(error: lock_core::Error) -> (ErrorKind, String) {
    match error {
        lock_core::Error::Backend(error) => (error.kind(), error.to_string()),
        other => unreachable!("{other}"),
    }
}

#[test]
fn a_busy_guard_is_waited_for_so_long_and_no_longer() {
    let dir = tempfile::tempdir().unwrap();
    let locks = agent(dir.path(), "one", 300);
    block_on(async {
        let _ = locks.acquire("a.rs").await.unwrap();
        let guard = seized(dir.path());
        let begun = Instant::now();
        let (kind, text) = kind(locks.acquire("b.rs").await.unwrap_err());
        assert_eq!(kind, ErrorKind::Unavailable);
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(290) && took < Duration::from_secs(5), "{took:?}");
        #[cfg(target_os = "linux")]
        assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
        // Looking waits for nobody.
        assert_eq!(locks.list(ListFilter::default()).await.unwrap().locks.len(), 1);
        drop(guard);
        assert!(matches!(locks.acquire("b.rs").await.unwrap(), Grant::Held(_)));
    });
}

/// A step that was given up must not be taken later, when its turn comes.
#[test]
fn a_dropped_wait_takes_and_holds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let locks = agent(dir.path(), "one", 10_000);
    block_on(async {
        let _ = locks.acquire("a.rs").await.unwrap();
        let guard = seized(dir.path());
        let late = async {
            async_io::Timer::after(Duration::from_millis(100)).await;
            None
        };
        let waits = async { Some(locks.acquire("b.rs").await) };
        assert!(waits.or(late).await.is_none(), "nobody can have the guard");
        drop(guard);
        // The one in the kernel's queue comes first, and lets go.
        assert!(matches!(locks.acquire("c.rs").await.unwrap(), Grant::Held(_)));
        let list = locks.list(ListFilter::default()).await.unwrap().locks;
        let held: Vec<&str> = list.iter().map(|(lock, _)| lock.pattern.as_str()).collect();
        assert_eq!(held, ["a.rs", "c.rs"]);
    });
}

/// The shell of sqlite3, say, does not know the guard.
#[test]
fn a_foreign_writer_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let locks = agent(dir.path(), "one", 5_000);
    block_on(async {
        let _ = locks.acquire("a.rs").await.unwrap();
        let foreign = rusqlite::Connection::open(dir.path().join("locks.db")).unwrap();
        foreign.execute_batch("BEGIN IMMEDIATE").unwrap();
        let ends = async {
            async_io::Timer::after(Duration::from_millis(200)).await;
            foreign.execute_batch("COMMIT").unwrap();
        };
        let begun = Instant::now();
        let (grant, ()) =
            futures_lite::future::zip(locks.acquire("b.rs").into_future(), ends).await;
        assert!(matches!(grant.unwrap(), Grant::Held(_)));
        assert!(begun.elapsed() >= Duration::from_millis(200));
    });
}

#[test]
fn a_foreign_writer_that_stays_is_not_waited_for_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let locks = agent(dir.path(), "one", 200);
    block_on(async {
        let _ = locks.acquire("a.rs").await.unwrap();
        let foreign = rusqlite::Connection::open(dir.path().join("locks.db")).unwrap();
        foreign.execute_batch("BEGIN IMMEDIATE").unwrap();
        let (kind, _) = kind(locks.acquire("b.rs").await.unwrap_err());
        assert_eq!(kind, ErrorKind::Unavailable);
        assert_eq!(locks.list(ListFilter::default()).await.unwrap().locks.len(), 1);
    });
}

/// A guard that somebody deletes costs nobody a lock.
#[test]
fn a_deleted_guard_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (agent(dir.path(), "one", 1_000), agent(dir.path(), "two", 1_000));
    block_on(async {
        let _ = one.acquire("a.rs").await.unwrap();
        std::fs::remove_file(dir.path().join("locks.db.guard")).unwrap();
        assert!(matches!(two.acquire("a.rs").await.unwrap(), Grant::Refused(_)));
        assert!(dir.path().join("locks.db.guard").exists());
        // Both stand before the same one again.
        let _guard = seized(dir.path());
        assert!(one.acquire("b.rs").await.is_err() && two.acquire("c.rs").await.is_err());
    });
}
