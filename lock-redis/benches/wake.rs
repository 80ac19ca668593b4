//! Waiting: how soon after a release the next in line knows, and what a hundred cost that only
//! wait.
//!
//! `cargo bench -p lock-redis --bench wake [-- --quick]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench prints, and stops where it cannot go on"
)]

mod bare;
#[path = "../../benches/mod.rs"]
mod benches;
mod here;
#[path = "../tests/server/mod.rs"]
mod server;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use benches::{
    report::{SETTLED, alone, head, idle_time, scaled},
    stores::Stores as _,
};
use here::Here;
use lock_core::{ListFilter, LockManager};
use lock_redis::RedisBackend;
use server::Server;

const PATH: &str = "src/hot.rs";
const IDLE: usize = 100;

fn main() {
    let server = Server::start();
    let here = Here::at(&server.socket());
    head("");
    let [holder, waiter] =
        ["holder", "waiter"].map(|name| LockManager::new(here.open("woken"), name).unwrap());
    let times = here.wait(woken(&holder, &waiter, scaled(300)));
    alone("Redis: release → next in line knows", &times, "p50 ≤ 1 ms");
    println!();
    println!("| | of a core | target |");
    println!("|---|--:|---|");
    let holder = LockManager::new(here.open("idle"), "holder").unwrap();
    let (ours, its) = here.wait(idle(&holder, Arc::new(here.open("idle")), server.pid()));
    println!("| Redis: {IDLE} idle waiters together | {ours:.2} % | ≤ 1 % |");
    println!("| Redis: the server meanwhile | {its:.2} % | |");
}

async fn woken(holder: &LockManager, waiter: &LockManager, count: usize) -> Vec<Duration> {
    let mut times = Vec::new();
    for _ in 0..count {
        let leases = holder.acquire(PATH).await.unwrap().held().unwrap();
        let waiter = waiter.clone();
        let task = tokio::spawn(async move {
            let grant = waiter.acquire(PATH).wait(Duration::from_secs(60)).await.unwrap();
            let woken = Instant::now();
            waiter.release(&grant.held().unwrap()).await.unwrap();
            woken
        });
        // It is in line, and asleep, by then.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let begun = Instant::now();
        holder.release(&leases).await.unwrap();
        times.push(task.await.unwrap() - begun);
    }
    times
}

/// A hundred tasks of one client that wait for one path; the share of a core that this process and
/// the server's take.
async fn idle(holder: &LockManager, store: Arc<RedisBackend>, server: u32) -> (f64, f64) {
    let leases = holder.acquire(PATH).await.unwrap().held().unwrap();
    let wait = |number| {
        let waiter = LockManager::new(Arc::clone(&store), format!("waiter-{number}").as_str());
        let waiter = waiter.unwrap();
        tokio::spawn(async move {
            let grant = waiter.acquire(PATH).wait(Duration::from_secs(600)).await.unwrap();
            waiter.release(&grant.held().unwrap()).await.unwrap();
        })
    };
    let waiters: Vec<_> = (0..IDLE).map(wait).collect();
    let filter = ListFilter { waiting: true, ..ListFilter::default() };
    while holder.list(filter.clone()).await.unwrap().waiting.len() < IDLE {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(SETTLED).await;
    let used = || (used(std::process::id()), used(server));
    let (before, begun) = (used(), Instant::now());
    tokio::time::sleep(idle_time()).await;
    let (after, took) = (used(), begun.elapsed().as_secs_f64());
    holder.release(&leases).await.unwrap();
    for waiter in waiters {
        waiter.await.unwrap();
    }
    ((after.0 - before.0) / took * 100.0, (after.1 - before.1) / took * 100.0)
}

/// Seconds of processor time of a process.
fn used(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // The clock of these fields has 100 ticks a second on every Linux.
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}
