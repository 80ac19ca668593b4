//! A mixed swarm on one store for as long as you like, its history checked as it goes.
//!
//!     cargo run --release -p lock-cli --example swarm -- redis://127.0.0.1/0 --for 10m
//!
//! Agents, each a process, take, refresh, wait for, share, lose, leave behind and let go locks on
//! 50 paths and 10 globs. Meanwhile a cleaner cleans, a breaker breaks live locks, a killer kills
//! agents with SIGKILL, and a pauser stops them for longer than their leases. One more follows the
//! store's history, in bounded memory, and holds every line of it against what must hold
//! (`audit.rs`) and against what the agents were told (`claims.rs`).
//!
//! Prints how large the store and the processes are as it goes. Exits with 1 at the first thing
//! that cannot have happened.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks")]

mod agent;
mod arguments;
#[path = "../common/audit.rs"]
mod audit;
#[path = "../common/child.rs"]
mod child;
mod claims;
mod crew;
#[path = "../common/draw.rs"]
mod draw;
mod follow;
#[path = "../common/grants.rs"]
mod grants;
mod operators;
#[path = "../common/place.rs"]
mod place;
#[path = "../common/recent.rs"]
mod recent;
mod size;
mod told;

use std::{
    env,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser as _;

use self::{
    agent::is_no_answer, arguments::Arguments, crew::Crew, draw::Draw, follow::Follower,
    operators::Operators, place::Place, size::Sizes,
};

type Trouble = Box<dyn std::error::Error + Send + Sync>;

/// How often the history is looked at, and somebody may be killed, stopped, cleaned up or broken.
const LOOK: Duration = Duration::from_millis(100);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // The same program is each of its agents.
    let run = match env::var(agent::TASK) {
        Ok(task) => agent::be(&task).await,
        Err(_) => swarm(&Arguments::parse()).await,
    };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("swarm: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn swarm(arguments: &Arguments) -> Result<(), Trouble> {
    let place = Place::of(arguments.url.as_deref(), "swarm")?;
    let reader = place.reader().await?;
    println!("{} agents on {}, seed {}", arguments.agents, reader.backend(), arguments.seed);

    let mut draw = Draw::new(arguments.seed);
    let mut crew = Crew::start(&place.url, arguments.agents, draw.number())?;
    let mut operators = Operators::new(lock_cli::builtin().connect(&place.url).await?)?;
    let mut follower = Follower::new(reader);
    let mut sizes = Sizes::new(&place.url);
    let begin = Instant::now();
    while begin.elapsed() < arguments.time {
        tokio::time::sleep(LOOK).await;
        crew.torment(&mut draw)?;
        match operators.work(&mut draw, arguments.agents).await {
            Err(error) if is_no_answer(&error) => follower.unanswered(&error),
            other => other?,
        }
        follower.look(&crew).await?;
        if sizes.are_due(begin.elapsed(), arguments.time) {
            sizes.take(begin.elapsed(), &follower, &crew);
        }
    }
    crew.stop();
    follower.finish(&crew).await?;
    follower.report(&crew, begin.elapsed());
    sizes.check()?;
    println!("history     every grant and end held against the rule: 0 violations");
    Ok(())
}
