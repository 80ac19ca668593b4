//! What somebody else may have put where the store is.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use futures_lite::future::block_on;
use lock_core::{Error, ErrorKind, Grant, LockManager};
use lock_fs::FsBackend;
use rustix::fs::{CWD, Mode, mkfifoat};
use tempfile::TempDir;

/// A store with a lock of `one` on `held`, and beside it a file that is nobody's business.
struct Planted {
    around: TempDir,
}

impl Planted {
    fn new() -> Self {
        let around = tempfile::tempdir().unwrap();
        fs::write(around.path().join("precious"), "mine").unwrap();
        let this = Self { around };
        this.acquire("one", "held").unwrap();
        this
    }

    fn store(&self) -> PathBuf {
        self.around.path().join("store")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.store().join(name)
    }

    fn precious(&self) -> PathBuf {
        self.around.path().join("precious")
    }

    fn acquire(&self, agent: &str, pattern: &str) -> Result<bool, Error> {
        acquire(&self.store(), agent, pattern)
    }

    /// Nothing was written through what was planted.
    fn assert_untouched(&self, what: &str) {
        assert_eq!(fs::read_to_string(self.precious()).unwrap(), "mine", "{what}");
        let stat = fs::metadata(self.precious()).unwrap();
        assert_ne!(stat.mode() & 0o777, 0o600, "{what}: its permissions were changed");
    }
}

fn acquire(store: &Path, agent: &str, pattern: &str) -> Result<bool, Error> {
    let locks = LockManager::new(FsBackend::open(store)?, agent)?;
    Ok(matches!(block_on(locks.acquire(pattern).into_future())?, Grant::Held(_)))
}

/// The names that a store writes to, and those that it makes beside them.
const NAMES: [&str; 7] = ["next", "state", "bell", "redo", "log", "guard", ".gitignore"];

/// The lock is not given away, whatever else the answer is.
fn assert_still_held(planted: &Planted, what: &str) {
    if let Ok(granted) = planted.acquire("two", "held") {
        assert!(!granted, "{what}: the lock was given away");
    }
    let _ = planted.acquire("two", "other");
    planted.assert_untouched(what);
}

#[test]
fn nothing_is_written_through_a_symlink() {
    for name in NAMES {
        let planted = Planted::new();
        fs::set_permissions(planted.precious(), Permissions::from_mode(0o644)).unwrap();
        let _ = fs::remove_file(planted.file(name));
        symlink(planted.precious(), planted.file(name)).unwrap();
        assert_still_held(&planted, name);
    }
}

#[test]
fn nothing_is_written_into_what_a_temporary_name_is_linked_to() {
    let planted = Planted::new();
    fs::set_permissions(planted.precious(), Permissions::from_mode(0o644)).unwrap();
    let _ = fs::remove_file(planted.file("next"));
    fs::hard_link(planted.precious(), planted.file("next")).unwrap();
    assert!(planted.acquire("two", "other").unwrap(), "a leftover is in nobody's way");
    planted.assert_untouched("next");
}

#[test]
fn a_fifo_holds_nobody_up() {
    for name in NAMES {
        let planted = Planted::new();
        fs::set_permissions(planted.precious(), Permissions::from_mode(0o644)).unwrap();
        let _ = fs::remove_file(planted.file(name));
        mkfifoat(CWD, planted.file(name), Mode::from_raw_mode(0o600)).unwrap();
        assert_still_held(&planted, name);
    }
}

#[test]
fn a_directory_in_the_place_of_a_lock_holds_it() {
    let planted = Planted::new();
    fs::create_dir_all(planted.file("locks/odd.lock")).unwrap();
    assert!(!planted.acquire("two", "odd").unwrap());
    assert!(planted.acquire("two", "even").unwrap());
}

#[test]
fn a_symlink_in_the_place_of_a_directory_of_locks_is_not_followed() {
    let planted = Planted::new();
    let elsewhere = planted.around.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, planted.file("locks/src")).unwrap();
    let _ = planted.acquire("two", "src/deep/a.rs");
    let _ = planted.acquire("two", "src/*.rs");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn a_store_that_is_a_symlink_is_refused() {
    let planted = Planted::new();
    let link = planted.around.path().join("link");
    symlink(planted.store(), &link).unwrap();
    assert_eq!(kind(acquire(&link, "two", "a")), ErrorKind::Denied);
}

#[test]
fn a_store_that_everybody_can_write_to_is_refused() {
    let planted = Planted::new();
    for mode in [0o777, 0o1777, 0o702] {
        fs::set_permissions(planted.store(), Permissions::from_mode(mode)).unwrap();
        assert_eq!(kind(planted.acquire("two", "a")), ErrorKind::Denied, "{mode:o}");
    }
    fs::set_permissions(planted.store(), Permissions::from_mode(0o755)).unwrap();
    assert!(planted.acquire("two", "a").unwrap());
}

/// Whatever the umask is, and whatever the directory around it allows.
#[test]
fn all_that_a_store_makes_is_its_owners_alone() {
    let planted = Planted::new();
    planted.acquire("two", "src/a.rs").unwrap();
    let mut rest = vec![planted.store()];
    while let Some(path) = rest.pop() {
        let stat = fs::symlink_metadata(&path).unwrap();
        assert_eq!(stat.mode() & 0o077, 0, "{}", path.display());
        if stat.is_dir() {
            rest.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
}

fn kind(answer: Result<bool, Error>) -> ErrorKind {
    match answer {
        Err(Error::Backend(error)) => error.kind(),
        other => panic!("{other:?}"),
    }
}
