//! One cycle (acquire and release of one path, in process) beside its floor, and how it grows with
//! what others hold.
//!
//! `cargo bench -p lock-fs --bench cycle [-- --quick]`; `TMPDIR` says on which disk.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench prints, and stops where it cannot go on"
)]

#[path = "../../benches/commands.rs"]
mod commands;
mod floor;
#[path = "../../benches/report.rs"]
mod report;

use std::path::Path;

use commands::{Cycle, fill};
use lock_fs::FsBackend;
use report::{Turns, head, scaled};

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    head("bare calls");
    let mut floor = floor::Floor::open(&dir.join("bare"));
    let empty = store(&dir.join("empty"));
    let mut cycle = Cycle::new(&empty, "src/module/file.rs");
    Turns::take(scaled(30), 500, || cycle.run(), || floor.cycle())
        .row("fs: acquire + release of a path, nothing else held", "≤ 1.5 ×");
    growth(dir, &empty);
}

fn store(path: &Path) -> FsBackend {
    FsBackend::open(path).unwrap()
}

/// Beside the same cycle in a store where nothing is held.
fn growth(dir: &Path, empty: &FsBackend) {
    println!();
    head("nothing held");
    let tenth = |count: usize| if scaled(10) == 10 { count } else { count / 10 };
    let mut none = Cycle::new(empty, "src/module/file.rs");
    let mut most = None;
    for (kind, counts) in [("locks", [1_000, 100_000]), ("globs", [100, 10_000])] {
        for count in counts.map(tenth) {
            let full = store(&dir.join(format!("{count}-{kind}")));
            fill(&full, count, |n| match kind {
                "locks" => format!("lib/{}/{}/{n}.rs", n % 97, n % 11),
                _ => format!("lib/{}/{}/{n}*.rs", n % 97, n % 11),
            });
            let mut cycle = Cycle::new(&full, "src/module/file.rs");
            Turns::take(scaled(20), 200, || cycle.run(), || none.run())
                .row(&format!("fs: a path, {count} unrelated {kind} held"), "≤ 1.2 ×");
            if kind == "locks" {
                most = Some((count, full));
            }
        }
    }
    let deep = format!("{}/file.rs", ["directory"; 60].join("/"));
    let mut cycle = Cycle::new(empty, &deep);
    Turns::take(scaled(20), 200, || cycle.run(), || none.run())
        .row("fs: a path 60 directories deep", "");
    let Some((count, full)) = most else { return };
    println!();
    head("a path");
    let mut path = Cycle::new(&full, "src/module/file.rs");
    let mut glob = Cycle::new(&full, "src/module/*.rs");
    Turns::take(scaled(20), 200, || glob.run(), || path.run())
        .row(&format!("fs: a glob, nothing below its anchor, {count} locks elsewhere"), "≤ 2 ×");
}
