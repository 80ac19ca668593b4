//! Replays the real history of a git repository as a swarm of agents.
//!
//!     cargo run --release -p lock-cli --example replay -- REPO --agents 8 --backend sqlite:/tmp/r.db
//!
//! Each commit's files are locked by its author's agent (a whole directory where the commit touches
//! more than 20 files of it), held for a drawn time, and let go; so many agents work at once, and
//! wait in line for each other. Prints what that came to, and holds the history it made against
//! the rule: exits with 1 if two agents ever held the same path, or a token did not rise.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks")]

mod agent;
mod arguments;
mod commits;
#[path = "../common/draw.rs"]
mod draw;
mod ledger;
#[path = "../common/place.rs"]
mod place;
mod report;

use std::{
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use clap::Parser as _;
use lock_core::HistoryFilter;
use tokio::task::JoinSet;

use self::{arguments::Arguments, commits::Commit, ledger::Ledger, place::Place, report::Report};

type Trouble = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match replay(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("replay: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn replay(arguments: &Arguments) -> Result<(), Trouble> {
    let commits = commits::read(&arguments.repository, arguments.commits)?;
    let place = Place::of(arguments.backend.as_deref(), "replay")?;
    let reader = place.reader().await?;
    let backends = lock_cli::builtin();

    let shared = Arc::new(Shared {
        queue: Mutex::new(commits.into_iter()),
        ledger: Ledger::default(),
        report: Mutex::new(Report::default()),
        hold: arguments.hold,
        deadline: arguments.limit.and_then(|limit| Instant::now().checked_add(limit)),
    });
    let begin = Instant::now();
    let mut agents = JoinSet::new();
    for index in 1..=arguments.agents {
        // Each has a way to the store of its own, as if it were a process of its own.
        let store = backends.connect(&place.url).await?;
        agents.spawn(agent::work(index, store, Arc::clone(&shared), arguments.seed));
    }
    while let Some(agent) = agents.join_next().await {
        agent??;
    }

    shared.report(arguments.agents, &reader.backend().to_string(), begin.elapsed());
    let locks = shared.ledger.locks()?;
    let tenures = reader.history(HistoryFilter::default()).await?;
    ledger::check(&tenures, locks)?;
    println!(
        "history     {locks} locks, {} told by the store: exclusive, tokens rise",
        tenures.len()
    );
    Ok(())
}

/// What the agents share.
struct Shared {
    queue: Mutex<std::vec::IntoIter<Commit>>,
    ledger: Ledger,
    report: Mutex<Report>,
    hold: Duration,
    deadline: Option<Instant>,
}

impl Shared {
    fn next(&self) -> Option<Commit> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return None;
        }
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).next()
    }

    fn report(&self, agents: usize, store: &str, took: Duration) {
        let left = self.queue.lock().unwrap_or_else(PoisonError::into_inner).len();
        let report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        report.print(agents, store, took, left);
    }
}
