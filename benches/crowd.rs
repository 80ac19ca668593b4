//! Contention: processes that acquire and release as fast as they can, beside as many that do the
//! bare cycle and ask for nothing. Throughput, and who got how much of it.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use lock_core::Answer;

use super::{commands::Cycle, report::scaled, stores::Stores};

/// Each of ours is followed by as long a piece of the floor's, so that both meet the same weather.
const ROUNDS: u32 = 5;

/// What they ask for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Apart,
    Hot,
    Glob,
}

/// What one process did: cycles, and the microseconds of the longest.
type Served = (u64, u64);

/// What this program does as a child of itself; false if it is none.
pub(crate) fn child<S: Stores>() -> bool {
    let args: Vec<String> = std::env::args().collect();
    let [_, who, place, store, path, seconds] = args.as_slice() else { return false };
    let stores = S::at(Path::new(place));
    let seconds: f64 = seconds.parse().unwrap();
    let (cycles, longest) = match who.as_str() {
        "ours" => ours(&stores, store, path, seconds),
        _ => {
            let mut cycle = stores.floor(store);
            timed(seconds, || {
                cycle();
                true
            })
        }
    };
    println!("{cycles} {longest}");
    true
}

/// The table of stores in `place`. `target` is that of eight, each with its own path.
pub(crate) fn measure<S: Stores>(place: &Path, target: &str) {
    println!("| | cycles/s | most ÷ least served | longest | bare cycles/s | ratio | target |");
    println!("|---|--:|--:|--:|--:|--:|---|");
    row::<S>(place, 1, Wish::Apart, "");
    for count in [8, 100] {
        row::<S>(place, count, Wish::Apart, if count == 8 { target } else { "" });
        row::<S>(place, count, Wish::Hot, "");
        row::<S>(place, count, Wish::Glob, "");
    }
}

fn row<S: Stores>(place: &Path, count: usize, wish: Wish, target: &str) {
    let seconds = scaled(if target.is_empty() { 3 } else { 10 }) as f64;
    let (mut whole, mut least) = (vec![(0, 0); count], vec![(0, 0); count]);
    let what = match wish {
        Wish::Apart => "each its own path",
        Wish::Hot => "one hot path",
        Wish::Glob => "one a glob that meets the others' paths",
    };
    for _ in 0..ROUNDS {
        for (who, counts) in [("ours", &mut whole), ("bare", &mut least)] {
            // Made by this process, lest a hundred make it at once.
            let name = format!("{who}-{count}-{}", wish as u8);
            ours(&S::at(place), &name, "first", 0.0);
            add(counts, &crowd(who, place, &name, count, wish, seconds / f64::from(ROUNDS)));
        }
    }
    let sum = |counts: &[Served]| counts.iter().map(|count| count.0).sum::<u64>() as f64;
    let (most, fewest) = (whole.iter().max().unwrap().0, whole.iter().min().unwrap().0);
    println!(
        "| {}: processes at once: {count}, {what} | {:.0} | {:.1} | {} ms | {:.0} | {:.2} × | {target} |",
        S::NAME,
        sum(&whole) / seconds,
        most as f64 / fewest.max(1) as f64,
        whole.iter().map(|count| count.1).max().unwrap() / 1_000,
        sum(&least) / seconds,
        sum(&whole) / sum(&least),
    );
}

fn crowd(
    who: &str,
    place: &Path,
    store: &str,
    count: usize,
    wish: Wish,
    seconds: f64,
) -> Vec<Served> {
    let program = std::env::current_exe().unwrap();
    let start = |n: usize| {
        let path = match wish {
            Wish::Hot => "src/hot.rs".to_owned(),
            Wish::Glob if n == 0 => "src/*.rs".to_owned(),
            Wish::Glob | Wish::Apart => format!("src/{n}.rs"),
        };
        let args = [who, place.to_str().unwrap(), store, &path, &seconds.to_string()];
        Command::new(&program).args(args).stdout(Stdio::piped()).spawn().unwrap()
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

fn add(counts: &mut [Served], more: &[Served]) {
    for (count, more) in counts.iter_mut().zip(more) {
        *count = (count.0 + more.0, count.1.max(more.1));
    }
}

/// Where they meet, many requests are refused: what counts is what was granted and released.
fn ours<S: Stores>(stores: &S, store: &str, path: &str, seconds: f64) -> Served {
    let store = stores.open(store);
    let cycle = Cycle::of(&format!("p{}", std::process::id()), stores, &store, path);
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    timed(seconds, || {
        while !matches!(cycle.acquire().answer, Answer::Granted(_)) {
            // Time is up, and others have it.
            if Instant::now() >= end {
                return false;
            }
            std::thread::yield_now();
        }
        cycle.release();
        true
    })
}

/// Runs until the time is over, once at least; counts the runs that did something.
fn timed(seconds: f64, mut run: impl FnMut() -> bool) -> Served {
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let (mut cycles, mut longest) = (0, Duration::ZERO);
    loop {
        let begun = Instant::now();
        if run() {
            cycles += 1;
            longest = longest.max(begun.elapsed());
        }
        if Instant::now() >= end {
            return (cycles, longest.as_micros() as u64);
        }
    }
}
