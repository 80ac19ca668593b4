//! Processes that are killed, or stopped, at the system calls by which they change a store.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{
    fs::{self, File},
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use conformance_tests::machine::{
    Local, acquire, answer_as_child, each_kill_leaves_the_old_state_or_the_new_one,
    each_stop_holds_the_others_up_and_breaks_nothing,
};
use lock_core::{Backends, host::Host};
use lock_fs::FsBackend;

const STORE: Local = Local {
    url: |dir| format!("fs:{}/locks", dir.display()),
    open: |dir| {
        let options = FsBackend::options().patience(Duration::from_millis(100));
        Ok(Arc::new(options.open(dir.join("locks"))?))
    },
    backends: || Backends::new().with(&lock_fs::SCHEME),
    damage,
    reboot,
    // Its redo is there, and its first record.
    midway: ("renameat", 3),
    fill,
};

/// Its record is cut short, and older than any lease that it may have had.
fn damage(dir: &Path) {
    let held = fs::read_dir(dir.join("locks/locks/lib/%held")).unwrap();
    let records: Vec<_> = held.map(|entry| entry.unwrap().path()).collect();
    let [record] = records.as_slice() else { panic!("{records:?}") };
    fs::write(record, "{").unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(3_600);
    File::options().write(true).open(record).unwrap().set_modified(long_ago).unwrap();
}

fn reboot(dir: &Path) {
    let locks = dir.join("locks/locks");
    for dir in ["", "lib/%held", "doc/%held"] {
        for entry in fs::read_dir(locks.join(dir)).unwrap() {
            let file = entry.unwrap().path();
            let Ok(text) = fs::read_to_string(&file) else { continue };
            assert!(text.contains(Host::current().boot_id()), "{text}");
            fs::write(&file, text.replace(Host::current().boot_id(), "before")).unwrap();
        }
    }
}

/// Writing 20,000 lines would take longer than all else: the numbers say that they are there.
fn fill(dir: &Path) {
    acquire(&STORE.agent(dir, "owner"), &["x"]).unwrap();
    let file = dir.join("locks/state");
    let text = fs::read_to_string(&file).unwrap();
    let (body, _) = text.split_once(" sum=").unwrap();
    let body = body.replace("lines=00000001", "lines=00020000");
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x13b);
    let sum = body.bytes().fold(0x62b8_2175_6295_c58d, mix);
    fs::write(&file, format!("{body} sum={sum:016x}\n")).unwrap();
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
