//! Contention: `benches/crowd.rs` on this store.
//!
//! `cargo bench -p lock-sqlite --bench crowd [-- --quick]`; `TMPDIR` says on which disk.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench prints, and stops where it cannot go on"
)]

#[path = "../../benches/mod.rs"]
mod benches;
#[path = "../src/floor.rs"]
mod floor;
mod here;

use benches::crowd;
use here::Here;

fn main() {
    if crowd::child::<Here>() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    crowd::measure::<Here>(dir.path(), "≥ 0.75 ×, ≤ 3");
}
