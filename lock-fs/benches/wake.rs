//! Waiting: `benches/waiting.rs` on this store.
//!
//! `cargo bench -p lock-fs --bench wake [-- --quick]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where it cannot go on"
)]

#[path = "../../benches/report.rs"]
mod report;
#[path = "../../benches/waiting.rs"]
mod waiting;

use lock_fs::FsBackend;
use waiting::Waiting;

fn main() {
    let open = |dir: &std::path::Path, how: &str| {
        FsBackend::options().notification(how == "notified").open(dir.join("locks")).unwrap()
    };
    Waiting {
        store: "fs",
        open,
        ways: &[("notified", "p50 ≤ 2 ms", "≤ 1 %"), ("looking", "", "≤ 5 %")],
    }
    .measure();
}
