//! Waiting: how soon after a release the next in line knows, and what a hundred cost that only
//! wait. For stores on this machine.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use futures_lite::future::block_on;
use lock_core::{ListFilter, LockBackend, LockManager};
use rustix::time::{ClockId, clock_gettime};

use super::report::{self, SETTLED, idle_time, scaled};

const PATH: &str = "src/hot.rs";
const IDLE: usize = 100;

/// A store, and the ways in which its waiters learn of changes.
pub(crate) struct Waiting<B> {
    pub(crate) store: &'static str,
    /// Opens the one in this directory, in that way.
    pub(crate) open: fn(&Path, &str) -> B,
    /// Each with the target of a wake-up, and that of a hundred.
    pub(crate) ways: &'static [(&'static str, &'static str, &'static str)],
}

impl<B: LockBackend> Waiting<B> {
    /// The tables; or what this program does as a child of itself.
    pub(crate) fn measure(&self) {
        let args: Vec<String> = std::env::args().collect();
        match args.as_slice() {
            [_, who, dir, how] if who == "waiter" => return self.waiter(Path::new(dir), how),
            [_, who, dir, how] if who == "idle" => return self.idle(Path::new(dir), how),
            _ => {}
        }
        report::head("");
        let store = self.store;
        for (how, target, _) in self.ways {
            let times = self.woken(how, scaled(300));
            report::alone(
                &format!("{store}: release → next in line knows ({how})"),
                &times,
                target,
            );
        }
        println!();
        println!("| | of a core | target |");
        println!("|---|--:|---|");
        for (how, _, target) in self.ways {
            let dir = tempfile::tempdir().unwrap();
            let share = child("idle", how, dir.path(), |mut lines, _, _| {
                lines.next().unwrap().unwrap().parse::<f64>().unwrap()
            });
            let share = share * 100.0;
            println!("| {store}: {IDLE} idle waiters together ({how}) | {share:.2} % | {target} |");
        }
    }

    fn woken(&self, how: &str, count: usize) -> Vec<Duration> {
        let dir = tempfile::tempdir().unwrap();
        child("waiter", how, dir.path(), |mut lines, mut input, dir| {
            let holder = LockManager::new((self.open)(dir, how), "holder").unwrap();
            (0..count)
                .map(|_| {
                    let leases =
                        block_on(holder.acquire(PATH).into_future()).unwrap().held().unwrap();
                    writeln!(input, "wait").unwrap();
                    while in_line(&holder) == 0 {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    // It has gone to sleep by then.
                    std::thread::sleep(Duration::from_millis(20));
                    let begun = now();
                    let _ = block_on(holder.release(&leases)).unwrap();
                    let ended: i64 = lines.next().unwrap().unwrap().parse().unwrap();
                    Duration::from_nanos((ended - begun).try_into().unwrap())
                })
                .collect()
        })
    }

    fn waiter(&self, dir: &Path, how: &str) {
        let waiter = LockManager::new((self.open)(dir, how), "waiter").unwrap();
        for line in std::io::stdin().lines() {
            assert_eq!(line.unwrap(), "wait");
            let request = waiter.acquire(PATH).wait(Duration::from_secs(30));
            let leases = block_on(request.into_future()).unwrap().held().unwrap();
            let ended = now();
            let _ = block_on(waiter.release(&leases)).unwrap();
            println!("{ended}");
        }
    }

    /// A hundred who wait for one path, each with a store of its own; the share of a core they take.
    fn idle(&self, dir: &Path, how: &str) {
        let holder = LockManager::new((self.open)(dir, how), "holder").unwrap();
        let leases = block_on(holder.acquire(PATH).into_future()).unwrap().held().unwrap();
        let wait = |n: usize| {
            let (dir, how, open) = (dir.to_owned(), how.to_owned(), self.open);
            std::thread::spawn(move || {
                let waiter =
                    LockManager::new(open(&dir, &how), format!("waiter-{n}").as_str()).unwrap();
                let request = waiter.acquire(PATH).wait(Duration::from_secs(600));
                let leases = block_on(request.into_future()).unwrap().held().unwrap();
                let _ = block_on(waiter.release(&leases)).unwrap();
            })
        };
        let waiters: Vec<_> = (0..IDLE).map(wait).collect();
        while in_line(&holder) < IDLE {
            std::thread::sleep(Duration::from_millis(100));
        }
        std::thread::sleep(SETTLED);
        let span = idle_time();
        let before = used();
        std::thread::sleep(span);
        println!("{}", (used() - before).as_secs_f64() / span.as_secs_f64());
        let _ = block_on(holder.release(&leases)).unwrap();
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    }
}

/// Runs this program as `who`, and `with` its lines, its input and the directory.
fn child<T>(
    who: &str,
    how: &str,
    dir: &Path,
    with: impl FnOnce(
        std::io::Lines<BufReader<std::process::ChildStdout>>,
        std::process::ChildStdin,
        &Path,
    ) -> T,
) -> T {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([who, dir.to_str().unwrap(), how])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let answer = with(lines, child.stdin.take().unwrap(), dir);
    assert!(child.wait().unwrap().success());
    answer
}

/// Nanoseconds on a clock that all processes share.
fn now() -> i64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

fn in_line(locks: &LockManager) -> usize {
    let filter = ListFilter { waiting: true, ..ListFilter::default() };
    block_on(locks.list(filter)).unwrap().waiting.len()
}

/// The processor time of this process.
fn used() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
