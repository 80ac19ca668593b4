//! The disk is full, read-only, forbidden, on a network, or taken away: each is a clear error, and
//! what was acknowledged stands.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a panic is how a test reports, and a line how its child does"
)]

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, chown, symlink},
    path::Path,
};

use conformance_tests::machine::{
    Child, Disk, a_step_changes_no_lease, acquire, answer_as_child, held,
};
use futures_lite::future::block_on;
use lock_core::{Backends, ErrorKind, LockManager};
use lock_fs::FsBackend;
use tempfile::TempDir;

fn agent(store: &Path, name: &str) -> LockManager {
    LockManager::new(FsBackend::open(store).unwrap(), name).unwrap()
}

fn url(store: &Path) -> String {
    format!("fs:{}", store.display())
}

/// Nothing but an error comes of it: not one lock more or less, and nothing left lying about.
#[test]
fn a_full_disk_refuses_and_keeps_what_it_has() {
    for (options, what) in [("size=64k", "bytes"), ("nr_inodes=24", "inodes")] {
        let Some(disk) = Disk::tmpfs(options) else { return };
        let store = disk.path().join("locks");
        let owner = agent(&store, "owner");
        let mut granted = Vec::new();
        let (kind, text) = loop {
            let path = format!("src/{:03}.rs", granted.len());
            match acquire(&owner, &[&path]) {
                Ok(_) => granted.push(path),
                Err(error) => break error,
            }
            assert!(granted.len() < 1_000, "{what} never ran out");
        };
        assert_eq!(kind, ErrorKind::Full, "{what}: {text}");
        assert!(text.contains("full"), "{text}");
        assert!(!granted.is_empty());
        let names: Vec<String> = (0..200).map(|n| format!("lib/{n}/*.rs")).collect();
        let many: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(acquire(&owner, &many).unwrap_err().0, ErrorKind::Full, "{what}");
        assert_eq!(held(&agent(&store, "reader")), granted, "{what}");
        assert!(!store.join("next").exists() && !store.join("redo").exists(), "{what}");
        // What is held can be let go, and then there is room again.
        for path in granted.drain(..granted.len() / 2 + 1) {
            let released = block_on(owner.release(path.as_str())).unwrap();
            assert_eq!(released.released.len(), 1, "{what}: {path}");
        }
        acquire(&owner, &["src/new.rs"]).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    }
}

#[test]
fn a_read_only_disk_is_read_and_not_written() {
    let Some(disk) = Disk::tmpfs("size=1m") else { return };
    let store = disk.path().join("locks");
    let owner = agent(&store, "owner");
    acquire(&owner, &["src/a.rs"]).unwrap();
    // While a file is open for writing there, a disk does not become read-only.
    drop(owner);
    disk.remount("ro");
    let owner = agent(&store, "owner");
    let (kind, text) = acquire(&owner, &["src/b.rs"]).unwrap_err();
    assert_eq!(kind, ErrorKind::Denied, "{text}");
    assert!(text.contains("Read-only"), "{text}");
    assert_eq!(held(&owner), ["src/a.rs"]);
    assert!(block_on(owner.release("src/a.rs")).is_err());
    drop(owner);
    disk.remount("rw");
    let owner = agent(&store, "owner");
    assert_eq!(block_on(owner.release("src/a.rs")).unwrap().released.len(), 1);
}

/// Of another user: closed to us, or open to look at, but theirs to fill.
#[test]
fn a_store_of_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("NOT TRIED: only root can be somebody else");
        return;
    }
    let dir = TempDir::new().unwrap();
    let store = dir.path().join("locks");
    acquire(&agent(&store, "owner"), &["src/a.rs"]).unwrap();
    fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let said = Child::acquire(&url(&store), &["src/b.rs"]).of_user(65_534).run();
    assert!(said.starts_with("Denied"), "{said}");
    const SOMEBODY: u32 = 12_345;
    chown(&store, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    fs::set_permissions(&store, Permissions::from_mode(0o755)).unwrap();
    for patterns in [&["src/b.rs"][..], &[]] {
        let said = Child::acquire(&url(&store), patterns).of_user(65_534).run();
        assert!(said.starts_with("Denied") && said.contains("the user 12345"), "{said}");
    }
    assert_eq!(held(&agent(&store, "reader")), ["src/a.rs"]);
}

#[test]
fn a_network_file_system_is_refused_unless_allowed() {
    let dir = TempDir::new().unwrap();
    let store = dir.path().join("locks");
    acquire(&agent(&store, "owner"), &["src/a.rs"]).unwrap();
    // NFS by its magic number.
    let nfs = ["-e", "inject=fstatfs,statfs:poke_exit=@arg2=6969000000000000"];
    let said = Child::acquire(&url(&store), &["src/b.rs"]).under_strace(&nfs).run();
    assert!(said.starts_with("Unsupported") && said.contains("NFS"), "{said}");
    let allowed = url(&store) + "?allow-network=true";
    let said = Child::acquire(&allowed, &["src/b.rs"]).under_strace(&nfs).run();
    assert!(said.starts_with("held"), "{said}");
}

/// Each call that changes something fails, once, at each place where it is made.
#[test]
fn whichever_call_fails_the_old_state_stands_or_the_new_one() {
    const CALLS: [&str; 6] = ["openat2", "pwrite64", "renameat", "unlinkat", "mkdirat", "fchmod"];
    let requests: [&[&str]; 2] = [&["src/a.rs"], &["lib/a.rs", "lib/*.py", "doc/"]];
    let mut failed = 0;
    for (n, call) in CALLS.iter().enumerate() {
        for (request, error) in requests.iter().zip(["ENOSPC", "EROFS"]) {
            for when in 1..=(if *call == "openat2" { 8 } else { 5 }) {
                let dir = TempDir::new().unwrap();
                let store = dir.path().join("locks");
                let owner = agent(&store, "owner");
                let before = acquire(&owner, &["x"]).unwrap();
                let inject = format!("inject={call}:error={error}:when={when}");
                let said =
                    Child::acquire(&url(&store), request).under_strace(&["-e", &inject]).run();
                let what = format!("{inject} of {n}: {said}");
                let mut all: Vec<String> = request.iter().map(|p| (*p).to_owned()).collect();
                all.push("x".to_owned());
                all.sort();
                let now = held(&agent(&store, "reader"));
                match said.split(' ').next().unwrap() {
                    "held" => assert_eq!(now, all, "{what}"),
                    "Unknown" => assert!(now == all || now == ["x"], "{what}: {now:?}"),
                    "Full" | "Denied" => {
                        failed += 1;
                        assert_eq!(now, ["x"], "{what}");
                    }
                    _ => panic!("{what}"),
                }
                // Whoever comes next is granted more, under a higher token.
                assert!(acquire(&owner, &["y"]).unwrap() > before, "{what}");
                assert!(!store.join("redo").exists() && !store.join("next").exists(), "{what}");
            }
        }
    }
    assert!(failed > 10, "only {failed} of the calls were needed at all");
}

#[test]
fn a_store_that_is_removed_while_open_is_made_anew() {
    let dir = TempDir::new().unwrap();
    let store = dir.path().join("locks");
    let owner = agent(&store, "owner");
    let before = acquire(&owner, &["src/a.rs"]).unwrap();
    fs::remove_dir_all(&store).unwrap();
    assert!(held(&owner).is_empty());
    assert_eq!(block_on(owner.refresh("src/a.rs")).unwrap().lost.len(), 1);
    assert!(acquire(&owner, &["src/a.rs"]).unwrap() > before);
    assert_eq!(held(&agent(&store, "reader")), ["src/a.rs"]);
}

#[test]
fn a_store_that_is_replaced_while_open_is_the_new_one() {
    let dir = TempDir::new().unwrap();
    let (store, second) = (dir.path().join("locks"), dir.path().join("second"));
    let owner = agent(&store, "owner");
    acquire(&owner, &["src/a.rs"]).unwrap();
    acquire(&agent(&second, "other"), &["src/b.rs"]).unwrap();
    fs::rename(&store, dir.path().join("first")).unwrap();
    fs::rename(&second, &store).unwrap();
    acquire(&owner, &["src/c.rs"]).unwrap();
    assert_eq!(held(&owner), ["src/b.rs", "src/c.rs"]);
    assert_eq!(held(&agent(&dir.path().join("first"), "reader")), ["src/a.rs"]);
}

#[test]
fn what_is_put_in_place_of_a_store_is_neither_followed_nor_harmed() {
    let dir = TempDir::new().unwrap();
    let (store, away) = (dir.path().join("locks"), dir.path().join("away"));
    let owner = agent(&store, "owner");
    acquire(&owner, &["src/a.rs"]).unwrap();
    fs::rename(&store, &away).unwrap();
    symlink(&away, &store).unwrap();
    // The guard behind it is the one that is open: it is the same store.
    assert_eq!(held(&owner), ["src/a.rs"]);
    assert!(FsBackend::open(&store).is_err_and(|error| error.kind() == ErrorKind::Denied));
    fs::remove_file(&store).unwrap();
    fs::write(&store, "a file").unwrap();
    let (kind, text) = acquire(&owner, &["src/b.rs"]).unwrap_err();
    assert_eq!(kind, ErrorKind::Denied, "{text}");
    assert_eq!(fs::read_to_string(&store).unwrap(), "a file");
    fs::remove_file(&store).unwrap();
    fs::rename(&away, &store).unwrap();
    assert_eq!(held(&owner), ["src/a.rs"]);
}

/// Both go on, and both see what the other does.
#[test]
fn whichever_file_is_removed_while_open_the_locks_stand_and_tokens_rise() {
    for name in ["guard", "state", "log", "log.old", "bell", "README", ".gitignore"] {
        let dir = TempDir::new().unwrap();
        let store = dir.path().join("locks");
        let (one, two) = (agent(&store, "one"), agent(&store, "two"));
        let mut last = acquire(&one, &["a"]).unwrap().max(acquire(&two, &["b"]).unwrap());
        let _ = fs::remove_file(store.join(name));
        for (locks, path) in [(&two, "c"), (&one, "d"), (&two, "e"), (&one, "f")] {
            let token = acquire(locks, &[path]).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            assert!(token > last, "{name}: {path}");
            last = token;
        }
        assert_eq!(held(&one), ["a", "b", "c", "d", "e", "f"], "{name}");
        let version = |locks: &LockManager| {
            let scope = lock_core::Scope::of(lock_core::LockScope::None)
                .with_history(lock_core::Version::default());
            let view = block_on(locks.backend().view(&scope)).unwrap();
            let seen = view.history.iter().map(lock_core::HistoryEntry::version).max();
            (view.version, seen.unwrap_or_default())
        };
        let (first, second) = (version(&one), version(&agent(&store, "three")));
        assert_eq!(first, second, "{name}: they keep one account");
        assert_eq!(first.0, first.1, "{name}: the last grant is remembered");
        assert_eq!(block_on(one.release_all()).unwrap().released.len(), 3, "{name}");
    }
}

/// Also one that is kept open, because its owner alone has been at work there.
#[test]
fn a_directory_of_records_that_is_removed_while_open_is_made_anew() {
    let dir = TempDir::new().unwrap();
    let store = dir.path().join("locks");
    let owner = agent(&store, "owner");
    for _ in 0..2 {
        let before = acquire(&owner, &["src/a.rs"]).unwrap();
        fs::remove_dir_all(store.join("locks")).unwrap();
        assert!(held(&owner).is_empty());
        assert!(acquire(&owner, &["src/b.rs"]).unwrap() > before);
        assert_eq!(held(&agent(&store, "reader")), ["src/b.rs"]);
        assert_eq!(block_on(owner.release("src/b.rs")).unwrap().released.len(), 1);
        assert!(held(&agent(&store, "reader")).is_empty());
    }
}

/// What the kernel refuses to everybody now and then: open files, locks, a disk that works.
#[test]
fn what_the_kernel_cannot_give_is_told_and_nothing_happens() {
    let mut told = std::collections::BTreeMap::new();
    for (call, error, times) in [
        ("flock", "ENOLCK", 2),
        ("openat2", "EMFILE", 10),
        ("pwrite64", "EIO", 5),
        ("renameat", "EIO", 2),
    ] {
        for when in 1..=times {
            let dir = TempDir::new().unwrap();
            let store = dir.path().join("locks");
            let owner = agent(&store, "owner");
            let before = acquire(&owner, &["x"]).unwrap();
            let inject = format!("inject={call}:error={error}:when={when}");
            let child = Child::acquire(&url(&store), &["a", "b/*"]);
            let said = child.under_strace(&["-e", &inject]).run();
            let (what, now) = (format!("{inject}: {said}"), held(&agent(&store, "reader")));
            match said.split(' ').next().unwrap() {
                "held" => assert_eq!(now, ["a", "b/*", "x"], "{what}"),
                "Unknown" => assert!(now.len() == 3 || now == ["x"], "{what}: {now:?}"),
                "Unavailable" => {
                    *told.entry(call).or_insert(0) += 1;
                    assert_eq!(now, ["x"], "{what}");
                }
                _ => panic!("{what}"),
            }
            // Whatever could not be looked at is not free.
            let said = Child::acquire(&url(&store), &["x"]).under_strace(&["-e", &inject]).run();
            let told = ["refused", "Unavailable", "Unknown"].iter().any(|it| said.starts_with(it));
            assert!(told, "{inject}: {said}");
            assert!(acquire(&owner, &["y"]).unwrap() > before, "{what}");
        }
    }
    for call in ["flock", "openat2", "pwrite64"] {
        assert!(told.contains_key(call), "no {call} was needed that failed: {told:?}");
    }
}

/// A write that comes to its end half way, as on a disk that is just full.
#[test]
fn a_short_write_leaves_nothing_half_done() {
    let mut failed = 0;
    for room in (0..40).map(|n| n * 40) {
        let dir = TempDir::new().unwrap();
        let store = dir.path().join("locks");
        let owner = agent(&store, "owner");
        // Then the log is the longest file, and the one that comes to its limit.
        let many: Vec<String> = (0..10).map(|n| format!("many/{n}")).collect();
        let mut expected = many.clone();
        many.iter().for_each(|path| assert!(acquire(&owner, &[path]).is_ok()));
        let limit = fs::metadata(store.join("log")).unwrap().len() + room;
        let fsize = format!("--fsize={limit}");
        let run = ["env", "--ignore-signal=XFSZ", "prlimit", &fsize];
        // One file more, or a written step with two.
        let patterns: &[&str] = if room % 80 == 0 { &["a"] } else { &["a", "b/*"] };
        let said = Child::acquire(&url(&store), patterns).under(&run).run();
        let now = held(&agent(&store, "reader"));
        if said.starts_with("held") {
            expected.splice(0..0, patterns.iter().map(|it| (*it).to_owned()));
        } else {
            failed += 1;
        }
        assert_eq!(now, expected, "{room}: {said}");
        acquire(&owner, &["y"]).unwrap();
        let history = block_on(owner.history(lock_core::HistoryFilter::default())).unwrap();
        let named: Vec<_> = history.iter().map(|it| it.pattern.as_str()).collect();
        assert!(named.contains(&"y") && named.contains(&"many/9"), "{room}: {named:?}");
    }
    assert!(failed > 2, "{failed} of the writes were cut short");
}

/// Its own user, who has lost the right to it, frees nothing and is told.
#[test]
fn permissions_that_are_taken_away_free_nothing() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("NOT TRIED: only root can be somebody else");
        return;
    }
    const NOBODY: u32 = 65_534;
    for name in ["", "guard", "state", "log", "bell", "locks", "locks/held.lock"] {
        for mode in [0o000, 0o400] {
            let dir = TempDir::new().unwrap();
            chown(dir.path(), Some(NOBODY), Some(NOBODY)).unwrap();
            let store = dir.path().join("locks");
            let run =
                |patterns: &[&str]| Child::acquire(&url(&store), patterns).of_user(NOBODY).run();
            assert!(run(&["held"]).starts_with("held"));
            let place = store.join(name);
            let was = fs::metadata(&place).unwrap().permissions();
            fs::set_permissions(&place, Permissions::from_mode(mode)).unwrap();
            let said = run(&["new", "new/*"]);
            let told = ["Denied", "Unavailable", "Unknown", "held"];
            assert!(told.iter().any(|it| said.starts_with(it)), "{name} {mode:o}: {said}");
            let other = Child::acquire(&url(&store), &["held"]).agent("other").of_user(NOBODY);
            let answer = other.run();
            assert!(!answer.starts_with("held"), "{name} {mode:o}: {answer}");
            fs::set_permissions(&place, was).unwrap();
            let now = held(&agent(&store, "reader"));
            match said.starts_with("held") {
                true => assert_eq!(now, ["held", "new", "new/*"], "{name} {mode:o}: {said}"),
                false => assert_eq!(now, ["held"], "{name} {mode:o}: {said}"),
            }
        }
    }
}

#[test]
fn a_wall_clock_that_is_set_changes_no_lease() {
    let dir = TempDir::new().unwrap();
    let store = dir.path().join("locks");
    a_step_changes_no_lease(&url(&store), |name| agent(&store, name));
}

/// What [`Child`] runs in another process.
#[test]
#[ignore = "other tests run it in a process of its own"]
fn child() {
    answer_as_child(&Backends::new().with(&lock_fs::SCHEME));
}
