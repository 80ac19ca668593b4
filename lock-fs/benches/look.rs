//! Looking at a store in which very much is held: `list`, and `who` holds one path.
//!
//! `cargo bench -p lock-fs --bench look [-- --quick]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where it cannot go on"
)]

#[path = "../../benches/commands.rs"]
mod commands;
#[path = "../../benches/report.rs"]
mod report;

use commands::fill;
use futures_lite::future::block_on;
use lock_core::{ListFilter, LockManager};
use lock_fs::FsBackend;
use report::{Turns, head, scaled};

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let count = if scaled(10) == 10 { 100_000 } else { 10_000 };
    let store = FsBackend::open(dir.path().join("locks")).unwrap();
    fill(&store, count, |n| format!("lib/{}/{}/{n}.rs", n % 97, n % 11));
    let files = dir.path().join("locks/locks");
    let reader = LockManager::new(store, "reader").unwrap();
    head("reading all files");
    let list = || {
        let list = block_on(reader.list(ListFilter::default())).unwrap();
        assert_eq!(list.locks.len(), count);
    };
    let read = || assert_eq!(read_all(&files), count);
    Turns::take(scaled(10), 1, list, read).row(&format!("fs: list, {count} held"), "");
    println!();
    head("reading one file");
    let who = || {
        assert_eq!(block_on(reader.who_has("lib/5/5/5.rs")).unwrap().locks.len(), 1);
    };
    let file = files.join("lib/5/5/5.rs.lock");
    let read = || assert!(!std::fs::read(&file).unwrap().is_empty());
    Turns::take(scaled(30), 200, who, read).row(&format!("fs: who, {count} held"), "");
}

/// Reads every file below `dir`; how many there are.
fn read_all(dir: &std::path::Path) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            count += read_all(&entry.path());
        } else {
            std::hint::black_box(std::fs::read(entry.path()).unwrap());
            count += 1;
        }
    }
    count
}
