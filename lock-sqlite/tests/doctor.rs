//! What the doctor sees, and what it mends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test reports"
)]

use std::path::Path;

use futures_lite::future::block_on;
use lock_core::{Backends, Check, Grant, ListFilter, LockManager};
use lock_sqlite::SqliteBackend;
use rusqlite::Connection;

fn doctor(dir: &Path, repair: bool) -> Vec<Check> {
    let backends = Backends::new().with(&lock_sqlite::SCHEME);
    block_on(backends.inspect_at("sqlite:locks.db", dir, repair)).unwrap()
}

/// The names of what is not well.
fn ill(checks: &[Check]) -> Vec<&str> {
    checks.iter().filter(|check| !check.ok).map(|check| check.name.as_str()).collect()
}

fn agent(dir: &Path, name: &str) -> LockManager {
    LockManager::new(SqliteBackend::open(dir.join("locks.db")).unwrap(), name).unwrap()
}

/// A store with two locks, and a way to spoil it.
fn spoilt(sql: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let owner = agent(dir.path(), "owner");
    block_on(async {
        let _ = owner.acquire("src/a.rs").await.unwrap();
        let _ = owner.acquire("src/b.rs").await.unwrap();
    });
    drop(owner);
    let conn = Connection::open(dir.path().join("locks.db")).unwrap();
    conn.execute_batch(sql).unwrap();
    conn.close().unwrap();
    dir
}

fn quarantined(dir: &Path) -> i64 {
    let conn = Connection::open(dir.join("locks.db")).unwrap();
    conn.query_row("SELECT count(*) FROM quarantine", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_sound_store_is_healthy() {
    let dir = spoilt("");
    let checks = doctor(dir.path(), false);
    assert_eq!(ill(&checks), [""; 0], "{checks:?}");
    assert!(checks.iter().any(|check| check.detail == "2 locks"), "{checks:?}");
}

#[test]
fn a_store_that_is_not_there_is_healthy_and_stays_away() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(ill(&doctor(dir.path(), true)), [""; 0]);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// What can be told is told by the columns: the owner keeps the lock.
#[test]
fn a_torn_body_is_mended_and_the_lock_stays() {
    let dir = spoilt("UPDATE locks SET body = '{', mode = '?' WHERE pattern = 'src/a.rs'");
    assert_eq!(ill(&doctor(dir.path(), false)), ["records"]);
    let who = || block_on(agent(dir.path(), "other").who_has("src/a.rs")).unwrap();
    assert!(who().locks[0].damaged);
    assert_eq!(ill(&doctor(dir.path(), true)), [""; 0]);
    let locks = who().locks;
    assert!(!locks[0].damaged && locks[0].agent.as_str() == "owner");
    assert_eq!(quarantined(dir.path()), 1);
}

/// Whose it is cannot be told: it holds until its time is over, whatever the doctor is told.
#[test]
fn a_lock_of_nobody_known_is_not_freed_before_its_time() {
    let dir = spoilt("UPDATE locks SET agent = 'a b' WHERE pattern = 'src/a.rs'");
    assert_eq!(ill(&doctor(dir.path(), true)), ["records"]);
    let other = agent(dir.path(), "other");
    let grant = block_on(other.acquire("src/a.rs").into_future()).unwrap();
    assert!(matches!(grant, Grant::Refused(_)), "{grant:?}");

    let conn = Connection::open(dir.path().join("locks.db")).unwrap();
    let age = "UPDATE locks SET refreshed_us = refreshed_us - 300000000 WHERE agent = 'a b'";
    assert_eq!(conn.execute(age, []).unwrap(), 1);
    assert_eq!(ill(&doctor(dir.path(), true)), [""; 0]);
    assert!(quarantined(dir.path()) >= 1);
    assert_eq!(block_on(other.list(ListFilter::default())).unwrap().locks.len(), 1);
}

/// Without the doctor too: whoever wants the pattern takes it over, and the row is kept.
#[test]
fn a_damaged_lock_heals_when_its_time_is_over() {
    let dir = spoilt(
        "UPDATE locks SET agent = 'a b', refreshed_us = refreshed_us - 300000000 \
         WHERE pattern = 'src/a.rs'",
    );
    let other = agent(dir.path(), "other");
    let grant = block_on(other.acquire("src/a.rs").into_future()).unwrap();
    assert!(matches!(grant, Grant::Held(_)), "{grant:?}");
    assert_eq!(quarantined(dir.path()), 1);
    assert_eq!(ill(&doctor(dir.path(), false)), [""; 0]);
}

/// No search looks where it stands, so it would exclude nobody.
#[test]
fn a_lock_in_the_wrong_place_is_put_back() {
    let dir = spoilt("UPDATE locks SET anchor = 'elsewhere' WHERE pattern = 'src/a.rs'");
    let other = agent(dir.path(), "other");
    assert!(block_on(other.who_has("src/a.rs")).unwrap().locks.is_empty());
    assert_eq!(ill(&doctor(dir.path(), false)), ["records"]);
    assert_eq!(ill(&doctor(dir.path(), true)), [""; 0]);
    assert_eq!(block_on(other.who_has("src/a.rs")).unwrap().locks.len(), 1);
}

#[test]
fn tokens_rise_after_a_lost_version() {
    let dir = spoilt("UPDATE locks SET token = 9007199254740000; DELETE FROM meta");
    let other = agent(dir.path(), "other");
    let error = block_on(other.acquire("x").into_future()).unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
    assert_eq!(ill(&doctor(dir.path(), false)), ["version"]);
    assert_eq!(ill(&doctor(dir.path(), true)), [""; 0]);
    let leases = block_on(other.acquire("x").into_future()).unwrap().held().unwrap();
    assert!(leases.iter().all(|granted| granted.lock.token.get() > 9_007_199_254_740_000));
}

#[test]
fn what_cannot_be_read_of_the_past_counts_as_forgotten() {
    let dir = spoilt("UPDATE log SET agent = 'a b' WHERE pattern = 'src/a.rs'");
    assert_eq!(ill(&doctor(dir.path(), false)), ["history"]);
    assert_eq!(ill(&doctor(dir.path(), true)), [""; 0]);
    let lost = block_on(agent(dir.path(), "stranger").refresh("x")).unwrap().lost;
    assert_eq!(lost[0].cause, lock_core::Cause::Unknown);
}

#[test]
fn a_waiter_that_cannot_be_read_goes_and_is_kept() {
    let dir = spoilt(
        "INSERT INTO waiters (id, agent, patterns, mode, ticket, since_us, expires_us) \
         VALUES ('torn', 'a b', '?', '?', 1, 1, 9000000000000000)",
    );
    assert_eq!(ill(&doctor(dir.path(), false)), ["line"]);
    assert_eq!(ill(&doctor(dir.path(), true)), [""; 0]);
    assert_eq!(ill(&doctor(dir.path(), false)), [""; 0]);
    assert_eq!(quarantined(dir.path()), 1);
}

#[cfg(unix)]
#[test]
fn a_store_open_to_everybody_is_closed() {
    use std::{fs, os::unix::fs::PermissionsExt as _};
    let dir = spoilt("");
    let file = dir.path().join("locks.db");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(ill(&doctor(dir.path(), false)), ["permissions", "store"]);
    assert_eq!(ill(&doctor(dir.path(), true)), [""; 0]);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o660);
}

#[test]
fn what_is_no_store_is_told_and_left() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("locks.db"), "no database".repeat(100)).unwrap();
    let checks = doctor(dir.path(), true);
    assert_eq!(ill(&checks), ["store"]);
    assert!(checks.last().expect("a check").hint.contains(".recover"));
    let left = std::fs::read_to_string(dir.path().join("locks.db")).unwrap();
    assert!(left.starts_with("no database"));
}
