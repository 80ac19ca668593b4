//! A cluster of three nodes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so at once"
)]

mod dozen;
mod server;

use std::{sync::Arc, time::Duration};

use dozen::{At, a_dozen_scenarios};
use lock_core::{ErrorKind, LockBackend as _, LockManager, Version};
use lock_redis::RedisBackend;
use server::{
    Server,
    cluster::{Cluster, SLOTS},
};

fn start() -> At {
    let cluster = Cluster::start();
    At::new(cluster.url("n"), cluster)
}

a_dozen_scenarios!(start);

async fn agent(url: &str, name: &str) -> LockManager {
    LockManager::new(RedisBackend::connect(url).await.unwrap(), name).unwrap()
}

/// Three namespaces, one on each node; whichever node is asked first.
#[tokio::test]
async fn any_node_leads_to_the_one_that_has_the_keys() {
    let cluster = Cluster::start();
    for owner in 0..3 {
        let namespace = cluster.namespace_on(owner);
        let other = agent(&cluster.url(&namespace), "other").await;
        for (asked, node) in cluster.nodes.iter().enumerate() {
            let path = format!("f{asked}");
            let url = format!("redis+cluster://127.0.0.1:{}?namespace={namespace}", node.port);
            let locks = agent(&url, "one").await;
            let leases = locks.acquire([path.as_str()]).await.unwrap().held().unwrap();
            assert!(other.acquire([path.as_str()]).await.unwrap().held().is_err());
            assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
        }
    }
}

#[tokio::test]
async fn without_the_scheme_it_says_which_one_is_meant() {
    let cluster = Cluster::start();
    let namespace = cluster.namespace_on(1);
    let url = format!("redis://127.0.0.1:{}?namespace={namespace}", cluster.nodes[0].port);
    match agent(&url, "one").await.acquire("a").await.unwrap_err() {
        lock_core::Error::Backend(error) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("redis+cluster://"), "{error}");
        }
        other => panic!("{other}"),
    }
}

/// The news comes from whichever node it is published on.
#[tokio::test]
async fn who_waits_is_told() {
    let cluster = Cluster::start();
    for owner in 0..3 {
        let url = cluster.url(&cluster.namespace_on(owner));
        let locks = agent(&url, "one").await;
        let listener = Arc::new(RedisBackend::connect(&url).await.unwrap());
        let mut told = 0;
        for round in 0..5 {
            let seen = listener.changed(Version::new(0), Duration::ZERO).await.unwrap();
            let waiting = Arc::clone(&listener);
            let task = tokio::spawn(async move {
                let begun = std::time::Instant::now();
                waiting.changed(seen, Duration::from_secs(60)).await.unwrap();
                begun.elapsed()
            });
            tokio::time::sleep(Duration::from_millis(100)).await;
            let path = format!("f{round}");
            let _ = locks.acquire([path.as_str()]).await.unwrap().held().unwrap();
            // The look behind it comes only every second.
            told += u32::from(task.await.unwrap() < Duration::from_millis(900));
        }
        assert!(told >= 3, "told {told} times of 5 on node {owner}");
    }
}

/// Locks are taken and let go all the while their slot goes from node to node and back.
#[tokio::test]
async fn a_slot_that_moves_loses_no_lock_and_no_step() {
    let cluster = Arc::new(Cluster::start());
    let namespace = cluster.namespace_on(0);
    let url = format!("{}&timeout=10s", cluster.url(&namespace));
    let (one, two) = (agent(&url, "one").await, agent(&url, "two").await);
    let held = one.acquire("held").await.unwrap().held().unwrap();
    let moving = {
        let (cluster, namespace) = (Arc::clone(&cluster), namespace.clone());
        tokio::task::spawn_blocking(move || {
            for (from, to) in [(0, 1), (1, 2), (2, 0)] {
                cluster.move_slot(&namespace, from, to, Duration::from_millis(200));
            }
        })
    };
    let mut cycles = 0;
    let mut last = held.token();
    while !moving.is_finished() || cycles < 3 {
        let leases = two.acquire("a").await.unwrap().held().unwrap();
        assert!(leases.token() > last);
        last = leases.token();
        assert!(one.acquire("a").await.unwrap().held().is_err());
        assert_eq!(two.release(&leases).await.unwrap().released.len(), 1);
        assert!(two.acquire("held").await.unwrap().held().is_err());
        cycles += 1;
    }
    moving.await.unwrap();
    assert_eq!(one.refresh("held").await.unwrap().lost, []);
}

/// Half of the slot's keys are here, none there: what needs one key that is not here is asked for
/// there.
#[tokio::test]
async fn a_key_that_has_left_already_is_asked_for_where_it_goes() {
    let cluster = Cluster::start();
    let namespace = cluster.namespace_on(0);
    let url = cluster.url(&namespace);
    // Without a listener, it has to look.
    let store = RedisBackend::connect(&format!("{url}&notifications=false")).await.unwrap();
    let locks = LockManager::new(RedisBackend::connect(&url).await.unwrap(), "one").unwrap();
    let _ = locks.acquire("a").await.unwrap().held().unwrap();
    let none = Version::new(0);
    let version = store.changed(none, Duration::ZERO).await.unwrap();
    assert_ne!(version, none);
    let slot = cluster.slot(&namespace).to_string();
    assert!((0..SLOTS).contains(&slot.parse().unwrap()));
    let (from, to) = (&cluster.nodes[0], &cluster.nodes[1]);
    Cluster::announce(from, to, &slot);
    Cluster::carry(from, to, &slot);
    let asked_before = asked(to);
    assert_eq!(store.changed(none, Duration::ZERO).await.unwrap(), version);
    assert!(asked(to) > asked_before);
}

fn asked(node: &Server) -> u64 {
    let stats = node.say(&["INFO", "commandstats"]);
    let line = stats.lines().find_map(|line| line.strip_prefix("cmdstat_asking:calls="));
    line.and_then(|rest| rest.split(',').next()).map_or(0, |calls| calls.parse().unwrap())
}
