//! What `doctor` says of a server.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so at once"
)]

mod server;

use lock_core::{Backends, Check, LockManager};
use server::{Server, free_port};

async fn look(url: &str) -> Vec<Check> {
    let backends = Backends::new().with(&lock_redis::SCHEME);
    let checks = backends.inspect_at(url, std::path::Path::new(""), false).await.unwrap();
    for check in &checks {
        assert!(check.ok || !check.hint.is_empty(), "{check:?}");
        assert!(!format!("{check:?}").contains("s3cret"), "{check:?}");
    }
    checks
}

#[track_caller]
fn about<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    let found = checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("nothing about {name}: {checks:?}"))
}

#[tokio::test]
async fn a_plain_server_is_healthy_and_its_costs_are_told() {
    let server = Server::start();
    let locks = LockManager::new(server.open("n").await, "one").unwrap();
    let _ = locks.acquire(["a", "b"]).await.unwrap();
    let checks = look(&server.url("n")).await;
    assert!(checks.iter().all(|check| check.ok), "{checks:?}");
    for (name, said) in [
        ("server", "Redis "),
        ("replication", "so are its locks"),
        ("memory", "noeviction"),
        ("persistence", "a restart loses every lock"),
        ("notifications", "are told"),
        ("clock", "agrees"),
        ("records", "2 locks"),
    ] {
        assert!(about(&checks, name).detail.contains(said), "{checks:?}");
    }
}

#[tokio::test]
async fn what_is_kept_on_disk_is_told_apart() {
    for (arguments, said) in [
        (["--appendonly", "yes", "--save", ""], "append-only file"),
        (["--appendonly", "no", "--save", "3600 1"], "snapshots only"),
    ] {
        let server = Server::with(&arguments);
        let checks = look(&server.url("n")).await;
        let found = about(&checks, "persistence");
        assert!(found.ok && found.detail.contains(said), "{found:?}");
    }
}

#[tokio::test]
async fn an_evicting_policy_is_unhealthy() {
    let server = Server::start();
    for (policy, ok) in [
        ("allkeys-lru", false),
        ("allkeys-random", false),
        ("volatile-lru", true),
        ("noeviction", true),
    ] {
        server.say(&["CONFIG", "SET", "maxmemory-policy", policy]);
        let checks = look(&server.url("n")).await;
        let found = about(&checks, "memory");
        assert_eq!(found.ok, ok, "{found:?}");
        assert!(found.detail.contains(policy), "{found:?}");
    }
}

#[tokio::test]
async fn a_full_server_and_a_replica_are_unhealthy() {
    let server = Server::start();
    let replica =
        Server::with(&["--save", "", "--replicaof", "127.0.0.1", &server.port.to_string()]);
    replica.wait_for("replication", "master_link_status:up");
    server.wait_for("replication", "connected_slaves:1");
    let checks = look(&server.url("n")).await;
    assert!(about(&checks, "replication").detail.contains("1 asynchronous"), "{checks:?}");
    let checks = look(&replica.url("n")).await;
    assert!(!about(&checks, "replication").ok, "{checks:?}");
    server.say(&["CONFIG", "SET", "maxmemory", "1"]);
    let checks = look(&server.url("n")).await;
    assert!(!about(&checks, "memory").ok, "{checks:?}");
}

#[tokio::test]
async fn records_that_cannot_be_read_are_named() {
    let server = Server::start();
    let locks = LockManager::new(server.open("n").await, "one").unwrap();
    let leases = locks.acquire(["a", "b"]).await.unwrap().held().unwrap();
    let id =
        leases.iter().find(|one| one.lock.pattern.as_str() == "a").unwrap().lock.id.to_string();
    server.say(&["HSET", "{lockctl:n}:data", &id, "torn"]);
    let checks = look(&server.url("n")).await;
    let found = about(&checks, "records");
    assert!(!found.ok && found.detail.ends_with("held: a"), "{found:?}");
    server.say(&["SET", "{lockctl:n}:data", "squatted"]);
    let checks = look(&server.url("n")).await;
    assert!(
        about(&checks, "records").detail.contains("{lockctl:n}:data is a string"),
        "{checks:?}"
    );
}

#[tokio::test]
async fn what_it_may_not_see_is_no_good_news() {
    let server = Server::start();
    let channel = "&{lockctl:n}:*";
    let user = ["ACL", "SETUSER", "u", "reset", "on", ">s3cret", "~*", "+@all"];
    let url = format!("redis://u:s3cret@127.0.0.1:{}?namespace=n", server.port);
    let with = |more: &[&str]| {
        assert!(server.say(&[&user[..], more].concat()).starts_with("+OK"));
    };
    with(&[channel, "-config"]);
    let checks = look(&url).await;
    assert!(checks.iter().all(|check| check.ok), "{checks:?}");
    assert!(about(&checks, "persistence").detail.contains("if not all"), "{checks:?}");
    with(&[channel, "-info"]);
    let checks = look(&url).await;
    assert!(!about(&checks, "server").ok, "{checks:?}");
    assert!(about(&checks, "records").ok, "{checks:?}");
    with(&[]);
    let checks = look(&url).await;
    assert!(!about(&checks, "notifications").ok, "{checks:?}");
    let checks = look(&format!("{url}&notifications=false")).await;
    assert!(about(&checks, "notifications").ok, "{checks:?}");
}

#[tokio::test]
async fn one_that_is_not_there_or_wants_another_password_is_one_finding() {
    let server = Server::with(&["--save", "", "--requirepass", "another"]);
    for url in [
        format!("redis://u:s3cret@127.0.0.1:{}", free_port()),
        format!("redis://:s3cret@127.0.0.1:{}", server.port),
        format!("redis://127.0.0.1:{}", server.port),
        "redis://:s3cret@127.0.0.1/x".to_owned(),
    ] {
        let checks = look(&url).await;
        assert!(matches!(&checks[..], [one] if !one.ok && one.name == "server"), "{checks:?}");
    }
}
