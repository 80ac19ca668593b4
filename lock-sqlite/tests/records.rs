//! What stands in the tables: leases on a clock that nobody can step, a past that is bounded, and
//! fields that a newer version wrote.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test reports")]

use std::path::Path;

use futures_lite::future::block_on;
use lock_core::{Cause, Grant, ListFilter, LockManager};
use lock_sqlite::SqliteBackend;
use rusqlite::Connection;

fn agent(dir: &Path, name: &str) -> LockManager {
    LockManager::new(SqliteBackend::open(dir.join("locks.db")).unwrap(), name).unwrap()
}

/// The store as the shell of sqlite3 sees it.
fn shell(dir: &Path) -> Connection {
    Connection::open(dir.join("locks.db")).unwrap()
}

fn held() -> (tempfile::TempDir, LockManager, LockManager) {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (agent(dir.path(), "one"), agent(dir.path(), "two"));
    assert!(matches!(block_on(one.acquire("a.rs").into_future()).unwrap(), Grant::Held(_)));
    (dir, one, two)
}

const HOUR: i64 = 3_600_000_000;

/// The wall clock is set on by an hour: all that is stored of it is an hour in the past.
#[cfg(target_os = "linux")]
#[test]
fn a_step_of_the_wall_clock_ends_no_lease() {
    let (dir, one, two) = held();
    let step = "UPDATE locks SET acquired_us = acquired_us - ?1, refreshed_us = refreshed_us - ?1, \
                expires_us = expires_us - ?1";
    assert_eq!(shell(dir.path()).execute(step, [HOUR]).unwrap(), 1);
    assert!(matches!(block_on(two.acquire("a.rs").into_future()).unwrap(), Grant::Refused(_)));
    assert_eq!(block_on(one.refresh("a.rs")).unwrap().lost, []);
}

/// And set back by an hour: it must not live an hour longer.
#[cfg(target_os = "linux")]
#[test]
fn a_step_of_the_wall_clock_prolongs_no_lease() {
    let (dir, _one, two) = held();
    let step = "UPDATE locks SET acquired_us = acquired_us + ?1, refreshed_us = refreshed_us + ?1, \
                expires_us = expires_us + ?1, boottime_us = boottime_us - ?1";
    assert_eq!(shell(dir.path()).execute(step, [HOUR]).unwrap(), 1);
    assert!(matches!(block_on(two.acquire("a.rs").into_future()).unwrap(), Grant::Held(_)));
}

/// After a reboot the wall clock is all that is known; whoever meets the record first ties it to
/// the clock of this boot, even if that is all that the step changes.
#[cfg(target_os = "linux")]
#[test]
fn a_record_of_another_boot_is_marked_anew_by_a_step_and_not_by_a_look() {
    let (dir, _one, two) = held();
    let shell = shell(dir.path());
    shell.execute("UPDATE locks SET boot_id = 'before', boottime_us = 5", []).unwrap();
    let boot =
        || shell.query_row("SELECT boot_id FROM locks", [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(block_on(two.list(ListFilter::default())).unwrap().locks.len(), 1);
    assert_eq!(boot(), "before");
    assert!(matches!(block_on(two.acquire("a.rs").into_future()).unwrap(), Grant::Refused(_)));
    assert_eq!(boot(), lock_core::host::Host::current().boot_id());
}

#[test]
fn what_a_newer_version_wrote_survives_a_refresh() {
    let (dir, one, _two) = held();
    let shell = shell(dir.path());
    shell.execute(r#"UPDATE locks SET body = '{"colour":"green"}'"#, []).unwrap();
    assert_eq!(block_on(one.refresh("a.rs")).unwrap().locks.len(), 1);
    let body = shell.query_row("SELECT body FROM locks", [], |row| row.get::<_, String>(0));
    assert_eq!(body.unwrap(), r#"{"colour":"green"}"#);
}

/// Forgetting never turns into "never held".
#[test]
fn the_past_is_bounded_and_says_so() {
    let (dir, one, two) = held();
    let lost = |agent: &LockManager| block_on(agent.refresh("x")).unwrap().lost[0].cause;
    assert_eq!(lost(&two), Cause::NeverHeld);
    let shell = shell(dir.path());
    let fill = "INSERT INTO log SELECT seq + n, version, at_us, event, id, pattern, agent, holder, \
                mode, reason, token, from_us, until_us, ttl_ms, ended, by, note, nonce, body \
                FROM log, (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c \
                WHERE n < 20000) SELECT n FROM c) WHERE seq = 1";
    assert_eq!(shell.execute(fill, []).unwrap(), 20_000);
    for n in 0..64 {
        let _ = block_on(one.acquire(format!("b/{n}")).into_future()).unwrap();
    }
    let kept = shell.query_row("SELECT count(*) FROM log", [], |row| row.get::<_, i64>(0)).unwrap();
    assert!((20_000..20_064).contains(&kept), "{kept}");
    assert_eq!(lost(&two), Cause::Unknown);
}

/// The views are for people.
#[test]
fn the_tables_can_be_read_in_a_shell() {
    let (dir, one, _two) = held();
    let _ = block_on(one.release("a.rs")).unwrap();
    let _ = block_on(one.acquire("src/*.rs").into_future()).unwrap();
    let shell = shell(dir.path());
    let text = |sql: &str| shell.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(
        text("SELECT pattern || ' ' || agent || ' ' || mode FROM held"),
        "src/*.rs one exclusive"
    );
    let year = text("SELECT substr(expires_at, 1, 2) || substr(expires_at, -1) FROM held");
    assert_eq!(year, "20Z");
    let past =
        "SELECT group_concat(event || ' ' || pattern || ' ' || coalesce(ended, '')) FROM history";
    assert_eq!(text(past), "acquired a.rs ,ended a.rs released,acquired src/*.rs ");
}
