//! What a cycle costs, in counts that no noise can trip.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so at once"
)]

mod server;

use lock_core::LockManager;
use lock_redis::RedisBackend;
use server::{Server, proxy::Proxy};

/// How many bytes a cycle may send and receive, and how many commands its two scripts
/// may call. They are as many as the two scripts that write the same bytes and look at nothing call.
const BYTES: u64 = 2_120;
const COMMANDS: u64 = 14;

#[tokio::test]
async fn a_cycle_is_two_round_trips_of_few_bytes() {
    let server = Server::start();
    let proxy = Proxy::to(server.port);
    let store = RedisBackend::connect(&proxy.url("shop")).await.unwrap();
    let locks = LockManager::new(store, "agent-7").unwrap();
    let cycle = || async {
        let leases = locks.acquire("src/module/file.rs").await.unwrap().held().unwrap();
        assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
    };
    cycle().await;
    let rounds = 10;
    let (before, called) = (proxy.traffic(), server.commands());
    for _ in 0..rounds {
        cycle().await;
    }
    let (after, calls) = (proxy.traffic(), server.commands() - called);
    assert_eq!(after.0 - before.0, 2 * rounds, "round trips of {rounds} cycles");
    // Each EVALSHA counts as well.
    let (bytes, calls) = ((after.1 - before.1) / rounds, calls / rounds - 2);
    assert!(bytes <= BYTES, "{bytes} bytes a cycle");
    assert!(calls <= COMMANDS, "{calls} commands in the two scripts of a cycle");
    // A ceiling that is far above what there is protects nothing.
    assert!(bytes * 10 > BYTES * 9 && calls + 2 > COMMANDS, "{bytes} bytes, {calls} commands");
}
