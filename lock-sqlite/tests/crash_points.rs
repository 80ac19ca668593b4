//! Processes that are killed, or stopped, at the system calls by which they change a store.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{fs, path::Path, sync::Arc, time::Duration};

use conformance_tests::machine::{
    Local, acquire, answer_as_child, each_kill_leaves_the_old_state_or_the_new_one,
    each_stop_holds_the_others_up_and_breaks_nothing,
};
use futures_lite::future::block_on;
use lock_core::Backends;
use lock_sqlite::SqliteBackend;
use rusqlite::Connection;

const STORE: Local = Local {
    url: |dir| format!("sqlite:{}/locks.db", dir.display()),
    open: |dir| {
        let options = SqliteBackend::options().patience(Duration::from_millis(100));
        Ok(Arc::new(options.open(dir.join("locks.db"))?))
    },
    backends: || Backends::new().with(&lock_sqlite::SCHEME),
    damage,
    reboot,
    // Some of its pages are in the log, and not the last.
    midway: ("pwrite64", 14),
    fill,
};

/// Its record makes no sense, and is older than any lease that it may have had.
fn damage(dir: &Path) {
    let conn = Connection::open(dir.join("locks.db")).unwrap();
    let spoil = "UPDATE locks SET agent = 'a b', refreshed_us = refreshed_us - 3600000000 \
                 WHERE pattern = 'lib/*.py'";
    assert_eq!(conn.execute(spoil, []).unwrap(), 1);
    conn.close().unwrap();
}

fn reboot(dir: &Path) {
    let conn = Connection::open(dir.join("locks.db")).unwrap();
    let before = "UPDATE locks SET boot_id = 'before', boottime_us = 5";
    assert_eq!(conn.execute(before, []).unwrap(), 3);
    conn.close().unwrap();
}

/// Whoever closes a store whose log has more than 256 pages takes it in.
fn fill(dir: &Path) {
    const CYCLES: usize = 27;
    const FRAME: u64 = 2_048 + 24;
    let owner = STORE.agent(dir, "owner");
    for _ in 0..CYCLES {
        acquire(&owner, &["x"]).unwrap();
        block_on(owner.release("x")).unwrap();
    }
    acquire(&owner, &["x"]).unwrap();
    drop(owner);
    let pages = fs::metadata(dir.join("locks.db-wal")).unwrap().len() / FRAME;
    assert!((253..=256).contains(&pages), "{pages} pages");
}

#[test]
fn whoever_is_killed_at_any_call_leaves_the_old_state_or_the_new_one() {
    let figures = each_kill_leaves_the_old_state_or_the_new_one(&STORE);
    assert!(figures.points > 200, "{figures:?}");
    assert!(figures.old > 0 && figures.old < figures.cut, "{figures:?}");
}

#[test]
fn whoever_is_stopped_at_any_call_holds_the_others_up_and_breaks_nothing() {
    let figures = each_stop_holds_the_others_up_and_breaks_nothing(&STORE);
    assert!(figures.held_up > 2, "{figures:?}");
}

/// What the operations run in, in another process.
#[test]
#[ignore = "other tests run it in a process of its own"]
fn child() {
    answer_as_child(&(STORE.backends)());
}
