//! How many system calls a cycle takes, and in which order: a guard against regressions that no
//! noise can trip.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{collections::BTreeMap, process::Command};

use futures_lite::future::block_on;
use lock_core::LockManager;
use lock_fs::FsBackend;
use tempfile::TempDir;

const STORE: &str = "LOCK_FS_TEST_STORE";
const CYCLES: &str = "LOCK_FS_TEST_CYCLES";

/// Acquire and release of one path, all told: 27, and one more now and then for the bell. The floor of
/// both is 13: see `benches/floor`.
const CEILING: u64 = 28;

/// What `strace` with `options` wrote down of a child that ran `cycles` cycles.
fn traced(options: &[&str], cycles: u64) -> String {
    let dir = TempDir::new().unwrap();
    let trace = dir.path().join("trace");
    let mut strace = Command::new("strace");
    strace.arg("-f").args(options).arg("-o").arg(&trace).arg(std::env::current_exe().unwrap());
    strace.args(["--ignored", "--exact", "child", "--test-threads=1"]);
    strace.env(STORE, dir.path().join("locks")).env(CYCLES, cycles.to_string());
    let output = strace.output().unwrap_or_else(|error| {
        panic!("strace is needed, and ./test brings it: {error}");
    });
    assert!(output.status.success(), "{output:?}");
    std::fs::read_to_string(trace).unwrap()
}

/// What `strace -c` counted, call by call, while a child ran `cycles` cycles.
fn counted(cycles: u64) -> BTreeMap<String, u64> {
    // % time, seconds, usecs/call, calls, [errors], syscall
    let text = traced(&["-c"], cycles);
    let count = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let calls = words.get(3)?.parse().ok()?;
        words.last().filter(|name| **name != "total").map(|name| ((*name).to_owned(), calls))
    };
    text.lines().filter_map(count).collect()
}

#[test]
fn a_cycle_stays_below_its_ceiling() {
    let (few, many) = (counted(10), counted(110));
    let mut per_cycle: BTreeMap<&String, u64> = BTreeMap::new();
    for (name, calls) in &many {
        // What the harness does is the same in both.
        let more = calls.saturating_sub(few.get(name).copied().unwrap_or(0));
        if more >= 50 {
            per_cycle.insert(name, more.div_ceil(100));
        }
    }
    let total: u64 = per_cycle
        .iter()
        // A debug build asks before each close whether the descriptor is open.
        .filter(|(name, _)| **name != "fcntl")
        .map(|(_, calls)| calls)
        .sum();
    assert!(total <= CEILING, "{total} calls a cycle: {per_cycle:?}");
    assert!(total >= 13, "fewer than it can do with: it was not counted: {per_cycle:?}");
    // Each is there for a reason; one more is a decision.
    for (name, most) in [("flock", 4), ("renameat", 1), ("unlinkat", 1), ("fsync", 0)] {
        let calls = per_cycle.get(&name.to_owned()).copied().unwrap_or(0);
        assert!(calls <= most, "{name}: {calls}, not {most}: {per_cycle:?}");
    }
    for name in ["clone", "clone3", "futex", "mmap"] {
        assert!(!per_cycle.contains_key(&name.to_owned()), "{name}: {per_cycle:?}");
    }
}

/// Whoever is woken wants the guard: a bell that rings before it is free wakes them for nothing.
#[test]
fn the_bell_rings_only_once_the_guard_is_free() {
    const CYCLES: usize = 3;
    let trace = traced(&["-y", "-e", "trace=flock,pwrite64"], CYCLES as u64);
    let (mut held, mut rung) = (false, 0);
    for line in trace.lines() {
        if line.contains("/guard>") && line.contains("flock(") {
            held = !line.contains("LOCK_UN");
        } else if line.contains("/bell>") {
            assert!(!held, "rung under the guard: {line}\n{trace}");
            rung += 1;
        }
    }
    assert_eq!(rung, 2 * CYCLES, "once for each step: {trace}");
}

/// What is traced.
#[test]
#[ignore = "another test runs it in a process of its own"]
fn child() {
    let Some(store) = std::env::var_os(STORE) else { panic!("no test asked for this") };
    let locks = LockManager::new(FsBackend::open(store).unwrap(), "agent-7").unwrap();
    for _ in 0..std::env::var(CYCLES).unwrap().parse::<u64>().unwrap() {
        let leases = block_on(locks.acquire("src/a.rs").into_future()).unwrap().held().unwrap();
        let _ = block_on(locks.release(&leases)).unwrap();
    }
}
