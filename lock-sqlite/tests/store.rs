//! What one process sees of the store.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test reports")]

use std::time::Duration;

use futures_lite::future::block_on;
use lock_core::{Cause, Grant, ListFilter, LockBackend as _, LockManager, Scope, Version};
use lock_sqlite::SqliteBackend;

fn manager(dir: &tempfile::TempDir, agent: &str) -> LockManager {
    let backend = SqliteBackend::open(dir.path().join("locks.db")).unwrap();
    LockManager::new(backend, agent).unwrap()
}

#[test]
fn two_connections_see_one_namespace() {
    let dir = tempfile::tempdir().unwrap();
    block_on(async {
        let (one, two) = (manager(&dir, "one"), manager(&dir, "two"));
        let held = one
            .acquire(["src/a.rs", "doc/**"])
            .reason(String::from("both"))
            .await
            .unwrap()
            .held()
            .unwrap();
        assert!(matches!(two.acquire("src/*.rs").await.unwrap(), Grant::Refused(_)));
        assert!(matches!(two.acquire("doc/x").await.unwrap(), Grant::Refused(_)));
        let grant = two.acquire("src/b.rs").await.unwrap().held().unwrap();
        assert!(grant.iter().next().unwrap().lock.token > held.iter().next().unwrap().lock.token);
        assert_eq!(two.who_has("**").await.unwrap().locks.len(), 3);
        assert_eq!(one.release(&held).await.unwrap().released.len(), 2);
        let lost = one.refresh("src/a.rs").await.unwrap().lost;
        assert_eq!(lost[0].cause, Cause::Released);
        assert!(matches!(two.acquire("src/*.rs").await.unwrap(), Grant::Held(_)));
    });
}

#[test]
fn a_store_survives_its_process() {
    let dir = tempfile::tempdir().unwrap();
    block_on(async {
        drop(
            manager(&dir, "one")
                .acquire("a.rs")
                .shared()
                .reason(String::from("why"))
                .await
                .unwrap(),
        );
        let list = manager(&dir, "two").list(ListFilter::default()).await.unwrap();
        let (lock, stale) = &list.locks[0];
        assert_eq!((lock.agent.as_str(), lock.pattern.as_str(), *stale), ("one", "a.rs", false));
        assert_eq!(lock.reason.as_ref().unwrap().as_str(), "why");
    });
}

#[test]
fn a_change_is_heard_across_connections() {
    let dir = tempfile::tempdir().unwrap();
    let one = SqliteBackend::open(dir.path().join("locks.db")).unwrap();
    let two = manager(&dir, "two");
    block_on(async {
        let seen = one.view(&Scope::default()).await.unwrap().version;
        assert_eq!(seen, Version::default());
        let limit = Duration::from_millis(50);
        assert_eq!(one.changed(seen, limit).await.unwrap(), seen);
        let waits = one.changed(seen, Duration::from_secs(20));
        let acts = async {
            async_io::Timer::after(Duration::from_millis(50)).await;
            let _ = two.acquire("a.rs").await.unwrap();
            std::time::Instant::now()
        };
        let (version, acted) = futures_lite::future::zip(waits, acts).await;
        assert!(version.unwrap() > seen);
        assert!(acted.elapsed() < Duration::from_secs(5), "{:?}", acted.elapsed());
    });
}
