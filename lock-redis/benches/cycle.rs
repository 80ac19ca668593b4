//! The store beside the bare round trips that write the same bytes, as rows of a table.
//!
//! Floor and store take turns in one run on one server, so that drift hits both; medians and their
//! ratio are printed. `cargo bench -p lock-redis`; `LOCK_BENCH_ROUNDS` sets how often.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench"
)]

mod bare;
#[path = "../tests/server/mod.rs"]
mod server;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bare::Bare;
use lock_core::{LockBackend as _, LockManager, Version};
use lock_redis::RedisBackend;
use server::Server;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let server = Server::start();
    let rounds = std::env::var("LOCK_BENCH_ROUNDS").map_or(2_000, |text| text.parse().unwrap());
    let mut bare = Bare::on(&server).await;
    let store = Arc::new(server.open("bench").await);
    let locks = LockManager::new(Arc::clone(&store), "agent-7").unwrap();
    let path = "src/module/file.rs";

    println!("| Redis | floor | here | ratio | target |");
    println!("|---|---|---|---|---|");
    one_path("cycle of a guard", "≤ 1.2", &locks, &mut bare, path, rounds).await;
    tasks(&locks, &bare, 100, rounds / 20).await;
    wake_up(&server, &locks, rounds / 10).await;
    idle(&server, 100).await;
    let empty = time(&locks, path, rounds / 2).await;
    for number in 0..100 {
        let many: Vec<String> = (0..1_000).map(|i| format!("other/d{number}/f{i}.rs")).collect();
        let _ = locks.acquire(many).await.unwrap();
    }
    // By another client: this one must not know what stands there.
    let locks = LockManager::new(server.open("bench").await, "agent-7").unwrap();
    let full = time(&locks, path, rounds / 2).await;
    row("cycle with 100,000 locks held, beside none", empty, full, "≤ 1.2");
    let glob = time(&locks, "src/**/*.rs", rounds / 2).await;
    row("a glob with 100,000 locks elsewhere, beside a path", full, glob, "≤ 2");
    one_path("cycle with 100,000 locks held", "", &locks, &mut bare, path, rounds / 2).await;
}

async fn cycle(locks: &LockManager, path: &str) {
    locks.hold(path).await.unwrap().held().unwrap().release().await.unwrap();
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn row(what: &str, floor: Duration, store: Duration, target: &str) {
    let ratio = store.as_secs_f64() / floor.as_secs_f64();
    println!("| {what} | {floor:.1?} | {store:.1?} | {ratio:.2} | {target} |");
}

async fn time(locks: &LockManager, path: &str, rounds: usize) -> Duration {
    let mut times = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        cycle(locks, path).await;
        times.push(start.elapsed());
    }
    median(times)
}

async fn one_path(
    what: &str,
    target: &str,
    locks: &LockManager,
    bare: &mut Bare,
    path: &str,
    rounds: usize,
) {
    let (mut floor, mut ours) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let start = Instant::now();
        bare.cycle(path, round).await;
        floor.push(start.elapsed());
        let start = Instant::now();
        cycle(locks, path).await;
        ours.push(start.elapsed());
    }
    row(what, median(floor), median(ours), target);
}

/// Tasks on paths of their own over one connection; the time of one cycle, all counted.
async fn tasks(locks: &LockManager, bare: &Bare, count: usize, rounds: usize) {
    let (mut floor, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let start = Instant::now();
        let tasks = (0..count).map(|task| {
            let mut bare = bare.clone();
            tokio::spawn(async move {
                let path = format!("src/module/file{task}.rs");
                for round in 0..rounds {
                    bare.cycle(&path, task * rounds + round).await;
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        floor.push(start.elapsed() / u32::try_from(count * rounds).unwrap());
        let start = Instant::now();
        let tasks = (0..count).map(|task| {
            let locks = locks.clone();
            tokio::spawn(async move {
                let path = format!("src/module/file{task}.rs");
                for _ in 0..rounds {
                    let leases = locks.acquire(&*path).await.unwrap().held().unwrap();
                    assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        ours.push(start.elapsed() / u32::try_from(count * rounds).unwrap());
    }
    let what = "100 tasks on disjoint paths over one connection, each cycle";
    row(what, median(floor), median(ours), "≤ 1.11 (0.9 × the throughput)");
}

/// From before a release until who waits for the path has it, beside one round trip.
async fn wake_up(server: &Server, locks: &LockManager, rounds: usize) {
    let waiter = LockManager::new(server.open("bench").await, "agent-8").unwrap();
    let (mut floor, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let leases = locks.acquire("woken").await.unwrap().held().unwrap();
        let task = {
            let waiter = waiter.clone();
            tokio::spawn(async move {
                let grant = waiter.acquire("woken").wait(Duration::from_secs(60)).await.unwrap();
                (Instant::now(), grant.held().unwrap())
            })
        };
        tokio::time::sleep(Duration::from_millis(10)).await;
        let start = Instant::now();
        locks.release(&leases).await.unwrap();
        floor.push(start.elapsed());
        let (woken, leases) = task.await.unwrap();
        ours.push(woken.duration_since(start));
        waiter.release(&leases).await.unwrap();
    }
    row("wake-up after a release, beside the release alone", median(floor), median(ours), "≤ 1 ms");
}

/// What idle waiters cost, of one core: ours, and the server's.
async fn idle(server: &Server, count: usize) {
    let holder = LockManager::new(server.open("idle").await, "holder").unwrap();
    let held = holder.acquire("hot").await.unwrap().held().unwrap();
    let store = Arc::new(RedisBackend::connect(&server.url("idle")).await.unwrap());
    let waiters: Vec<_> = (0..count)
        .map(|number| {
            let name = format!("waiter-{number}");
            let locks = LockManager::new(Arc::clone(&store), name.as_str()).unwrap();
            tokio::spawn(async move {
                let leases = locks.acquire("hot").wait(Duration::from_secs(600)).await;
                drop(leases);
            })
        })
        .collect();
    // Until all stand in line, and nothing changes any more.
    loop {
        let seen = store.changed(Version::new(0), Duration::ZERO).await.unwrap();
        if store.changed(seen, Duration::from_secs(2)).await.unwrap() == seen {
            break;
        }
    }
    let (before, start) = ([cpu(std::process::id()), cpu(server.pid())], Instant::now());
    tokio::time::sleep(Duration::from_secs(10)).await;
    let took = start.elapsed().as_secs_f64();
    let share = |pid, before: f64| (cpu(pid) - before) / took * 100.0;
    let (ours, its) = (share(std::process::id(), before[0]), share(server.pid(), before[1]));
    println!("| {count} idle waiters, of a core | server {its:.1} % | {ours:.1} % | | ≤ 1 % |");
    waiters.iter().for_each(tokio::task::JoinHandle::abort);
    holder.release(&held).await.unwrap();
}

/// Seconds that a process has used.
fn cpu(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // The clock of these fields has 100 ticks a second on every Linux.
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}
