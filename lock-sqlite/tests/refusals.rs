//! Files that are not opened, and what is left of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test reports")]

use std::{fs, path::PathBuf};

use futures_lite::future::block_on;
use lock_core::{ErrorKind, ListFilter, LockManager};
use lock_sqlite::SqliteBackend;
use rusqlite::Connection;

fn place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("locks.db");
    (dir, file)
}

fn made() -> (tempfile::TempDir, PathBuf) {
    let (dir, file) = place();
    let locks = LockManager::new(SqliteBackend::open(&file).unwrap(), "owner").unwrap();
    drop(block_on(locks.acquire("a.rs").into_future()).unwrap());
    (dir, file)
}

fn refusal(file: &PathBuf) -> ErrorKind {
    let before = fs::read(file).unwrap();
    let error = SqliteBackend::open(file).unwrap_err();
    assert_eq!(fs::read(file).unwrap(), before, "{error}: it must be left as it is");
    error.kind()
}

#[test]
fn what_is_no_database_is_refused() {
    let (_dir, file) = place();
    fs::write(&file, "Dear Sir or Madam, this is no database at all. ".repeat(100)).unwrap();
    assert_eq!(refusal(&file), ErrorKind::Corrupt);
}

/// SQLite takes an empty file for a new database; here it can only be a store that was cut off.
#[test]
fn an_emptied_store_is_refused() {
    let (_dir, file) = made();
    fs::write(&file, "").unwrap();
    assert_eq!(refusal(&file), ErrorKind::Corrupt);
}

#[test]
fn a_store_cut_in_half_is_refused() {
    let (_dir, file) = made();
    let conn = Connection::open(&file).unwrap();
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    conn.close().unwrap();
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let opened = SqliteBackend::open(&file);
    let list = opened.and_then(|store| {
        let locks = LockManager::new(store, "other").unwrap();
        block_on(locks.list(ListFilter::default())).map_err(|error| match error {
            lock_core::Error::Backend(error) => error,
            other => unreachable!("{other}"),
        })
    });
    assert_eq!(list.unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(fs::read(&file).unwrap(), whole[..whole.len() / 2]);
}

#[test]
fn another_programs_database_is_refused() {
    let (_dir, file) = place();
    let conn = Connection::open(&file).unwrap();
    conn.execute_batch("CREATE TABLE locks (id); PRAGMA user_version = 1").unwrap();
    conn.close().unwrap();
    assert_eq!(refusal(&file), ErrorKind::Invalid);
}

#[test]
fn a_newer_versions_store_is_refused() {
    let (_dir, file) = made();
    let conn = Connection::open(&file).unwrap();
    conn.pragma_update(None, "user_version", 1_000).unwrap();
    conn.close().unwrap();
    assert_eq!(refusal(&file), ErrorKind::Unsupported);
}

#[test]
fn a_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let there = dir.path().join("locks.db"); // not where everybody can write: that is refused first
    fs::create_dir(&there).unwrap();
    assert_eq!(SqliteBackend::open(&there).unwrap_err().kind(), ErrorKind::Invalid);
}

/// A store that is made leaves nothing half done behind, and nobody else may read it.
#[cfg(unix)]
#[test]
fn a_new_store_is_private_and_whole() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, _file) = made();
    let names = fs::read_dir(dir.path()).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
        entry.file_name().into_string().unwrap()
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.retain(|name| name != "locks.db-wal" && name != "locks.db-shm");
    assert_eq!(names, ["locks.db", "locks.db.guard"]);
}

/// A log that was left when its database was removed must not flow into the next one.
#[test]
fn a_removed_store_begins_anew() {
    let (_dir, file) = made();
    assert!(file.with_extension("db-wal").exists(), "the log is left to the next one");
    fs::remove_file(&file).unwrap();
    let locks = LockManager::new(SqliteBackend::open(&file).unwrap(), "other").unwrap();
    assert!(block_on(locks.acquire("a.rs").into_future()).unwrap().held().is_ok());
    assert_eq!(block_on(locks.list(ListFilter::default())).unwrap().locks.len(), 1);
}

/// Somebody removes the file under a process that has it open: both must go on in one file.
#[test]
fn a_replaced_store_is_noticed() {
    let (_dir, file) = place();
    let open = |agent: &str| LockManager::new(SqliteBackend::open(&file).unwrap(), agent).unwrap();
    let one = open("one");
    block_on(async {
        assert!(one.acquire("a.rs").await.unwrap().held().is_ok());
        fs::remove_file(&file).unwrap();
        assert!(one.list(ListFilter::default()).await.unwrap().locks.is_empty());
        let two = open("two");
        assert!(two.acquire("a.rs").await.unwrap().held().is_ok());
        assert!(one.acquire("a.rs").await.unwrap().held().is_err());
    });
}
