//! A hundred processes that all want the file at once.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a panic is how a test reports"
)]

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use futures_lite::future::block_on;
use libtest_mimic::{Arguments, Trial};
use lock_core::{ListFilter, LockManager};
use lock_sqlite::SqliteBackend;

const CROWD: usize = 100;
/// In milliseconds: half of everybody's patience. A hundred share few cores, and now and then the
/// disk has to turn; without the guard most of them give up.
const LONGEST: u64 = 5_000;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, how, file, name, begin] = args.as_slice()
        && how.starts_with("child-")
    {
        println!("{}", child(how, Path::new(file), name, begin.parse().unwrap()));
        return;
    }
    let trials = vec![
        Trial::test("a_hundred_busy_processes_starve_nobody", || fair(&crowd("child-stays"))),
        Trial::test("a_hundred_that_open_and_close_starve_nobody", || {
            fair(&crowd("child-comes-and-goes"))
        }),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Everybody got on, and nobody stood there for long.
fn fair(turns: &[(u64, u64)]) -> Result<(), libtest_mimic::Failed> {
    let longest = turns.iter().map(|turn| turn.1).max().unwrap();
    let least = turns.iter().map(|turn| turn.0).min().unwrap();
    if least > 0 && longest < LONGEST { Ok(()) } else { Err(format!("{turns:?}").into()) }
}

/// How many cycles each of a hundred processes got through in the same two seconds, and how many
/// milliseconds its longest took.
fn crowd(how: &str) -> Vec<(u64, u64)> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("locks.db");
    // All begin when the last one has been started.
    let begin = std::time::UNIX_EPOCH.elapsed().unwrap() + Duration::from_secs(2);
    let start = |n: usize| {
        let begin = begin.as_millis().to_string();
        let args = [how, file.to_str().unwrap(), &format!("p{n}"), &begin];
        let program = std::env::current_exe().unwrap();
        Command::new(program).args(args).stdout(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..CROWD).map(start).collect();
    let turns = children.into_iter().map(|child| {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", output.status);
        let text = String::from_utf8(output.stdout).unwrap();
        let (turns, longest) = text.trim().split_once(' ').unwrap();
        (turns.parse().unwrap(), longest.parse().unwrap())
    });
    let turns = turns.collect();
    let locks = LockManager::new(SqliteBackend::open(&file).unwrap(), "judge").unwrap();
    let left = block_on(locks.list(ListFilter::default())).unwrap();
    assert!(left.locks.is_empty(), "{left:?}");
    turns
}

fn child(how: &str, file: &Path, name: &str, begin: u64) -> String {
    let open = || LockManager::new(SqliteBackend::open(file).unwrap(), name).unwrap();
    let path = format!("src/{name}.rs");
    let begin = Duration::from_millis(begin);
    std::thread::sleep(begin.saturating_sub(std::time::UNIX_EPOCH.elapsed().unwrap()));
    let (until, mut turns) = (Instant::now() + Duration::from_secs(2), 0);
    let (stays, mut longest) = ((how == "child-stays").then(open), Duration::ZERO);
    while Instant::now() < until {
        let begun = Instant::now();
        let comes = stays.is_none().then(open);
        let locks = stays.as_ref().or(comes.as_ref()).unwrap();
        block_on(async {
            let leases = locks.acquire(path.as_str()).await.unwrap().held().unwrap();
            assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
        });
        turns += 1;
        longest = longest.max(begun.elapsed());
    }
    format!("{turns} {}", longest.as_millis())
}
