//! One suite for every backend of the lock manager.
//!
//! A backend's author writes a [`Fixture`], some 25 lines, and gets one named test per scenario:
//! the races of threads and processes for one lock, and every promise of
//! [`LockBackend`](lock_core::LockBackend) that can be seen from outside.
//!
//! Every scenario records each call with its time and its answer, and afterwards holds the whole
//! history against the rule; see `docs/writing-a-backend.md` for what a failure tells.
//!
//! # Knobs
//! | variable | sets |
//! |---|---|
//! | `LOCK_TEST_SECONDS` | the length of each race that is measured in time; 0.5 |
//! | `LOCK_TEST_CASES` | how many random sequences of commands are tried; 60 |
//! | `LOCK_TEST_KILLS` | how many processes are killed with -9; 36 |
//! | `LOCK_TEST_POINTS` | at how many system calls of each operation a process is killed or stopped; 2 and 1 |
//! | `LOCK_TEST_SEED` | where random choices begin; a failure prints the one it had |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "all of this is test code: a panic is how it reports"
)]

mod bench;
mod faults;
mod fixture;
mod harness;
mod history;
mod knobs;
#[cfg(target_os = "linux")]
pub mod machine;
mod plan;
mod process;
mod rng;
mod scenarios;

pub use fixture::{Fixture, Store, Trouble};
pub use harness::{run, run_one, scenarios};
