//! The wall clock of a client is set; the server's is the one that decides.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once")]

mod server;

use conformance_tests::machine::{a_step_changes_no_lease, answer_as_child};
use futures_lite::future::block_on;
use lock_core::{Backends, LockManager};
use server::Server;

#[test]
fn a_wall_clock_that_is_set_changes_no_lease() {
    let server = Server::start();
    let url = server.url("n");
    a_step_changes_no_lease(&url, |name| {
        let store = block_on(lock_redis::RedisBackend::connect(&url)).unwrap();
        LockManager::new(store, name).unwrap()
    });
}

/// What another process does, at another time.
#[test]
#[ignore = "other tests run it in a process of its own"]
fn child() {
    answer_as_child(&Backends::new().with(&lock_redis::SCHEME));
}
