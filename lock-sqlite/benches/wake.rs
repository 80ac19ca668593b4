//! Waiting: `benches/waiting.rs` on this store.
//!
//! `cargo bench -p lock-sqlite --bench wake [-- --quick]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where it cannot go on"
)]

#[path = "../../benches/report.rs"]
mod report;
#[path = "../../benches/waiting.rs"]
mod waiting;

use lock_sqlite::SqliteBackend;
use waiting::Waiting;

fn main() {
    let open = |dir: &std::path::Path, _: &str| SqliteBackend::open(dir.join("locks.db")).unwrap();
    Waiting { store: "SQLite", open, ways: &[("notified", "p50 ≤ 2 ms", "≤ 1 %")] }.measure();
}
