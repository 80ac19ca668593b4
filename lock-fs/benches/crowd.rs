//! Contention: processes that acquire and release as fast as they can, each its own path and all
//! the same one, beside as many that do the bare system calls.
//!
//! `cargo bench -p lock-fs --bench crowd [-- --quick]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where it cannot go on"
)]

#[path = "../../benches/commands.rs"]
mod commands;
mod floor;
#[path = "../../benches/report.rs"]
mod report;

use std::{
    path::Path,
    process::{Command as Process, Stdio},
    time::{Duration, Instant},
};

use futures_lite::future::block_on;
use lock_core::{Answer, Command, LockBackend as _};
use lock_fs::FsBackend;
use report::scaled;

const ROUNDS: u32 = 5;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, who, dir, path, seconds] = args.as_slice() {
        let until = Instant::now() + Duration::from_secs_f64(seconds.parse().unwrap());
        let (cycles, longest) = match who.as_str() {
            "ours" => ours(Path::new(dir), path, until),
            _ => bare(Path::new(dir), until),
        };
        println!("{cycles} {}", longest.as_micros());
        return;
    }
    let seconds = scaled(10) as f64;
    println!("| | cycles/s | most ÷ least served | longest | bare cycles/s | ratio | target |");
    println!("|---|--:|--:|--:|--:|--:|---|");
    let all = [
        (1, Crowd::Apart),
        (8, Crowd::Apart),
        (8, Crowd::Hot),
        (8, Crowd::Glob),
        (100, Crowd::Apart),
        (100, Crowd::Hot),
    ];
    for (count, kind) in all {
        let dir = tempfile::tempdir().unwrap();
        let (mut whole, mut least) = (vec![(0, 0); count], vec![(0, 0); count]);
        for _ in 0..ROUNDS {
            for (who, counts) in [("ours", &mut whole), ("bare", &mut least)] {
                let dir = dir.path().join(who);
                add(counts, &crowd(who, &dir, count, kind, seconds / f64::from(ROUNDS)));
            }
        }
        let sum = |counts: &[(u64, u64)]| counts.iter().map(|count| count.0).sum::<u64>() as f64;
        let (most, fewest) = (whole.iter().max().unwrap().0, whole.iter().min().unwrap().0);
        let what = match kind {
            Crowd::Apart => "each its own path",
            Crowd::Hot => "one hot path",
            Crowd::Glob => "one a glob that meets the others' paths",
        };
        println!(
            "| fs: processes at once: {count}, {what} | {:.0} | {:.1} | {} ms | {:.0} | {:.2} × | |",
            sum(&whole) / seconds,
            most as f64 / fewest.max(1) as f64,
            whole.iter().map(|count| count.1).max().unwrap() / 1_000,
            sum(&least) / seconds,
            sum(&whole) / sum(&least),
        );
    }
}

/// What they ask for.
#[derive(Clone, Copy)]
enum Crowd {
    Apart,
    Hot,
    Glob,
}

fn crowd(who: &str, dir: &Path, count: usize, kind: Crowd, seconds: f64) -> Vec<(u64, u64)> {
    let program = std::env::current_exe().unwrap();
    let start = |n: usize| {
        let path = match kind {
            Crowd::Hot => "src/hot.rs".to_owned(),
            Crowd::Glob if n == 0 => "src/*.rs".to_owned(),
            Crowd::Glob | Crowd::Apart => format!("src/{n}.rs"),
        };
        let args = [who, dir.to_str().unwrap(), &path, &seconds.to_string()];
        Process::new(&program).args(args).stdout(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..count).map(start).collect();
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

/// Where they meet, many requests are refused: what counts is what was granted and released.
fn ours(dir: &Path, path: &str, until: Instant) -> (u64, Duration) {
    let store = FsBackend::open(dir).unwrap();
    let name = format!("p{}", std::process::id());
    let (acquire, release) = (commands::acquire(&name, &[path]), commands::release(&name, path));
    let (mut cycles, mut longest) = (0, Duration::ZERO);
    let mut begun = Instant::now();
    while Instant::now() < until {
        let acquired = block_on(store.execute(&Command::new(acquire.clone()))).unwrap();
        if !matches!(acquired.answer, Answer::Granted(_)) {
            std::thread::yield_now();
            continue;
        }
        block_on(store.execute(&Command::new(release.clone()))).unwrap();
        longest = longest.max(begun.elapsed());
        begun = Instant::now();
        cycles += 1;
    }
    (cycles, longest)
}

fn bare(dir: &Path, until: Instant) -> (u64, Duration) {
    let mut floor = floor::Floor::open(dir);
    let (mut cycles, mut longest) = (0, Duration::ZERO);
    while Instant::now() < until {
        let begun = Instant::now();
        floor.cycle();
        longest = longest.max(begun.elapsed());
        cycles += 1;
    }
    (cycles, longest)
}
