//! A server that ends and comes back, with what it kept.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once")]

mod server;

use std::time::{Duration, Instant};

use lock_core::{Cause, ListFilter, LockBackend as _, LockManager, Version};
use server::Server;

#[tokio::test]
async fn one_that_writes_each_step_down_has_lost_nothing() {
    let mut server =
        Server::with(&["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
    let locks = LockManager::new(server.open("n").await, "one").unwrap();
    let leases = locks.acquire(["a", "b"]).await.unwrap().held().unwrap();
    for _ in 0..3 {
        server.kill();
        assert!(locks.list(ListFilter::default()).await.is_err());
        server.restart();
        assert_eq!(locks.refresh(["a", "b"]).await.unwrap().lost, []);
    }
    let other = LockManager::new(server.open("n").await, "two").unwrap();
    assert!(other.acquire("a").await.unwrap().held().is_err());
    let more = locks.acquire("c").await.unwrap().held().unwrap();
    assert!(more.token() > leases.token());
    assert_eq!(locks.release(&leases).await.unwrap().released.len(), 2);
}

#[tokio::test]
async fn one_that_keeps_nothing_has_lost_all_and_says_so() {
    let mut server = Server::start();
    let locks = LockManager::new(server.open("n").await, "one").unwrap();
    let leases = locks.acquire("a").await.unwrap().held().unwrap();
    server.kill();
    server.restart();
    // This client still believes that it holds the lock. The server cannot even know that somebody
    // did; lost it is all the same.
    let lost = locks.refresh("a").await.unwrap().lost;
    assert_eq!(lost.iter().map(|lost| lost.cause).collect::<Vec<_>>(), [Cause::NeverHeld]);
    let again = locks.acquire("a").await.unwrap().held().unwrap();
    assert!(again.any_fresh() && again.token() > leases.token());
}

#[tokio::test]
async fn who_listens_hears_again_after_a_restart() {
    let mut server = Server::start();
    let store = std::sync::Arc::new(server.open("n").await);
    let locks = LockManager::new(std::sync::Arc::clone(&store), "one").unwrap();
    let none = store.changed(Version::new(0), Duration::ZERO).await.unwrap();
    server.kill();
    server.restart();
    // It is the server who tells them, and not a look now and then.
    let end = Instant::now() + Duration::from_secs(60);
    while !server.say(&["PUBSUB", "NUMSUB", "{lockctl:n}:changed"]).ends_with(":1\r\n") {
        store.changed(none, Duration::ZERO).await.unwrap();
        assert!(Instant::now() < end, "nobody listens again");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..3 {
        let seen = store.changed(none, Duration::ZERO).await.unwrap();
        let waiter = std::sync::Arc::clone(&store);
        let heard =
            tokio::spawn(async move { waiter.changed(seen, Duration::from_secs(60)).await });
        let leases = locks.acquire("a").await.unwrap().held().unwrap();
        assert_ne!(heard.await.unwrap().unwrap(), seen);
        locks.release(&leases).await.unwrap();
    }
}
