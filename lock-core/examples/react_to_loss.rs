//! Stops the work the moment its lock is lost: here because an operator cleans up.
//!
//!     cargo run -p lock-core --example react_to_loss

#![allow(clippy::print_stdout, reason = "an example talks")]

use std::{error::Error, time::Duration};

use lock_core::{LockManager, Loss, MemoryBackend};
use tokio::time::sleep;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = MemoryBackend::new();
    let ada = LockManager::new(store.clone(), "ada")?;
    let operator = LockManager::stranger(store);

    let guard = ada.hold("src/lib.rs").reason("a long edit").await?.held()?;
    let agent = ada.agent().clone();
    tokio::spawn(async move {
        sleep(Duration::from_millis(50)).await;
        operator.cleanup_agent(agent).await
    });

    // Whatever comes first. A loss by expiry is reported before anybody else can be granted the
    // lock; from other losses, and from work that cannot stop, the fencing token protects.
    let loss: Loss = tokio::select! {
        () = edit() => return Err("the edit went on without its lock".into()),
        loss = guard.lost() => loss,
    };
    println!("stopped: {loss}");
    Ok(())
}

/// Something that takes longer than its lock lives, and can be stopped at each `await`.
async fn edit() {
    for page in 1..1_000 {
        println!("page {page}");
        sleep(Duration::from_millis(20)).await;
    }
}
