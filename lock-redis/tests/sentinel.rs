//! A primary that others know of, and what a failover does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so at once"
)]

mod dozen;
mod server;

use std::time::{Duration, Instant};

use dozen::{At, a_dozen_scenarios};
use lock_core::{Cause, ErrorKind, LockManager};
use lock_redis::RedisBackend;
use server::{Server, free_port, sentinel::FakeSentinel};

/// A primary, a replica, and three sentinels that watch them.
struct Watched {
    primary: Server,
    replica: Server,
    sentinels: Vec<Server>,
}

impl Watched {
    fn start() -> Self {
        let primary = Server::start();
        let port = primary.port.to_string();
        let replica = Server::with(&["--save", "", "--replicaof", "127.0.0.1", &port]);
        replica.wait_for("replication", "master_link_status:up");
        let sentinels: Vec<_> = (0..3).map(|_| Server::sentinel_of(&port)).collect();
        for sentinel in &sentinels {
            sentinel.wait_for("sentinel", "slaves=1,sentinels=3");
        }
        Self { primary, replica, sentinels }
    }

    fn url(&self) -> String {
        let hosts: Vec<_> =
            self.sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port)).collect();
        format!("redis+sentinel://{}/main?namespace=n", hosts.join(","))
    }
}

fn start() -> At {
    let watched = Watched::start();
    At::new(watched.url(), watched)
}

a_dozen_scenarios!(start);

async fn agent(url: &str, name: &str) -> LockManager {
    LockManager::new(RedisBackend::connect(url).await.unwrap(), name).unwrap()
}

#[tokio::test]
async fn after_a_promotion_the_same_url_works_again() {
    let mut watched = Watched::start();
    let url = watched.url();
    let (one, two) = (agent(&url, "one").await, agent(&url, "two").await);
    let leases = one.acquire("a").ttl(Duration::from_secs(600)).await.unwrap().held().unwrap();
    // The replica has heard of it.
    assert!(watched.primary.say(&["WAIT", "1", "30000"]).starts_with(":1"));
    // Somebody waits through it all.
    let mut lost_sight = 0;
    watched.primary.kill();
    let end = Instant::now() + Duration::from_secs(60);
    let lost = loop {
        match one.refresh("a").await {
            Ok(refreshed) => break refreshed.lost,
            Err(error) => {
                lost_sight += 1;
                assert!(Instant::now() < end, "{error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    };
    assert!(lost_sight > 0, "nobody can answer before the promotion");
    assert_eq!(lost, []);
    assert!(watched.replica.say(&["ROLE"]).contains("master"));
    // Who has not asked since finds the new primary all the same, and so do newcomers.
    assert!(two.acquire("a").await.unwrap().held().is_err());
    let more = agent(&url, "three").await.acquire("b").await.unwrap().held().unwrap();
    assert!(more.token() > leases.token());
    assert_eq!(one.release(&leases).await.unwrap().released.len(), 1);
}

#[tokio::test]
async fn a_grant_that_was_not_replicated_is_lost_and_its_token_is_the_lower_one() {
    let (mut primary, other) = (Server::start(), Server::start());
    let sentinel = FakeSentinel::start(primary.port);
    let url = sentinel.url();
    let one = agent(&url, "one").await;
    let first = one.acquire("a").await.unwrap().held().unwrap();
    // What follows is what an asynchronous failover can come to: the promoted one has not heard.
    primary.kill();
    sentinel.name(other.port);
    let second = agent(&url, "two").await.acquire("a").await.unwrap().held().unwrap();
    assert!(second.token() > first.token(), "whoever checks tokens refuses the first");
    let lost = one.refresh("a").await.unwrap().lost;
    assert_eq!(lost.len(), 1);
    assert!(matches!(lost[0].cause, Cause::NeverHeld | Cause::TakenOver), "{lost:?}");
}

#[tokio::test]
async fn a_sentinel_that_does_not_answer_does_not_use_up_the_time() {
    let primary = Server::start();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let sentinel = FakeSentinel::start(primary.port);
    let (silent, dead) = (silent.local_addr().unwrap().port(), free_port());
    let hosts = format!("127.0.0.1:{silent},127.0.0.1:{dead},127.0.0.1:{}", sentinel.port);
    let locks = agent(&format!("redis+sentinel://{hosts}/main"), "one").await;
    assert!(locks.acquire("a").await.unwrap().held().is_ok());
}

#[tokio::test]
async fn one_that_is_no_primary_is_not_believed() {
    let primary = Server::start();
    let port = primary.port.to_string();
    let replica = Server::with(&["--save", "", "--replicaof", "127.0.0.1", &port]);
    replica.wait_for("replication", "master_link_status:up");
    let sentinel = FakeSentinel::start(replica.port);
    let error = RedisBackend::connect(&sentinel.url()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("is not the primary"), "{error}");
    sentinel.name(primary.port);
    let locks = agent(&sentinel.url(), "one").await;
    assert!(locks.acquire("a").await.unwrap().held().is_ok());
    // It is demoted while the connection stands: the next look finds its successor.
    assert!(replica.say(&["REPLICAOF", "NO", "ONE"]).starts_with("+OK"));
    assert!(primary.say(&["REPLICAOF", "127.0.0.1", &replica.port.to_string()]).starts_with("+OK"));
    sentinel.name(replica.port);
    let first = locks.acquire("b").await;
    assert!(first.is_ok() || locks.acquire("b").await.is_ok(), "{first:?}");
}

#[tokio::test]
async fn no_sentinel_and_no_such_service_are_told_apart() {
    let none = format!("redis+sentinel://u:s3cret@127.0.0.1:{}/main", free_port());
    let sentinel = FakeSentinel::start(1);
    let unknown = sentinel.url().replace("/main", "/other");
    for (url, said) in [(none, "cannot be reached"), (unknown, "knows no such service")] {
        let error = RedisBackend::connect(&url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(
            error.to_string().contains(said) && !error.to_string().contains("s3cret"),
            "{error}"
        );
    }
}
