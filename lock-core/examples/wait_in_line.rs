//! Waits in line: whoever asks first is served first.
//!
//!     cargo run -p lock-core --example wait_in_line

#![allow(clippy::print_stdout, reason = "an example talks")]

use std::{error::Error, time::Duration};

use lock_core::{LockManager, MemoryBackend};
use tokio::{task::JoinSet, time::sleep};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = MemoryBackend::new();
    let ada = LockManager::new(store.clone(), "ada")?;
    let guard = ada.hold("src/lib.rs").await?.held()?;

    let mut edits = JoinSet::new();
    for (name, place) in [("grace", 1), ("alan", 2)] {
        edits.spawn(edit(LockManager::new(store.clone(), name)?));
        // Only so that this example knows who came first.
        while ada.who_has("src/lib.rs").await?.waiting.len() < place {
            sleep(Duration::from_millis(1)).await;
        }
    }
    println!("ada lets go; two are waiting");
    guard.release().await?;

    let mut served = Vec::new();
    while let Some(edit) = edits.join_next().await {
        served.push(edit??);
    }
    println!("served: {}", served.join(", "));
    if served == ["grace", "alan"] { Ok(()) } else { Err("not in the order they came".into()) }
}

/// Edits the file, after whoever is ahead.
async fn edit(locks: LockManager) -> Result<String, lock_core::Error> {
    // An error if it is not granted in that time, or if the wait would never end. Dropping the
    // future, as a select or a timeout does, leaves the line at once.
    let guard = locks.hold("src/lib.rs").wait(Duration::from_secs(30)).await?.held()?;
    println!("{} edits", locks.agent());
    guard.release().await?;
    Ok(locks.agent().to_string())
}
