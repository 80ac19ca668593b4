//! What somebody else may have put where the store is.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use futures_lite::future::block_on;
use lock_core::{Error, ErrorKind, Grant, LockManager};
use lock_sqlite::SqliteBackend;
use rustix::fs::{CWD, Mode, mkfifoat};

fn place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("locks.db");
    (dir, file)
}

/// Opens the store and takes a lock.
fn acquire(file: &Path) -> Result<(), Error> {
    let locks = LockManager::new(SqliteBackend::open(file)?, "one")?;
    let answer = block_on(locks.acquire("a").into_future())?;
    assert!(matches!(answer, Grant::Held(_)), "{answer:?}");
    Ok(())
}

fn refused(file: &Path, kind: ErrorKind) -> String {
    match acquire(file) {
        Err(Error::Backend(error)) => {
            assert_eq!(error.kind(), kind, "{error}");
            error.to_string()
        }
        other => panic!("{other:?}"),
    }
}

fn open_to(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_directory_that_everybody_can_write_to_is_refused() {
    let (dir, file) = place();
    for mode in [0o777, 0o1777, 0o702] {
        open_to(dir.path(), mode);
        assert!(refused(&file, ErrorKind::Denied).contains("everybody can write"));
        assert!(!file.exists());
    }
    open_to(dir.path(), 0o755);
    acquire(&file).unwrap();
    // As /tmp is: nobody takes that right from it.
    open_to(dir.path(), 0o1777);
    assert!(refused(&file, ErrorKind::Denied).contains("a directory of its own"));
    open_to(dir.path(), 0o777);
    assert!(refused(&file, ErrorKind::Denied).contains("chmod o-w"));
}

#[test]
fn a_file_that_everybody_can_write_to_is_refused() {
    let (_dir, file) = place();
    acquire(&file).unwrap();
    for (mode, trusted) in [(0o666, false), (0o602, false), (0o660, true), (0o644, true)] {
        open_to(&file, mode);
        assert_eq!(acquire(&file).is_ok(), trusted, "{mode:o}");
    }
}

#[test]
fn a_symlink_in_place_of_the_guard_leads_nowhere() {
    let (dir, file) = place();
    let precious = dir.path().join("precious");
    fs::write(&precious, "mine").unwrap();
    symlink(&precious, dir.path().join("locks.db.guard")).unwrap();
    assert!(acquire(&file).is_err());
    assert_eq!(fs::read_to_string(&precious).unwrap(), "mine");
}

#[test]
fn a_fifo_in_place_of_the_store_is_refused_and_nobody_hangs() {
    let (_dir, file) = place();
    mkfifoat(CWD, &file, Mode::from_raw_mode(0o600)).unwrap();
    refused(&file, ErrorKind::Invalid);
}

#[test]
fn links_in_place_of_the_log_are_gone_before_a_store_is_made() {
    let (dir, file) = place();
    let precious = dir.path().join("precious");
    fs::write(&precious, "mine").unwrap();
    for suffix in ["-wal", "-shm", "-journal"] {
        symlink(&precious, dir.path().join(format!("locks.db{suffix}"))).unwrap();
    }
    acquire(&file).unwrap();
    assert_eq!(fs::read_to_string(&precious).unwrap(), "mine");
}

#[test]
fn a_store_behind_a_symlink_is_the_one_store() {
    let (dir, file) = place();
    acquire(&file).unwrap();
    let link = dir.path().join("link.db");
    symlink(&file, &link).unwrap();
    let other = LockManager::new(SqliteBackend::open(&link).unwrap(), "two").unwrap();
    let answer = block_on(other.acquire("a").into_future()).unwrap();
    assert!(matches!(answer, Grant::Refused(_)), "{answer:?}");
}
