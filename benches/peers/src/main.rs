//! `peers DIR REDIS_PORT CYCLES HELD`: acquires and releases one lock again and again, by flock(2),
//! lock-fs, lock-redis and rslock; alone, and while HELD others are held.
//!
//! Prints a line each: name, how many others are held, and each cycle's microseconds.

use std::{
    error::Error,
    fs::File,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use lock_core::{LockBackend, LockManager};

type Trouble = Box<dyn Error>;

const PATH: &str = "src/module/file.rs";
const WARM_UP: usize = 50;
/// Longer than any run.
const LEASE: Duration = Duration::from_secs(3_600);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Trouble> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [dir, port, cycles, held] = args.as_slice() else {
        return Err("peers DIR REDIS_PORT CYCLES HELD".into());
    };
    let (dir, cycles, held) = (Path::new(dir), cycles.parse()?, held.parse()?);
    flock(dir, cycles)?;
    let fs = lock_fs::FsBackend::open(dir.join("locks"))?;
    ours("lock-fs", Arc::new(fs), cycles, held).await?;
    let url = format!("redis://127.0.0.1:{port}/0");
    let redis = lock_redis::RedisBackend::connect(&url).await?;
    ours("lock-redis", Arc::new(redis), cycles, held).await?;
    redlock(&format!("redis://127.0.0.1:{port}/1"), cycles, held).await
}

/// What every lock on a file comes down to: no record, no line, nothing to ask.
fn flock(dir: &Path, cycles: usize) -> Result<(), Trouble> {
    let path = dir.join("flocked");
    let mut times = Vec::new();
    for _ in 0..WARM_UP + cycles {
        let begun = Instant::now();
        let file = File::create(&path)?;
        file.lock()?;
        file.unlock()?;
        drop(file);
        times.push(begun.elapsed());
    }
    tell("flock(2)", 0, &times);
    Ok(())
}

async fn ours(
    name: &str,
    store: Arc<dyn LockBackend>,
    cycles: usize,
    held: usize,
) -> Result<(), Trouble> {
    let (locks, other) =
        (LockManager::new(store.clone(), "me")?, LockManager::new(store, "other")?);
    for held in [0, held] {
        let others: Vec<String> =
            (0..held).map(|n| format!("others/d{}/f{n}.rs", n / 100)).collect();
        for some in others.chunks(1_000) {
            let _ = other.acquire(some.to_vec()).ttl(LEASE).await?.held()?;
        }
        let mut times = Vec::new();
        for _ in 0..WARM_UP + cycles {
            let begun = Instant::now();
            let leases = locks.acquire(PATH).await?.held()?;
            let _ = locks.release(&leases).await?;
            times.push(begun.elapsed());
        }
        tell(name, held, &times);
    }
    Ok(())
}

async fn redlock(url: &str, cycles: usize, held: usize) -> Result<(), Trouble> {
    let locks = rslock::LockManager::new(vec![url]);
    for held in [0, held] {
        for n in 0..held {
            locks.lock(format!("others/{n}").as_bytes(), LEASE).await?;
        }
        let mut times = Vec::new();
        for _ in 0..WARM_UP + cycles {
            let begun = Instant::now();
            let lock = locks.lock(PATH.as_bytes(), Duration::from_secs(300)).await?;
            locks.unlock(&lock).await;
            times.push(begun.elapsed());
        }
        tell("rslock", held, &times);
    }
    Ok(())
}

fn tell(name: &str, held: usize, times: &[Duration]) {
    let times = times.iter().skip(WARM_UP).map(|time| format!("{:.1}", time.as_secs_f64() * 1e6));
    println!("{name}\t{held}\t{}", times.collect::<Vec<_>>().join(" "));
}
