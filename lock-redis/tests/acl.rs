//! The documented rights are enough, and none is too many.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so at once"
)]

mod dozen;
mod server;

use std::{collections::BTreeSet, time::Duration};

use dozen::{At, a_dozen_scenarios};
use lock_core::{
    Break, Cleanup, EndingScope, LockBackend, LockManager, LockScope, Pattern, Removal, Scope,
    Target, Version,
};
use lock_redis::RedisBackend;
use server::Server;

const DOCUMENT: &str = include_str!("../../docs/redis.md");

/// The words of the command in the document.
fn documented() -> Vec<&'static str> {
    let from = DOCUMENT.find("ACL SETUSER lockctl").unwrap();
    let text = &DOCUMENT[from..];
    text[..text.find("```").unwrap()].split_whitespace().collect()
}

fn rights() -> BTreeSet<&'static str> {
    documented().into_iter().filter_map(|word| word.strip_prefix('+')).collect()
}

fn server_with_the_user() -> Server {
    let server = Server::start();
    assert!(server.say(&documented()).starts_with("+OK"));
    server
}

fn url(server: &Server) -> String {
    format!("redis://lockctl:PASSWORD@127.0.0.1:{}?namespace=shop", server.port)
}

fn start() -> At {
    let server = server_with_the_user();
    At::new(url(&server), server)
}

a_dozen_scenarios!(start);

/// Everything that a backend can be asked for.
async fn everything(server: &Server, url: &str) {
    let store = std::sync::Arc::new(RedisBackend::connect(url).await.unwrap());
    let one = LockManager::new(std::sync::Arc::clone(&store), "one").unwrap();
    let two = LockManager::new(RedisBackend::connect(url).await.unwrap(), "two").unwrap();
    let leases = one.acquire(["a", "b/*"]).await.unwrap().held().unwrap();
    assert!(two.acquire("a").await.unwrap().held().is_err());
    let waiter = {
        let two = two.clone();
        tokio::spawn(async move { two.acquire("a").wait(Duration::from_secs(60)).await })
    };
    while one
        .list(lock_core::ListFilter { waiting: true, ..Default::default() })
        .await
        .unwrap()
        .waiting
        .is_empty()
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(one.refresh(["a", "b/*"]).await.unwrap().lost, []);
    assert_eq!(one.release(&leases).await.unwrap().released.len(), 2);
    let taken = waiter.await.unwrap().unwrap().held().unwrap();
    // A record that cannot be read is set aside when it is broken.
    let id = taken.iter().next().unwrap().lock.id.to_string();
    assert!(server.say(&["HSET", "{lockctl:shop}:data", &id, "torn"]).starts_with(':'));
    let targets = vec![Target::from(Pattern::parse("a").unwrap())];
    let reason = lock_core::Reason::new("torn").unwrap();
    let broken = one.execute(Break { by: "me".to_owned(), targets, reason }).await.unwrap();
    assert!(broken.changed);
    let what = Removal::Agent(lock_core::AgentId::new("one").unwrap());
    one.execute(Cleanup { by: "me".to_owned(), what, dry_run: false }).await.unwrap();
    let agent = lock_core::AgentId::new("one").unwrap();
    let scope = Scope::of(LockScope::All)
        .with_waiters()
        .with_history(Version::new(0))
        .with_endings(EndingScope::OfHolder(agent, None));
    assert_eq!(store.view(&scope).await.unwrap().locks, []);
    // Whoever waited is told no more once nobody waits.
    while !server.say(&["INFO", "commandstats"]).contains("unsubscribe:") {
        let busy = one.acquire("busy").await.unwrap().held().unwrap();
        one.release(&busy).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The log is cut when it is full.
    let filler = "A 1 1 00 x";
    let mut fill = vec!["RPUSH", "{lockctl:shop}:log"];
    fill.resize(20_102, filler);
    assert!(server.say(&fill).starts_with(':'));
    assert!(one.acquire("c").await.unwrap().held().is_ok());
    // And what does not belong there is named.
    server.say(&["SET", "{lockctl:shop}:log", "squatted"]);
    assert!(one.acquire("d").await.unwrap_err().to_string().contains("is a string"));
}

#[tokio::test]
async fn none_of_the_rights_is_too_many_and_none_is_missing() {
    let server = server_with_the_user();
    server.say(&["CONFIG", "RESETSTAT"]);
    everything(&server, &url(&server)).await;
    let stats = server.say(&["INFO", "commandstats"]);
    let used: BTreeSet<_> = stats
        .lines()
        .filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(':'))
        // Who comes says who it is, and the test has its own way in.
        .filter(|(name, rest)| {
            let by_the_test = ["auth", "config", "config|resetstat", "set", "info", "hello"];
            !by_the_test.contains(name) && !rest.starts_with("calls=0,")
        })
        .map(|(name, _)| name)
        .collect();
    assert_eq!(used, rights());
}

/// The right came later than the others: a user who was set up before goes on hearing of everything.
#[tokio::test]
async fn who_may_not_unsubscribe_hears_of_everything() {
    let server = server_with_the_user();
    assert!(server.say(&["ACL", "SETUSER", "lockctl", "-unsubscribe"]).starts_with("+OK"));
    let one = LockManager::new(RedisBackend::connect(&url(&server)).await.unwrap(), "one").unwrap();
    let two = LockManager::new(RedisBackend::connect(&url(&server)).await.unwrap(), "two").unwrap();
    let _ = one.acquire("a").await.unwrap().held().unwrap();
    let wait = Duration::from_millis(500);
    assert!(two.acquire("a").wait(wait).await.unwrap().held().is_err());
    // Nobody waits any more.
    while !server.say(&["ACL", "LOG"]).contains("unsubscribe") {
        let busy = one.acquire("busy").await.unwrap().held().unwrap();
        one.release(&busy).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let told = server.say(&["PUBSUB", "NUMSUB", "{lockctl:shop}:changed"]);
    assert!(told.trim_end().ends_with(":1"), "{told}");
}

#[tokio::test]
async fn another_namespace_is_out_of_reach() {
    let server = server_with_the_user();
    let other = url(&server).replace("shop", "shopping");
    let locks = LockManager::new(RedisBackend::connect(&other).await.unwrap(), "one").unwrap();
    let text = locks.acquire("a").await.unwrap_err().to_string();
    assert!(text.contains("may not do that") && !text.contains("PASSWORD"), "{text}");
}
