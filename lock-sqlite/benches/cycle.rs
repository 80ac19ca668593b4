//! A cycle beside its floor, and how it grows: `benches/growth.rs` on this store.
//!
//! `cargo bench -p lock-sqlite --bench cycle [-- --quick]`; `TMPDIR` says on which disk.
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

use benches::{growth, stores::Stores as _};
use here::Here;

fn main() {
    let dir = tempfile::tempdir().unwrap();
    growth::measure(&Here::at(dir.path()), "≤ 1.4 ×");
}
