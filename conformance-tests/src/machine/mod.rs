//! What a machine does to a store that lies on it: full disks, failing system calls, other users,
//! wall clocks that are set, processes that are killed or stopped at any of their system calls.
//!
//! For the tests of stores whose steps run in the client's own process. They need `strace`, root,
//! and `faketime`; a machine that allows no mounts says so in the test's output.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "how a child answers, and how a test that is not tried says so"
)]

mod child;
mod disk;
mod judge;
mod killed;
mod local;
mod operations;
mod points;
mod state;
mod stopped;
mod wall_clock;

pub use child::{Child, answer_as_child};
pub use disk::Disk;
pub use killed::{Figures, each_kill_leaves_the_old_state_or_the_new_one};
pub use local::Local;
pub use stopped::each_stop_holds_the_others_up_and_breaks_nothing;
pub use wall_clock::a_step_changes_no_lease;

use std::{
    thread,
    time::{Duration, Instant},
};

use futures_lite::future::block_on;
use lock_core::{Error, ErrorKind, Grant, ListFilter, LockManager, Token};

/// Acquires all of `patterns`; the token, or the kind of error and its text.
///
/// # Errors
/// What the store says.
pub fn acquire(locks: &LockManager, patterns: &[&str]) -> Result<Token, (ErrorKind, String)> {
    match block_on(locks.acquire(patterns.to_vec()).into_future()) {
        Ok(Grant::Held(leases)) => Ok(leases.token()),
        Ok(other) => panic!("{other:?}"),
        Err(Error::Backend(error)) => Err((error.kind(), error.to_string())),
        Err(error) => panic!("{error}"),
    }
}

/// What is held, in order.
pub fn held(locks: &LockManager) -> Vec<String> {
    let list = block_on(locks.list(ListFilter::default())).unwrap();
    let mut held: Vec<_> = list.locks.iter().map(|(lock, _)| lock.pattern.to_string()).collect();
    held.sort();
    held
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}
