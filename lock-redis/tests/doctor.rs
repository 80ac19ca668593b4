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
    examined(url, false).await
}

async fn mend(url: &str) -> Vec<Check> {
    examined(url, true).await
}

async fn examined(url: &str, repair: bool) -> Vec<Check> {
    let backends = Backends::new().with(&lock_redis::SCHEME);
    let checks = backends.inspect_at(url, std::path::Path::new(""), repair).await.unwrap();
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
    let is_valkey = server.say(&["INFO", "server"]).contains("valkey_version:");
    for (name, said) in [
        ("server", if is_valkey { ": Valkey " } else { ": Redis " }),
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
    for (settings, said) in [
        ("appendonly yes\nsave \"\"\n", "append-only file"),
        ("appendonly no\nsave 3600 1\n", "snapshots only"),
    ] {
        let server = Server::with_file(settings, &[]);
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
    let user = ["ACL", "SETUSER", "u", "reset", "resetchannels", "on", ">s3cret", "~*", "+@all"];
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

/// The names of what is not well.
fn ill(checks: &[Check]) -> Vec<&str> {
    checks.iter().filter(|check| !check.ok).map(|check| check.name.as_str()).collect()
}

/// The doctor sees what is ill and changes nothing, then mends it, and sees nothing any more.
async fn healed(url: &str, ill_before: &[&str]) {
    for _ in 0..2 {
        let before = look(url).await;
        assert_eq!(ill(&before), ill_before, "{before:?}");
    }
    let mended = mend(url).await;
    assert_eq!(ill(&mended), [""; 0], "{mended:?}");
    let after = look(url).await;
    assert_eq!(ill(&after), [""; 0], "{after:?}");
}

async fn free(locks: &LockManager, pattern: &str) -> bool {
    locks.acquire(pattern).await.unwrap().held().is_ok()
}

/// Whatever was squatted is kept under another name, and no lock is let go with it.
#[tokio::test]
async fn a_key_of_another_type_is_moved_away_and_what_was_held_stays_held() {
    let server = Server::start();
    for name in ["data", "index", "waiters", "log", "quarantine", "counts"] {
        let one = LockManager::new(server.open(name).await, "one").unwrap();
        let token = one.acquire(["a", "b/*"]).await.unwrap().held().unwrap().token();
        let key = format!("{{lockctl:{name}}}:{name}");
        server.say(&["SET", &key, "squatted"]);
        let mut before = ill(&look(&server.url(name)).await).join(" ");
        before.truncate(4);
        assert_eq!(before, "keys", "{name}");
        let first = mend(&server.url(name)).await;
        assert!(about(&first, "keys").ok, "{first:?}");
        let kept = server.say(&["KEYS", &format!("{{lockctl:{name}}}:broken:*:{name}")]);
        assert!(kept.contains("broken"), "{name}: {kept}");
        let two = LockManager::new(server.open(name).await, "two").unwrap();
        assert!(!free(&two, "a").await && !free(&two, "b/x").await, "{name}");
        let later = two.acquire("c").await.unwrap().held().unwrap().token();
        assert!(later > token, "{name}");
    }
}

/// Whose it was cannot be told: it holds until its time is over.
#[tokio::test]
async fn a_record_that_cannot_be_read_goes_when_its_time_is_over_and_is_kept() {
    let server = Server::start();
    let (one, two) = (server.open("n").await, server.open("n").await);
    let one = LockManager::new(one, "one").unwrap();
    let leases = one.acquire("a").await.unwrap().held().unwrap();
    let lock = leases.iter().next().unwrap().lock.clone();
    let id = lock.id.to_string();
    server.say(&["HSET", "{lockctl:n}:data", &id, "torn"]);
    assert_eq!(ill(&mend(&server.url("n")).await), ["places", "records"]);
    let two = LockManager::new(two, "two").unwrap();
    assert!(!free(&two, "a").await);
    // As if it had been granted ten minutes ago.
    let entry = |micros: i64| format!("aa\0\0{id}\0{micros}");
    let granted = lock.acquired_at.as_micros();
    assert!(server.say(&["ZREM", "{lockctl:n}:index", &entry(granted)]).contains(":1"));
    server.say(&["ZADD", "{lockctl:n}:index", "0", &entry(granted - 600_000_000)]);
    healed(&server.url("n"), &["places", "records"]).await;
    assert!(server.say(&["HVALS", "{lockctl:n}:quarantine"]).contains("torn"));
    assert!(free(&two, "a").await);
}

/// No search finds it, so it would exclude nobody.
#[tokio::test]
async fn a_lock_that_no_search_finds_is_put_back_unless_its_path_was_granted() {
    let server = Server::start();
    let one = LockManager::new(server.open("n").await, "one").unwrap();
    let two = LockManager::new(server.open("n").await, "two").unwrap();
    let leases = one.acquire(["a", "b"]).await.unwrap().held().unwrap();
    for lock in leases.iter().map(|granted| &granted.lock) {
        let (pattern, micros) = (&lock.pattern, lock.acquired_at.as_micros());
        let entry = format!("a{pattern}\0\0{}\0{micros}", lock.id);
        assert!(server.say(&["ZREM", "{lockctl:n}:index", &entry]).contains(":1"));
    }
    assert!(free(&two, "b").await, "nobody finds it");
    let mended = mend(&server.url("n")).await;
    assert_eq!(ill(&mended), ["places"]);
    let said = &about(&mended, "places").detail;
    assert!(said.contains("1 of them mended") && said.contains("granted meanwhile"), "{said}");
    let three = LockManager::new(server.open("n").await, "three").unwrap();
    assert!(!free(&three, "a").await && !free(&three, "b").await);
    assert_eq!(two.refresh("b").await.unwrap().lost, []);
}

#[tokio::test]
async fn what_cannot_be_read_of_the_line_and_the_past_is_put_aside() {
    let server = Server::start();
    let one = LockManager::new(server.open("n").await, "one").unwrap();
    let _ = one.acquire("a").await.unwrap();
    server.say(&["HSET", "{lockctl:n}:waiters", "00000000000000000000000000000007-0", "torn"]);
    server.say(&["RPUSH", "{lockctl:n}:log", "A torn"]);
    server.say(&["ZADD", "{lockctl:n}:index", "0", "nonsense"]);
    healed(&server.url("n"), &["places", "line", "history"]).await;
    let kept = server.say(&["HVALS", "{lockctl:n}:quarantine"]);
    assert!(["\ntorn", "A torn", "nonsense"].iter().all(|text| kept.contains(text)), "{kept}");
    let lost = one.refresh("x").await.unwrap().lost;
    assert_eq!(lost[0].cause, lock_core::Cause::Unknown, "something was forgotten");
    assert_eq!(one.refresh("a").await.unwrap().lost, []);
}
