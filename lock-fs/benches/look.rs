//! Looking: `benches/look.rs` on this store.
//!
//! `cargo bench -p lock-fs --bench look [-- --quick]`; `TMPDIR` says on which disk.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench prints, and stops where it cannot go on"
)]

#[path = "../../benches/mod.rs"]
mod benches;
mod floor;
mod here;

use std::path::Path;

use benches::{look, look::Bare, stores::Stores as _};
use here::Here;

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let here = Here::at(dir.path());
    let count = look::filled(&here, "locks");
    let files = dir.path().join("locks/locks");
    let file = files.join(format!("{}.lock", look::PATH));
    let all = || read_all(&files);
    let one = || assert!(!std::fs::read(&file).unwrap().is_empty());
    let bare = Bare { all: ("reading all files", &all), one: ("reading one file", &one) };
    look::measure(&here, "locks", count, &bare);
}

/// Reads every file below `dir`; how many there are.
fn read_all(dir: &Path) -> usize {
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
