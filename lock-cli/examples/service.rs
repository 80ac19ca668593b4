//! A service that takes its backend from a URL: its instances share the jobs between them.
//!
//!     cargo run -p lock-cli --example service -- 'redis://127.0.0.1/0?namespace=jobs'
//!
//! Without a URL it uses a directory that is gone afterwards. Exits with 1 if a job was not done
//! exactly once.

#![allow(clippy::print_stdout, reason = "an example talks")]

use std::{
    env,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lock_core::{Backends, Grant, LockManager};
use tokio::{task::JoinSet, time::sleep};

const JOBS: usize = 20;

/// Stands for whatever remembers what is done.
type Done = Arc<Mutex<Vec<usize>>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let url = env::args().nth(1).unwrap_or_else(|| format!("fs:{}", directory.path().display()));
    // What the service can be pointed at; a backend of one's own is one more line.
    let backends =
        Backends::new().with(&lock_fs::SCHEME).with(&lock_sqlite::SCHEME).with(&lock_redis::SCHEME);

    let done = Done::default();
    let mut instances = JoinSet::new();
    for instance in ["service-1", "service-2", "service-3"] {
        let locks = LockManager::new(backends.connect(&url).await?, instance)?;
        instances.spawn(serve(locks, Arc::clone(&done)));
    }
    while let Some(served) = instances.join_next().await {
        let (instance, count) = served??;
        println!("{instance} did {count}");
    }
    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner).clone();
    done.sort_unstable();
    if done != (0..JOBS).collect::<Vec<_>>() {
        return Err(format!("not once each: {done:?}").into());
    }
    println!("{JOBS} jobs, each done once");
    Ok(())
}

/// One instance: does whatever nobody else is doing.
async fn serve(locks: LockManager, done: Done) -> Result<(String, usize), lock_core::Error> {
    let is_done = |job| done.lock().unwrap_or_else(PoisonError::into_inner).contains(&job);
    let mut count = 0;
    for job in 0..JOBS {
        let Grant::Held(guard) = locks.hold(format!("jobs/{job}")).await? else {
            continue; // another instance is at it
        };
        // Whoever held it before may have done it: look only once it is held.
        if !is_done(job) {
            sleep(Duration::from_millis(5)).await;
            done.lock().unwrap_or_else(PoisonError::into_inner).push(job);
            count += 1;
        }
        guard.release().await?;
    }
    Ok((locks.agent().to_string(), count))
}
