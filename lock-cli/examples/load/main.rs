//! A load of many agents on each store: how much it serves, how long anybody waits, and how
//! evenly; every history is checked.
//!
//!     cargo run --release -p lock-cli --example load -- --agents 100 --seconds 60
//!
//! Agents, each a process, first wait for locks drawn from 50 paths and 10 globs that meet them,
//! alone and in sets, some shared; then all for one path. Whoever has what it waited for holds it
//! for a while, lets go, and asks again. Meanwhile the store's history is held against what must
//! hold, and against what the agents were told (`check.rs`).
//!
//! Prints a table in Markdown. *Of a round* is the longest wait beside the least that it takes to
//! serve everybody once; *Jain* is 1 if all agents are served alike. Exits with 1 if anything
//! happened that must not.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks")]

mod agent;
mod arguments;
#[path = "../common/audit.rs"]
mod audit;
mod check;
#[path = "../common/child.rs"]
mod child;
mod crew;
#[path = "../common/draw.rs"]
mod draw;
mod exclusion;
#[path = "../common/grants.rs"]
mod grants;
mod order;
mod phase;
#[path = "../common/place.rs"]
mod place;
#[path = "../common/recent.rs"]
mod recent;
#[path = "../../tests/cli/redis.rs"]
#[allow(dead_code, clippy::expect_used, clippy::unwrap_used, reason = "the tests' own server")]
mod redis;
mod table;
mod tally;
mod told;

use std::{env, process::ExitCode};

use clap::Parser as _;

use self::{
    arguments::Arguments, check::Check, crew::Crew, place::Place, redis::Redis, told::Phase,
};

type Trouble = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // The same program is each of its agents.
    let run = match env::var(agent::TASK) {
        Ok(task) => agent::be(&task).await,
        Err(_) => load(&Arguments::parse()).await,
    };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn load(arguments: &Arguments) -> Result<(), Trouble> {
    if arguments.agents == 0 || arguments.seconds.is_zero() || arguments.hold.is_zero() {
        return Err("agents, seconds and hold are at least something".into());
    }
    table::head(arguments);
    let mut found = Vec::new();
    if arguments.urls.is_empty() {
        let directory = tempfile::tempdir()?;
        let database = format!("sqlite:{}/load.db", directory.path().display());
        found.extend(store(None, arguments).await?);
        found.extend(store(Some(&database), arguments).await?);
        let server = Redis::start();
        found.extend(store(Some(&server.url()), arguments).await?);
    }
    for url in &arguments.urls {
        found.extend(store(Some(url), arguments).await?);
    }
    match found.as_slice() {
        [] => Ok(()),
        found => Err(found.join("\n").into()),
    }
}

/// Both phases on one store; what must not have happened.
async fn store(url: Option<&str>, arguments: &Arguments) -> Result<Vec<String>, Trouble> {
    let place = Place::of(url, "load")?;
    let name = place.url.split([':', '+']).next().unwrap_or_default().to_owned();
    let mut check = Check::new(place.reader().await?);
    let mut crew = Crew::start(&place.url, arguments)?;
    for phase in [Phase::Mixed, Phase::Hot] {
        let (tally, violation) = phase::run(phase, arguments, &mut crew, &mut check).await?;
        table::row(&name, phase, arguments, &tally, usize::from(violation.is_some()));
        if let Some(violation) = violation {
            // Nothing that comes after it can be judged.
            return Ok(vec![format!("{name}: {violation}")]);
        }
    }
    Ok(Vec::new())
}
