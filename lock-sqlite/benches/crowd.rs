//! Eight processes that do nothing but acquire and release, beside as many that do nothing but
//! the bare statements behind the same guard: throughput, and who got how much of it.
//!
//! `cargo bench -p lock-sqlite --bench crowd [-- SECONDS]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench prints, and stops where it cannot go on"
)]

#[path = "../src/floor.rs"]
mod floor;

use std::{
    path::Path,
    process::{Command as Process, Stdio},
    time::{Duration, Instant},
};

use futures_lite::future::block_on;
use lock_core::LockManager;
use lock_sqlite::SqliteBackend;

const CROWD: usize = 8;
/// Each of ours is followed by as long a piece of the floor's, so that both meet the same weather.
const ROUNDS: u32 = 5;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [who, file, name, seconds] = args.as_slice() {
        let until = Instant::now() + Duration::from_secs_f64(seconds.parse().unwrap());
        let cycles = match who.as_str() {
            "ours" => block_on(ours(Path::new(file), name, until)),
            _ => bare(Path::new(file), until),
        };
        println!("{} {}", cycles.0, cycles.1.as_micros());
        return;
    }
    let seconds: f64 = args.iter().find_map(|arg| arg.parse().ok()).unwrap_or(10.0);
    let dir = tempfile::tempdir().unwrap();
    let (mut whole, mut least) = ([(0, 0); CROWD], [(0, 0); CROWD]);
    for _ in 0..ROUNDS {
        for (who, counts) in [("ours", &mut whole), ("bare", &mut least)] {
            let file = dir.path().join(format!("{who}.db"));
            // The first step makes the file.
            block_on(ours(&file, "first", Instant::now() + Duration::from_millis(1)));
            add(counts, &crowd(who, &file, seconds / f64::from(ROUNDS)));
        }
    }
    let sum = |counts: &[(u64, u64)]| counts.iter().map(|count| count.0).sum::<u64>() as f64;
    let (most, fewest) = (whole.iter().max().unwrap().0, whole.iter().min().unwrap().0);
    println!("| | cycles/s | most ÷ least served | longest | bare cycles/s | ratio | target |");
    println!("|---|--:|--:|--:|--:|--:|---|");
    println!(
        "| SQLite: processes at once: {CROWD}, each its own path | {:.0} | {:.1} | {} ms | {:.0} | {:.2} × | ≥ 0.75 ×, ≤ 3 |",
        sum(&whole) / seconds,
        most as f64 / fewest.max(1) as f64,
        whole.iter().map(|count| count.1).max().unwrap() / 1_000,
        sum(&least) / seconds,
        sum(&whole) / sum(&least),
    );
}

fn crowd(who: &str, file: &Path, seconds: f64) -> Vec<(u64, u64)> {
    let program = std::env::current_exe().unwrap();
    let start = |n: usize| {
        let args = [who, file.to_str().unwrap(), &format!("p{n}"), &seconds.to_string()];
        Process::new(&program).args(args).stdout(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..CROWD).map(start).collect();
    let counts = children.into_iter().map(|child| {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (cycles, longest) = text.trim().split_once(' ').unwrap();
        (cycles.parse().unwrap(), longest.parse().unwrap())
    });
    counts.collect()
}

fn add(counts: &mut [(u64, u64)], more: &[(u64, u64)]) {
    for (count, more) in counts.iter_mut().zip(more) {
        *count = (count.0 + more.0, count.1.max(more.1));
    }
}

async fn ours(file: &Path, name: &str, until: Instant) -> (u64, Duration) {
    let locks = LockManager::new(SqliteBackend::open(file).unwrap(), name).unwrap();
    let (mut cycles, mut longest) = (0, Duration::ZERO);
    let path = format!("src/{name}.rs");
    while Instant::now() < until {
        let begun = Instant::now();
        let leases = locks.acquire(path.as_str()).await.unwrap().held().unwrap();
        let _ = locks.release(&leases).await.unwrap();
        longest = longest.max(begun.elapsed());
        cycles += 1;
    }
    (cycles, longest)
}

fn bare(file: &Path, until: Instant) -> (u64, Duration) {
    let mut floor = floor::Floor::open(file).unwrap();
    let (mut cycles, mut longest) = (0, Duration::ZERO);
    while Instant::now() < until {
        let begun = Instant::now();
        floor.cycle().unwrap();
        longest = longest.max(begun.elapsed());
        cycles += 1;
    }
    (cycles, longest)
}
