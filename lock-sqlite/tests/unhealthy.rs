//! What the doctor says of the machine around a store: it names what keeps locks from being taken,
//! and frees none.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a panic is how a test reports, and its child answers by what it prints"
)]

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::Path,
    process::Command,
};

use conformance_tests::machine::{Disk, acquire, held};
use futures_lite::future::block_on;
use lock_core::{Backends, Check, LockManager};
use lock_sqlite::SqliteBackend;

const STORE: &str = "locks.db";
const URL: &str = "LOCK_TEST_DOCTOR";
const SAYS: &str = "child says: ";

fn doctor(dir: &Path, repair: bool) -> Vec<Check> {
    let url = format!("sqlite:{}", dir.join(STORE).display());
    let backends = Backends::new().with(&lock_sqlite::SCHEME);
    block_on(backends.inspect_at(&url, Path::new(""), repair)).unwrap()
}

/// What is not well, and what is seen of it.
fn ill(checks: &[Check]) -> Vec<String> {
    let ill = checks.iter().filter(|check| !check.ok);
    ill.map(|check| {
        assert!(!check.hint.is_empty(), "{check:?}");
        format!("{}: {}", check.name, check.detail)
    })
    .collect()
}

fn agent(dir: &Path, name: &str) -> LockManager {
    LockManager::new(SqliteBackend::open(dir.join(STORE)).unwrap(), name).unwrap()
}

/// The one thing that is not well is called `name`, and `said` is seen of it; the doctor cannot
/// mend it, and lets nothing go.
#[track_caller]
fn is_named(dir: &Path, name: &str, said: &str) {
    for repair in [false, true] {
        let found = ill(&doctor(dir, repair));
        let [one] = &found[..] else { panic!("{name}: {found:?}") };
        assert!(one.starts_with(&format!("{name}: ")) && one.contains(said), "{found:?}");
    }
}

/// What the doctor says in a process of its own, under another program, or as another user.
fn elsewhere(dir: &Path, under: &[&str], user: Option<u32>) -> String {
    // Where it was built, another user may not look.
    let copy = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir();
    let program = copy.as_ref().unwrap().path().join("doctor");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut words = under.iter().map(Into::into).chain([program.into_os_string()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["--ignored", "--exact", "child", "--nocapture"]).env(URL, dir);
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = text.lines().find_map(|line| line.split_once(SAYS).map(|(_, said)| said));
    said.unwrap_or_else(|| panic!("it says nothing: {output:?}")).to_owned()
}

#[test]
#[ignore = "other tests run it in a process of its own"]
fn child() {
    let dir = std::env::var_os(URL).unwrap();
    println!("\n{SAYS}{}", ill(&doctor(Path::new(&dir), false)).join("; "));
}

#[test]
fn a_disk_without_room_is_named() {
    let Some(disk) = Disk::tmpfs("size=40m,mode=0700") else { return };
    let owner = agent(disk.path(), "owner");
    acquire(&owner, &["a"]).unwrap();
    assert_eq!(ill(&doctor(disk.path(), false)), [""; 0]);
    fs::write(disk.path().join("ballast"), vec![1; 30_000_000]).unwrap();
    is_named(disk.path(), "space", "MiB free");
    assert_eq!(held(&owner), ["a"]);
    fs::remove_file(disk.path().join("ballast")).unwrap();
    assert_eq!(ill(&doctor(disk.path(), false)), [""; 0]);
}

#[test]
fn a_network_file_system_is_named() {
    let dir = tempfile::tempdir().unwrap();
    acquire(&agent(dir.path(), "owner"), &["a"]).unwrap();
    // NFS by its magic number.
    let nfs = "inject=fstatfs,statfs:poke_exit=@arg2=6969000000000000";
    let said = elsewhere(dir.path(), &["strace", "-f", "-qq", "-o", "/dev/null", "-e", nfs], None);
    assert!(said.starts_with("file system: NFS"), "{said}");
}

#[test]
fn a_store_of_another_user_is_named() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("NOT TRIED: only root can be somebody else");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let owner = agent(dir.path(), "owner");
    acquire(&owner, &["a"]).unwrap();
    let said = elsewhere(dir.path(), &[], Some(65_534));
    assert!(said.contains("store: ") && said.contains("ermi"), "{said}");
    assert_eq!(held(&owner), ["a"]);
}

/// Such a disk takes no database's companions, so the file cannot even be looked into.
#[test]
fn a_read_only_disk_is_named() {
    let Some(disk) = Disk::tmpfs("size=40m,mode=0700") else { return };
    acquire(&agent(disk.path(), "owner"), &["a"]).unwrap();
    disk.remount("ro");
    let found = ill(&doctor(disk.path(), true));
    assert!(found.iter().any(|one| one.starts_with("file system: read-only")), "{found:?}");
    disk.remount("rw");
    assert_eq!(held(&agent(disk.path(), "reader")), ["a"]);
}

#[test]
fn who_has_the_guard_for_too_long_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let owner = agent(dir.path(), "owner");
    acquire(&owner, &["a"]).unwrap();
    let guard = fs::File::open(dir.path().join("locks.db.guard")).unwrap();
    guard.lock().unwrap();
    let found = ill(&doctor(dir.path(), true));
    assert!(
        found.iter().any(|one| one.starts_with("guard: ") && one.contains("has had it")),
        "{found:?}"
    );
    drop(guard);
    assert_eq!(held(&owner), ["a"]);
}

#[test]
fn a_guard_that_is_something_else_is_named() {
    let dir = tempfile::tempdir().unwrap();
    acquire(&agent(dir.path(), "owner"), &["a"]).unwrap();
    let guard = dir.path().join("locks.db.guard");
    fs::remove_file(&guard).unwrap();
    fs::create_dir(&guard).unwrap();
    let found = ill(&doctor(dir.path(), true));
    assert!(found.iter().any(|one| one.starts_with("guard: ")), "{found:?}");
    fs::remove_dir(&guard).unwrap();
    assert_eq!(held(&agent(dir.path(), "reader")), ["a"]);
}

/// A lock that an index does not lead to is not found by who asks by that index.
#[test]
fn an_index_that_contradicts_its_table_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    acquire(&agent(dir.path(), "owner"), &["a", "b"]).unwrap();
    let conn = rusqlite::Connection::open(dir.path().join("locks.db")).unwrap();
    // While the index leaves everything out, a row comes by another name.
    conn.execute_batch(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = sql || ' WHERE 0' WHERE name = 'locks_by_agent';
         PRAGMA writable_schema = RESET;
         UPDATE locks SET agent = 'another' WHERE pattern = 'a';
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, ' WHERE 0', '') WHERE name = 'locks_by_agent';
         PRAGMA writable_schema = RESET;",
    )
    .unwrap();
    conn.close().unwrap();
    let before = ill(&doctor(dir.path(), false));
    assert!(before.iter().any(|one| one.starts_with("integrity: ")), "{before:?}");
    assert_eq!(ill(&doctor(dir.path(), true)), [""; 0]);
    assert_eq!(ill(&doctor(dir.path(), false)), [""; 0]);
    assert_eq!(held(&agent(dir.path(), "reader")), ["a", "b"]);
}

/// What lies in a page cannot be guessed: it is named, and the file is left as it is.
#[test]
fn a_damaged_page_is_named_and_left() {
    use std::os::unix::fs::FileExt as _;
    let dir = tempfile::tempdir().unwrap();
    acquire(&agent(dir.path(), "owner"), &["a"]).unwrap();
    let file = dir.path().join("locks.db");
    let conn = rusqlite::Connection::open(&file).unwrap();
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'locks'";
    let root: u32 = conn.query_row(root, [], |row| row.get(0)).unwrap();
    let size: u32 = conn.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    conn.close().unwrap();
    let open = fs::File::options().write(true).open(&file).unwrap();
    open.write_all_at(&[0xff; 512], u64::from((root - 1) * size)).unwrap();
    let damaged = fs::read(&file).unwrap();
    let found = ill(&doctor(dir.path(), true));
    assert!(found.iter().any(|one| one.starts_with("integrity: ")), "{found:?}");
    assert!(found.iter().any(|one| one.starts_with("records: ")), "{found:?}");
    assert_eq!(fs::read(&file).unwrap(), damaged);
}
