//! One cycle (acquire and release of one path) beside its floor, the bare statements that write the
//! record, the token and the history, on a file of the same schema, behind the same guard; and how
//! it grows with what others hold.
//!
//! `cargo bench -p lock-sqlite --bench cycle [-- --quick]`; `TMPDIR` says on which disk.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench prints, and stops where it cannot go on"
)]

#[path = "../../benches/commands.rs"]
mod commands;
#[path = "../src/floor.rs"]
mod floor;
#[path = "../../benches/report.rs"]
mod report;

use std::path::Path;

use commands::{Cycle, fill};
use lock_sqlite::SqliteBackend;
use report::{Turns, head, scaled};

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    head("bare statements");
    let empty = store(&dir.join("empty.db"));
    let mut cycle = Cycle::new(&empty, "src/module/file.rs");
    let bare = dir.join("bare.db");
    Cycle::new(&store(&bare), "src/module/file.rs").run();
    let mut floor = floor::Floor::open(&bare).unwrap();
    Turns::take(scaled(30), 200, || cycle.run(), || floor.cycle().unwrap())
        .row("SQLite: acquire + release of a path, nothing else held", "≤ 1.4 ×");
    growth(dir, &empty);
}

fn store(path: &Path) -> SqliteBackend {
    SqliteBackend::open(path).unwrap()
}

/// Beside the same cycle in a store where nothing is held.
fn growth(dir: &Path, empty: &SqliteBackend) {
    println!();
    head("nothing held");
    let mut none = Cycle::new(empty, "src/module/file.rs");
    let count = if scaled(10) == 10 { 100_000 } else { 10_000 };
    let full = store(&dir.join("full.db"));
    fill(&full, count, |n| format!("lib/{}/{}/{n}.rs", n % 97, n % 11));
    let mut cycle = Cycle::new(&full, "src/module/file.rs");
    Turns::take(scaled(20), 200, || cycle.run(), || none.run())
        .row(&format!("SQLite: a path, {count} unrelated locks held"), "≤ 1.2 ×");
    println!();
    head("a path");
    let mut glob = Cycle::new(&full, "src/module/*.rs");
    Turns::take(scaled(20), 200, || glob.run(), || cycle.run()).row(
        &format!("SQLite: a glob, nothing below its anchor, {count} locks elsewhere"),
        "≤ 2 ×",
    );
}
