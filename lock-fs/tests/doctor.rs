//! What the doctor sees, and what it mends.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test reports")]

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use futures_lite::future::block_on;
use lock_core::{
    Backends, Cause, Check, Grant, ListFilter, LockManager, LockScope, Scope, Version,
};
use lock_fs::FsBackend;
use tempfile::TempDir;

fn doctor(dir: &Path, repair: bool) -> Vec<Check> {
    let backends = Backends::new().with(&lock_fs::SCHEME);
    block_on(backends.inspect_at("fs:locks", dir, repair)).unwrap()
}

/// The names of what is not well.
fn ill(checks: &[Check]) -> Vec<&str> {
    checks.iter().filter(|check| !check.ok).map(|check| check.name.as_str()).collect()
}

/// The doctor sees what is ill and changes nothing, then mends it, and sees nothing any more.
#[track_caller]
fn healed(dir: &Path, ill_before: &[&str]) {
    assert_eq!(ill(&doctor(dir, false)), ill_before);
    assert_eq!(ill(&doctor(dir, false)), ill_before, "looking mends nothing");
    let mended = doctor(dir, true);
    assert_eq!(ill(&mended), [""; 0], "{mended:?}");
    let after = doctor(dir, false);
    assert_eq!(ill(&after), [""; 0], "{after:?}");
}

fn agent(dir: &Path, name: &str) -> LockManager {
    LockManager::new(FsBackend::open(dir.join("locks")).unwrap(), name).unwrap()
}

fn grant(locks: &LockManager, pattern: &str) -> bool {
    let grant = block_on(locks.acquire(pattern).into_future()).unwrap();
    matches!(grant, Grant::Held(_))
}

/// A store with two locks.
fn sound() -> TempDir {
    let dir = TempDir::new().unwrap();
    let owner = agent(dir.path(), "owner");
    assert!(grant(&owner, "src/a.rs") && grant(&owner, "lib/*.rs"));
    dir
}

fn file(dir: &Path, name: &str) -> PathBuf {
    dir.join("locks").join(name)
}

const SLOT: &str = "locks/src/a.rs.lock";

/// As if the file had been written so long ago that the default lease is over.
fn age(path: &Path) {
    let then = SystemTime::now() - Duration::from_secs(301);
    fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}

/// How many grants and ends the store remembers.
fn remembered(dir: &Path) -> usize {
    let scope = Scope::of(LockScope::None).with_history(Version::default());
    block_on(agent(dir, "x").backend().view(&scope)).unwrap().history.len()
}

fn quarantined(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(file(dir, "quarantine")) else { return Vec::new() };
    let texts = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap_or_default());
    texts.map(|text| String::from_utf8_lossy(&text).into_owned()).collect()
}

#[test]
fn a_sound_store_is_healthy() {
    let dir = sound();
    let checks = doctor(dir.path(), false);
    assert_eq!(ill(&checks), [""; 0], "{checks:?}");
    assert!(checks.iter().any(|check| check.detail == "2 locks"), "{checks:?}");
}

#[test]
fn a_store_that_is_not_there_is_healthy_and_stays_away() {
    let dir = TempDir::new().unwrap();
    assert_eq!(ill(&doctor(dir.path(), true)), [""; 0]);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// Whose it was cannot be told: it holds until its time is over, whatever the doctor is told.
#[test]
fn a_record_that_cannot_be_read_is_not_freed_before_its_time() {
    let dir = sound();
    fs::write(file(dir.path(), SLOT), "{").unwrap();
    assert_eq!(ill(&doctor(dir.path(), true)), ["records"]);
    assert!(!grant(&agent(dir.path(), "other"), "src/a.rs"));
    assert_eq!(quarantined(dir.path()), [""; 0]);

    age(&file(dir.path(), SLOT));
    healed(dir.path(), &["records"]);
    assert_eq!(quarantined(dir.path()), ["{"]);
    let list = block_on(agent(dir.path(), "other").list(ListFilter::default())).unwrap();
    assert_eq!(list.locks.len(), 1);
    assert!(grant(&agent(dir.path(), "other"), "src/a.rs"));
}

/// No search looks where it lies, so it would exclude nobody.
#[test]
fn a_lock_in_the_wrong_place_is_put_back() {
    let dir = sound();
    let other = agent(dir.path(), "other");
    fs::rename(file(dir.path(), SLOT), file(dir.path(), "locks/src/b.rs.lock")).unwrap();
    assert!(block_on(other.who_has("src/a.rs")).unwrap().locks.is_empty());
    // Where it lies it may have taken another's place: that is held until its time is over.
    assert_eq!(ill(&doctor(dir.path(), true)), ["records"]);
    let who = block_on(other.who_has("src/a.rs")).unwrap();
    assert_eq!(who.locks[0].agent.as_str(), "owner");
    assert!(!grant(&other, "src/b.rs"));
    age(&file(dir.path(), "locks/src/b.rs.lock"));
    healed(dir.path(), &["records"]);
    assert!(!grant(&other, "src/a.rs") && grant(&other, "src/b.rs"));
}

/// Two would hold one path.
#[test]
fn a_lock_whose_path_was_granted_meanwhile_is_not_put_back() {
    let dir = sound();
    let other = agent(dir.path(), "other");
    fs::rename(file(dir.path(), SLOT), file(dir.path(), "locks/b.rs.lock")).unwrap();
    assert!(grant(&other, "src/*"));
    assert_eq!(ill(&doctor(dir.path(), true)), ["records"]);
    let who = block_on(other.who_has("src/a.rs")).unwrap();
    let agents: Vec<&str> = who.locks.iter().map(|lock| lock.agent.as_str()).collect();
    assert_eq!(agents, ["other"]);
}

#[test]
fn lost_numbers_are_found_again() {
    let dir = sound();
    let token = |name: &str| {
        let request = agent(dir.path(), "other").acquire(name);
        block_on(request.into_future()).unwrap().held().unwrap().token()
    };
    let before = token("x");
    fs::write(file(dir.path(), "state"), "rubbish").unwrap();
    healed(dir.path(), &["step"]);
    assert!(token("y") > before);
}

#[test]
fn tokens_rise_above_those_of_all_records() {
    let dir = sound();
    let slot = file(dir.path(), SLOT);
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&slot).unwrap()).unwrap();
    record["lock"]["token"] = 9_007_199_254_740_000_u64.into();
    fs::write(&slot, record.to_string()).unwrap();
    healed(dir.path(), &["version"]);
    let other = agent(dir.path(), "other");
    let leases = block_on(other.acquire("x").into_future()).unwrap().held().unwrap();
    assert!(leases.token().get() > 9_007_199_254_740_000);
}

/// Nothing heals it but the clock itself.
#[test]
fn a_token_of_the_future_tells_that_the_clock_went_back() {
    let dir = sound();
    let slot = file(dir.path(), SLOT);
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&slot).unwrap()).unwrap();
    let token = record["lock"]["token"].as_u64().unwrap();
    record["lock"]["token"] = (token + 3_600_000_000).into();
    fs::write(&slot, record.to_string()).unwrap();
    assert_eq!(ill(&doctor(dir.path(), true)), ["clock"]);
}

#[test]
fn what_cannot_be_read_of_the_past_counts_as_forgotten() {
    let dir = sound();
    let log = file(dir.path(), "log");
    let before = fs::read_to_string(&log).unwrap();
    let torn = before.replacen("owner", "o ner", 1);
    fs::write(&log, &torn).unwrap();
    healed(dir.path(), &["history"]);
    assert_eq!(quarantined(dir.path()), [torn]);
    assert_eq!(
        fs::read_to_string(&log).unwrap().trim_start(),
        before.lines().nth(1).unwrap().to_owned() + "\n"
    );
    let lost = block_on(agent(dir.path(), "stranger").refresh("x")).unwrap().lost;
    assert_eq!(lost[0].cause, Cause::Unknown);
    // It is still a log, and a store that loses its numbers as well finds all that is left.
    fs::remove_file(file(dir.path(), "state")).unwrap();
    healed(dir.path(), &["step"]);
    assert_eq!(remembered(dir.path()), 1);
}

/// Whoever writes next would leave a hole.
#[test]
fn a_log_that_was_cut_short_is_continued_where_it_ends() {
    let dir = sound();
    let log = file(dir.path(), "log");
    let first = fs::read_to_string(&log).unwrap().find('\n').unwrap() as u64;
    fs::File::options().write(true).open(&log).unwrap().set_len(first + 40).unwrap();
    healed(dir.path(), &["history"]);
    assert!(grant(&agent(dir.path(), "other"), "x"));
    assert!(!fs::read(&log).unwrap().contains(&0));
    assert_eq!(remembered(dir.path()), 2);
}

#[test]
fn a_waiter_that_cannot_be_read_goes_and_is_kept() {
    let dir = sound();
    let line = file(dir.path(), "line");
    fs::create_dir_all(&line).unwrap();
    let name = format!("{:032x}-0.waiter", 7);
    fs::write(line.join(&name), "torn").unwrap();
    healed(dir.path(), &["line"]);
    assert!(!line.join(name).exists());
    assert_eq!(quarantined(dir.path()), ["torn"]);
}

#[test]
fn what_a_killed_process_left_is_put_aside() {
    let dir = sound();
    fs::write(file(dir.path(), "next"), "half a rec").unwrap();
    fs::write(file(dir.path(), "redo"), "{\"format\":").unwrap();
    healed(dir.path(), &["leftovers"]);
    let mut kept = quarantined(dir.path());
    kept.sort();
    assert_eq!(kept, ["half a rec", "{\"format\":"]);
}

/// A file where the directory of a path belongs: nobody can lock what is below that path.
#[test]
fn a_stray_file_is_moved_out_of_the_way() {
    let dir = sound();
    fs::write(file(dir.path(), "locks/doc"), "notes").unwrap();
    fs::write(file(dir.path(), "locks/src/a.rs.lock~"), "an editor's").unwrap();
    let other = agent(dir.path(), "other");
    assert!(block_on(other.acquire("doc/x").into_future()).is_err());
    healed(dir.path(), &["leftovers"]);
    assert!(grant(&other, "doc/x"));
    let mut kept = quarantined(dir.path());
    kept.sort();
    assert_eq!(kept, ["an editor's", "notes"]);
}

#[test]
fn whatever_was_planted_in_place_of_a_file_is_moved_away() {
    for name in ["state", "log", "bell", "redo", "next"] {
        let dir = sound();
        let target = dir.path().join("target");
        fs::write(&target, "precious").unwrap();
        let _ = fs::remove_file(file(dir.path(), name));
        symlink(&target, file(dir.path(), name)).unwrap();
        let before = doctor(dir.path(), false);
        assert!(ill(&before).contains(&"files"), "{name}: {before:?}");
        let after = doctor(dir.path(), true);
        let also_lost = if name == "log" { "history" } else { "" };
        assert!(ill(&after).iter().all(|ill| *ill == also_lost), "{name}: {after:?}");
        assert!(grant(&agent(dir.path(), "owner"), "x"), "{name}");
        assert!(!grant(&agent(dir.path(), "other"), "src/a.rs"), "{name}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "precious", "{name}");
    }
}

#[test]
fn a_store_open_to_everybody_is_closed() {
    let dir = sound();
    let store = dir.path().join("locks");
    fs::set_permissions(&store, fs::Permissions::from_mode(0o707)).unwrap();
    // Everybody could have put anything there, so it is not even opened.
    assert_eq!(ill(&doctor(dir.path(), false)), ["permissions", "store"]);
    assert_eq!(ill(&doctor(dir.path(), true)), [""; 0]);
    assert_eq!(fs::metadata(&store).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn a_file_of_another_user_is_given_back() {
    let dir = sound();
    let store = dir.path().join("locks");
    if !rustix::process::geteuid().is_root() {
        eprintln!("not tried: only root can give a file away");
        return;
    }
    std::os::unix::fs::chown(store.join("log"), Some(12_345), None).unwrap();
    healed(dir.path(), &["permissions"]);
    assert_eq!(fs::metadata(store.join("log")).unwrap().uid(), 0);
}

#[test]
fn who_has_the_guard_for_too_long_is_named() {
    let dir = sound();
    let guard = fs::File::open(file(dir.path(), "guard")).unwrap();
    guard.lock().unwrap();
    let checks = doctor(dir.path(), false);
    assert_eq!(ill(&checks), ["guard"]);
    let check = checks.iter().find(|check| !check.ok).unwrap();
    assert!(check.detail.contains(&std::process::id().to_string()), "{check:?}");
}

#[test]
fn a_store_that_git_would_see_is_hidden_again() {
    let dir = sound();
    let ignore = file(dir.path(), ".gitignore");
    fs::remove_file(&ignore).unwrap();
    healed(dir.path(), &["gitignore"]);
    fs::write(&ignore, "# nothing\n").unwrap();
    healed(dir.path(), &["gitignore"]);
    assert_eq!(fs::read_to_string(&ignore).unwrap(), "*\n");
    assert_eq!(quarantined(dir.path()), ["# nothing\n"]);
}

#[test]
fn what_is_no_store_is_told_and_left() {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("locks")).unwrap();
    fs::write(dir.path().join("locks/thesis.tex"), "years of work").unwrap();
    let checks = doctor(dir.path(), true);
    assert!(ill(&checks).contains(&"store"), "{checks:?}");
    assert_eq!(fs::read_dir(dir.path().join("locks")).unwrap().count(), 1);
}
