//! The disk is full, read-only, forbidden, on a network, or fails; the file is taken away or
//! damaged: each is a clear error, and what was acknowledged stands.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a panic is how a test reports"
)]

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::{FileExt as _, PermissionsExt as _, chown},
    path::Path,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    time::Duration,
};

use conformance_tests::machine::{
    Child, Disk, a_step_changes_no_lease, acquire, answer_as_child, held,
};
use futures_lite::future::block_on;
use lock_core::{Backends, ErrorKind, Grant, LockManager};
use lock_sqlite::SqliteBackend;
use tempfile::TempDir;

const NOBODY: u32 = 65_534;

fn agent(file: &Path, name: &str) -> LockManager {
    LockManager::new(SqliteBackend::open(file).unwrap(), name).unwrap()
}

fn url(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}

/// A store in which `owner` holds `x`.
fn store() -> (TempDir, std::path::PathBuf, LockManager) {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("locks.db");
    let owner = agent(&file, "owner");
    acquire(&owner, &["x"]).unwrap();
    (dir, file, owner)
}

/// Nothing but an error comes of it; with room again all goes on.
#[test]
fn a_full_disk_refuses_and_keeps_what_it_has() {
    for (options, what) in [("size=512k,mode=0700", "bytes"), ("nr_inodes=5,mode=0700", "inodes")] {
        let Some(disk) = Disk::tmpfs(options) else { return };
        let file = disk.path().join("locks.db");
        let owner = agent(&file, "owner");
        if what == "inodes" {
            // The directory, two ballast files, and then too few for a database and its companions.
            for n in 0..2 {
                fs::write(disk.path().join(format!("ballast{n}")), "").unwrap();
            }
            let (kind, text) = acquire(&owner, &["a"]).unwrap_err();
            assert!(matches!(kind, ErrorKind::Full | ErrorKind::Unavailable), "{kind:?}: {text}");
            fs::remove_file(disk.path().join("ballast0")).unwrap();
            fs::remove_file(disk.path().join("ballast1")).unwrap();
            continue;
        }
        let mut granted = Vec::new();
        let (kind, text) = loop {
            let path = format!("src/{:04}.rs", granted.len());
            match acquire(&owner, &[&path]) {
                Ok(_) => granted.push(path),
                Err(error) => break error,
            }
            assert!(granted.len() < 5_000, "{what} never ran out");
        };
        assert_eq!(kind, ErrorKind::Full, "{what}: {text}");
        assert!(text.contains("full"), "{text}");
        assert!(!granted.is_empty());
        assert_eq!(held(&agent(&file, "reader")), granted, "{what}");
        let more = disk.path().to_owned();
        std::process::Command::new("mount")
            .args(["-o", "remount,size=4m"])
            .arg(more)
            .status()
            .unwrap();
        let released = block_on(owner.release(granted[0].as_str())).unwrap();
        assert_eq!(released.released.len(), 1, "{what}");
        acquire(&owner, &["src/new.rs"]).unwrap();
    }
}

#[test]
fn a_read_only_disk_takes_no_lock() {
    let Some(disk) = Disk::tmpfs("size=4m,mode=0700") else { return };
    let file = disk.path().join("locks.db");
    let before = acquire(&agent(&file, "owner"), &["src/a.rs"]).unwrap();
    disk.remount("ro");
    for path in ["src/a.rs", "src/b.rs"] {
        let said = Child::acquire(&url(&file), &[path]).run();
        assert!(said.starts_with("Denied"), "{path}: {said}");
    }
    disk.remount("rw");
    let owner = agent(&file, "owner");
    assert_eq!(held(&owner), ["src/a.rs"]);
    assert!(acquire(&owner, &["src/b.rs"]).unwrap() > before);
}

/// Of another user, and closed.
#[test]
fn a_store_of_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("NOT TRIED: only root can be somebody else");
        return;
    }
    let (dir, file, owner) = store();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    let child = || Child::acquire(&url(&file), &["y"]).of_user(NOBODY).run();
    assert!(child().starts_with("Denied"));
    // Made for us by somebody who can put another file in its place at any time.
    const SOMEBODY: u32 = 12_345;
    let give = |path: &Path, user| chown(path, Some(user), Some(user)).unwrap();
    for name in ["locks.db", "locks.db-wal", "locks.db-shm", "locks.db.guard"] {
        give(&dir.path().join(name), NOBODY);
    }
    give(dir.path(), SOMEBODY);
    let said = child();
    assert!(said.starts_with("Denied") && said.contains("belongs to the user 12345"), "{said}");
    give(dir.path(), NOBODY);
    give(&file, SOMEBODY);
    let said = child();
    assert!(said.starts_with("Denied") && said.contains("belongs to the user 12345"), "{said}");
    assert_eq!(held(&owner), ["x"]);
    give(&file, NOBODY);
    assert!(child().starts_with("held"));
}

#[test]
fn a_network_file_system_is_refused_unless_allowed() {
    let (_dir, file, owner) = store();
    // NFS by its magic number.
    let nfs = ["-e", "inject=fstatfs,statfs:poke_exit=@arg2=6969000000000000"];
    let said = Child::acquire(&url(&file), &["y"]).under_strace(&nfs).run();
    assert!(said.starts_with("Unsupported") && said.contains("NFS"), "{said}");
    let allowed = url(&file) + "?allow-network=true";
    let said = Child::acquire(&allowed, &["y"]).under_strace(&nfs).run();
    assert!(said.starts_with("held"), "{said}");
    assert_eq!(held(&owner), ["x", "y"]);
}

/// Each call that changes something, or locks something, fails, once, wherever it is made.
#[test]
fn whichever_call_fails_the_old_state_stands_or_the_new_one() {
    // A failure whose outcome is unknown is asked about once more: such go on failing.
    const FAULTS: [(&str, &str, usize, &str); 8] = [
        ("pwrite64", "ENOSPC", 7, ""),
        ("pwrite64", "EIO", 7, "+"),
        ("openat", "EMFILE", 6, ""),
        ("ftruncate", "EIO", 2, "+"),
        ("fdatasync,fsync", "EIO", 2, "+"),
        ("fcntl", "ENOLCK", 8, ""),
        ("flock", "ENOLCK", 2, ""),
        ("unlink", "EROFS", 2, ""),
    ];
    let mut told = std::collections::BTreeMap::new();
    for (call, error, times, on) in FAULTS {
        for when in 1..=times {
            let (dir, file, owner) = store();
            let before = acquire(&owner, &["w"]).unwrap();
            let inject = format!("inject={call}:error={error}:when={when}{on}");
            let names = ["", "-wal", "-shm", ".guard"].map(|it| format!("locks.db{it}"));
            let paths = names.map(|name| dir.path().join(name).display().to_string());
            let mut options: Vec<&str> = paths.iter().flat_map(|path| ["-P", path]).collect();
            options.extend(["-e", &inject]);
            let child = Child::acquire(&url(&file), &["a", "b/*"]).under_strace(&options);
            // The program itself may need what fails; then nobody was asked anything.
            let Some(said) = child.try_run() else { continue };
            let what = format!("{inject}: {said}");
            let now = held(&agent(&file, "reader"));
            match said.split(' ').next().unwrap() {
                "held" => assert_eq!(now, ["a", "b/*", "w", "x"], "{what}"),
                "Unknown" => assert!(now.len() == 4 || now == ["w", "x"], "{what}: {now:?}"),
                "Full" | "Denied" | "Unavailable" => assert_eq!(now, ["w", "x"], "{what}"),
                _ => panic!("{what}"),
            }
            *told.entry(error).or_insert(0) += usize::from(!said.starts_with("held"));
            assert!(acquire(&owner, &["y"]).unwrap() > before, "{what}");
        }
    }
    for error in ["ENOSPC", "EIO", "EMFILE", "ENOLCK"] {
        let needed = told.get(error).is_some_and(|count| *count > 0);
        assert!(needed, "no call was needed that failed with {error}: {told:?}");
    }
}

/// A write that comes to its end half way, as on a disk that is just full.
#[test]
fn a_short_write_leaves_nothing_half_done() {
    let mut failed = 0;
    for room in (0..24).map(|n| n * 1_000) {
        let (_dir, file, owner) = store();
        let log = file.with_extension("db-wal");
        let limit = fs::metadata(&log).unwrap().len() + room;
        let fsize = format!("--fsize={limit}");
        let run = ["env", "--ignore-signal=XFSZ", "prlimit", &fsize];
        let said = Child::acquire(&url(&file), &["a", "b/*"]).under(&run).run();
        let now = held(&agent(&file, "reader"));
        failed += usize::from(!said.starts_with("held"));
        match said.split(' ').next().unwrap() {
            "held" => assert_eq!(now, ["a", "b/*", "x"], "{said}"),
            "Unknown" => assert!(now.len() == 3 || now == ["x"], "{said}: {now:?}"),
            _ => assert_eq!(now, ["x"], "{said}"),
        }
        acquire(&owner, &["y"]).unwrap();
    }
    assert!(failed > 2, "{failed} of the writes were cut short");
}

/// Whatever lies in its place meanwhile: nobody goes on in a file that has lost its name.
#[test]
fn a_file_that_is_renamed_or_replaced_while_open_is_the_one_that_bears_the_name() {
    let (dir, file, owner) = store();
    let (away, second) = (dir.path().join("away.db"), dir.path().join("second.db"));
    let other = agent(&second, "other");
    acquire(&other, &["y"]).unwrap();
    drop(other);
    let with_log = |from: &Path, to: &Path| {
        for suffix in ["db", "db-wal", "db-shm"] {
            let _ = fs::rename(from.with_extension(suffix), to.with_extension(suffix));
        }
    };
    with_log(&file, &away);
    assert!(held(&owner).is_empty(), "there is none");
    with_log(&second, &file);
    assert_eq!(held(&owner), ["y"]);
    assert!(matches!(block_on(owner.acquire("y").into_future()).unwrap(), Grant::Refused(_)));
    acquire(&owner, &["z"]).unwrap();
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(acquire(&owner, &["x"]).is_err());
    fs::remove_dir(&file).unwrap();
    for suffix in ["db-wal", "db-shm"] {
        let _ = fs::remove_file(file.with_extension(suffix));
    }
    with_log(&away, &file);
    assert_eq!(held(&owner), ["x"]);
}

/// Its own user, who has lost the right to it, frees nothing and is told.
#[test]
fn permissions_that_are_taken_away_free_nothing() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("NOT TRIED: only root can be somebody else");
        return;
    }
    let dir = TempDir::new().unwrap();
    chown(dir.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    let file = dir.path().join("locks.db");
    let child = |patterns: &[&str]| Child::acquire(&url(&file), patterns).of_user(NOBODY).run();
    assert!(child(&["held"]).starts_with("held"));
    let owner = LockManager::new(SqliteBackend::open(&file).unwrap(), "other").unwrap();
    for name in ["locks.db", "locks.db-wal", "locks.db-shm", "locks.db.guard"] {
        for mode in [0o000, 0o400] {
            let place = dir.path().join(name);
            let was = fs::metadata(&place).unwrap().permissions();
            fs::set_permissions(&place, Permissions::from_mode(mode)).unwrap();
            let said = child(&["new"]);
            let told = ["Denied", "Unavailable", "held"].iter().any(|it| said.starts_with(it));
            assert!(told, "{name} {mode:o}: {said}");
            let other = Child::acquire(&url(&file), &["held"]).agent("other").of_user(NOBODY);
            let answer = other.run();
            assert!(!answer.starts_with("held"), "{name} {mode:o}: {answer}");
            fs::set_permissions(&place, was).unwrap();
            let expected: &[&str] =
                if said.starts_with("held") { &["held", "new"] } else { &["held"] };
            assert_eq!(held(&owner), expected, "{name} {mode:o}: {said}");
            let child = lock_core::AgentId::new("child").unwrap();
            if said.starts_with("held") {
                drop(block_on(owner.cleanup_agent(child)).unwrap());
                assert!(self::Child::acquire(&url(&file), &["held"]).run().starts_with("held"));
            }
        }
    }
}

/// One page of the file after the other is overwritten: what was held is given to nobody.
#[test]
fn whichever_page_is_damaged_nothing_is_given_away() {
    let (_dir, file, owner) = store();
    acquire(&owner, &["src/*.rs", "doc/"]).unwrap();
    // Enough to fill some pages, and the last of them is not where a request's own record goes.
    let many: Vec<String> = (0..40).map(|n| format!("many/{n}")).chain(["zz/a".into()]).collect();
    acquire(&owner, &many.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    drop(owner);
    let conn = rusqlite::Connection::open(&file).unwrap();
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let size: u32 = conn.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    conn.close().unwrap();
    let whole = fs::read(&file).unwrap();
    let (mut told, mut granted) = (0, 0);
    for page in 0..whole.len() as u32 / size {
        for fill in [0x00, 0xff, 0x0d] {
            fs::write(&file, &whole).unwrap();
            for suffix in ["db-wal", "db-shm"] {
                let _ = fs::remove_file(file.with_extension(suffix));
            }
            let damaged = File::options().write(true).open(&file).unwrap();
            damaged.write_all_at(&vec![fill; size as usize], u64::from(page * size)).unwrap();
            for held in ["x", "{aa,zz}/**"] {
                let said = Child::acquire(&url(&file), &[held]).run();
                let what = format!("page {page} full of {fill:#x}: {said}");
                assert!(!said.starts_with("held"), "{what}");
            }
            let said = Child::acquire(&url(&file), &["elsewhere"]).run();
            match said.split(' ').next().unwrap() {
                "held" => granted += 1,
                "Corrupt" | "Invalid" | "Unsupported" => told += 1,
                _ => panic!("page {page} full of {fill:#x}: {said}"),
            }
        }
    }
    assert!(told > 3, "{told} were told of, {granted} needed nothing of that page");
}

/// A POSIX lock goes with the first close of its file in the process: the guard does not.
#[test]
fn a_stray_close_of_the_file_lets_nobody_in() {
    let (dir, file, _owner) = store();
    let (done, met) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(SeqCst) {
                drop(File::open(&file));
            }
        });
        let others: Vec<_> = (0..3)
            .map(|n| {
                let (file, met, inside) = (&file, &met, dir.path().join("inside"));
                scope.spawn(move || {
                    let mut turns = 0;
                    let locks = agent(file, &format!("agent-{n}"));
                    while turns < 200 && !met.load(SeqCst) {
                        let leases = match block_on(locks.acquire("hot").into_future()).unwrap() {
                            Grant::Held(leases) => leases,
                            _ => continue,
                        };
                        // Two inside at once would find it there.
                        let alone = File::create_new(&inside).is_ok();
                        // Long enough for another to come in, if it can.
                        std::thread::sleep(Duration::from_micros(200));
                        if !alone || fs::remove_file(&inside).is_err() {
                            met.store(true, SeqCst);
                        }
                        assert_eq!(block_on(locks.release(&leases)).unwrap().released.len(), 1);
                        turns += 1;
                    }
                })
            })
            .collect();
        let ended: Vec<_> = others.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, SeqCst);
        assert!(ended.iter().all(Result::is_ok));
    });
    assert!(!met.load(SeqCst), "two were inside at once");
    assert_eq!(held(&agent(&file, "reader")), ["x"]);
}

#[test]
fn a_wall_clock_that_is_set_changes_no_lease() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("locks.db");
    a_step_changes_no_lease(&url(&file), |name| agent(&file, name));
}

/// What [`Child`] runs in another process.
#[test]
#[ignore = "other tests run it in a process of its own"]
fn child() {
    answer_as_child(&Backends::new().with(&lock_sqlite::SCHEME));
}
