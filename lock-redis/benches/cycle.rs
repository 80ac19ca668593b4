//! A cycle beside its floor, and how it grows: `benches/growth.rs` on this store; and many tasks
//! over one connection.
//!
//! `cargo bench -p lock-redis --bench cycle [-- --quick]`
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

use bare::Bare;
use benches::{
    growth,
    report::{Turns, head, scaled},
    stores::Stores,
};
use here::Here;
use lock_core::LockManager;
use server::Server;

/// Tasks at once.
const TASKS: usize = 100;
/// What each does in one run.
const CYCLES: usize = 20;

fn main() {
    let server = Server::start();
    let here = Here::at(&server.socket());
    growth::measure(&here, "");
    guard(&here);
    tasks(&here, &here.wait(Bare::on(&server.socket(), "tasks-bare")));
}

/// What most users do: a guard, and its end.
fn guard(here: &Here) {
    let locks = LockManager::new(here.open("guard"), "agent-7").unwrap();
    let cycle = || {
        here.wait(async {
            let guard = locks.hold("src/module/file.rs").await.unwrap().held().unwrap();
            guard.release().await.unwrap();
        });
    };
    println!();
    head(Here::FLOOR);
    Turns::take(scaled(30), 100, cycle, here.floor("guard-bare"))
        .row("Redis: cycle of a guard, nothing else held", "≤ 1.2 ×");
}

/// Each on a path of its own.
fn tasks(here: &Here, bare: &Bare) {
    let locks = LockManager::new(here.open("tasks"), "agent-7").unwrap();
    let ours = || {
        at_once(here, |task| {
            let locks = locks.clone();
            async move {
                let path = format!("src/module/file{task}.rs");
                for _ in 0..CYCLES {
                    let leases = locks.acquire(&*path).await.unwrap().held().unwrap();
                    assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
                }
            }
        });
    };
    let mut run = 0;
    let floor = || {
        run += 1;
        at_once(here, |task| {
            let mut bare = bare.clone();
            async move {
                let path = format!("src/module/file{task}.rs");
                for cycle in 0..CYCLES {
                    bare.cycle(&path, (run * TASKS + task) * CYCLES + cycle).await;
                }
            }
        });
    };
    println!();
    head(Here::FLOOR);
    Turns::take(scaled(20), 1, ours, floor).each(TASKS * CYCLES).row(
        &format!("Redis: {TASKS} tasks on disjoint paths over one connection, each cycle"),
        "≤ 1.11 × (0.9 × the throughput)",
    );
}

fn at_once<F: Future<Output = ()> + Send + 'static>(here: &Here, task: impl Fn(usize) -> F) {
    here.wait(async {
        let tasks: Vec<_> = (0..TASKS).map(|number| tokio::spawn(task(number))).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}
