//! Holds a lock while it works: one agent edits, another is refused and told why.
//!
//!     cargo run -p lock-core --example hold

#![allow(clippy::print_stdout, reason = "an example talks")]

use std::error::Error;

use lock_core::{Grant, LockManager, MemoryBackend};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Other processes share a store such as lock_fs::FsBackend::open(".agent_locks")?.
    let store = MemoryBackend::new();
    let ada = LockManager::new(store.clone(), "ada")?;
    let grace = LockManager::new(store, "grace")?;

    // All of them or none. Kept alive in the background, let go when the guard goes.
    let guard = ada.hold(["src/*.rs", "Cargo.toml"]).reason("rename Foo").await?.held()?;
    println!("ada: {}", guard.leases());

    match grace.acquire("src/lib.rs").await? {
        Grant::Held(leases) => return Err(format!("ada holds it, and so does: {leases}").into()),
        Grant::Refused(why) => println!("grace: {why}"),
        other => return Err(format!("grace did not ask to wait: {other:?}").into()),
    }

    // Dropping the guard lets go too; this says so if it fails.
    guard.release().await?;

    // The agent's own claim: it outlives this process, and ends with its lease or this release.
    let leases = grace.acquire("src/lib.rs").await?.held()?;
    grace.release(&leases).await?;
    println!("grace had it after ada");
    Ok(())
}
