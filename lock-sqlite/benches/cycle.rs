//! One cycle (acquire and release of one path) beside its floor: the bare statements that write
//! the record, the token and the history, on a file of the same schema, behind the same guard.
//!
//! `cargo bench -p lock-sqlite --bench cycle [-- LOCKS_HELD…]`
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
    time::{Duration, Instant},
};

use futures_lite::future::block_on;
use lock_core::{
    Acquire, Action, AgentId, Command, LockBackend, Mode, Pattern, Release, Target, Targets, Ttl,
};
use lock_sqlite::SqliteBackend;

/// How many rounds, each of [`CYCLES`] cycles and as many of the floor.
const ROUNDS: usize = 30;
const CYCLES: usize = 200;

fn main() {
    let dir = tempfile::tempdir_in(std::env::temp_dir()).unwrap();
    let asked = std::env::args().filter_map(|arg| arg.parse().ok()).collect::<Vec<usize>>();
    let all = if asked.is_empty() { vec![0, 100_000] } else { asked };
    all.into_iter().for_each(|held| measure(dir.path(), held));
}

fn measure(dir: &Path, held: usize) {
    let (ours, bare) = (dir.join(format!("{held}.db")), dir.join(format!("{held}-bare.db")));
    let backend = SqliteBackend::open(&ours).unwrap();
    drop(SqliteBackend::open(&bare).unwrap());
    fill(&backend, held);
    drop(backend);
    if held > 0 {
        std::fs::copy(&ours, &bare).unwrap();
    }
    let backend = SqliteBackend::open(&ours).unwrap();
    let mut floor = floor::Floor::open(&bare).unwrap();
    let acquire = acquire("src/module/file.rs");
    let release = release("src/module/file.rs");
    let (mut whole, mut least) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for _ in 0..CYCLES {
            // Naming the commands is not the store's work.
            let commands = [&acquire, &release].map(|action| Command::new(action.clone()));
            let begun = Instant::now();
            block_on(async {
                for command in &commands {
                    backend.execute(command).await.unwrap();
                }
            });
            whole.push(begun.elapsed());
        }
        for _ in 0..CYCLES {
            let begun = Instant::now();
            floor.cycle().unwrap();
            least.push(begun.elapsed());
        }
    }
    let (whole, least) = (summary(whole), summary(least));
    println!(
        "{held:>6} held: cycle {:.1} µs (mean {:.1}), floor {:.1} µs (mean {:.1}): {:.2} × (mean {:.2} ×)",
        whole.0,
        whole.1,
        least.0,
        least.1,
        whole.0 / least.0,
        whole.1 / least.1,
    );
}

/// Median and mean, in microseconds.
fn summary(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let total: Duration = times.iter().sum();
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    (micros(times[times.len() / 2]), micros(total) / times.len() as f64)
}

fn fill(backend: &SqliteBackend, held: usize) {
    let paths: Vec<String> =
        (0..held).map(|n| format!("lib/{}/{}/{n}.rs", n % 97, n % 11)).collect();
    for paths in paths.chunks(1_000) {
        let Action::Acquire(mut request) = acquire("x") else { unreachable!() };
        request.patterns = paths.iter().map(|path| Pattern::literal(path).unwrap()).collect();
        block_on(backend.execute(&Command::new(request))).unwrap();
    }
}

fn acquire(path: &str) -> Action {
    Action::Acquire(Acquire {
        agent: AgentId::new("agent-7").unwrap(),
        holder: None,
        patterns: vec![Pattern::literal(path).unwrap()],
        mode: Mode::Exclusive,
        reason: None,
        ttl: Ttl::default(),
        processes: Vec::new(),
        wait: None,
    })
}

fn release(path: &str) -> Action {
    let target = Target::from(Pattern::literal(path).unwrap());
    Action::Release(Release {
        agent: AgentId::new("agent-7").unwrap(),
        holder: None,
        targets: Targets::Some(vec![target]),
        token: None,
    })
}
