//! The verbs, one file each: its arguments, and what it does with them.

pub(crate) mod acquire;
pub(crate) mod bench;
pub(crate) mod break_lock;
pub(crate) mod check;
pub(crate) mod cleanup_agent;
pub(crate) mod cleanup_orphaned;
pub(crate) mod cleanup_stale;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod history;
pub(crate) mod init;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod refresh;
pub(crate) mod release;
pub(crate) mod run;
pub(crate) mod stats;
pub(crate) mod wait;
pub(crate) mod watch;
pub(crate) mod who;

use futures_lite::future::block_on;
use lock_core::Backends;

use crate::{
    args::{Cli, Verb},
    context::Context,
    exit::Exit,
    failure::Failure,
    output::Output,
};

/// Carries out what the command line asks for.
pub(crate) fn run(cli: &Cli, backends: &Backends) -> Result<Exit, Failure> {
    let output = Output { json: cli.global.json, quiet: cli.global.quiet };
    // These need no settings, or must be able to say what is wrong with them.
    match &cli.verb {
        Verb::Completions(args) => return completions::run(args, output),
        Verb::Man(args) => return man::run(args, output),
        Verb::Init(args) => return init::run(args, &cli.global, output),
        Verb::Doctor(args) => return block_on(doctor::run(args, &cli.global, backends)),
        _ => {}
    }
    let context = Context::new(&cli.global, backends)?;
    match &cli.verb {
        // Its lease is kept while this thread starts a command, or writes to a terminal that stands
        // still: the store's connection needs a thread of its own.
        Verb::Run(_) => block_on(with(cli, &context)),
        _ => backends.block_on(&context.settings.backend, with(cli, &context)),
    }
}

/// Carries out a verb that works with a store.
async fn with(cli: &Cli, context: &Context<'_>) -> Result<Exit, Failure> {
    match &cli.verb {
        Verb::Acquire(args) => acquire::run(args, context).await,
        Verb::Release(args) => release::run(args, context).await,
        Verb::Refresh(args) => refresh::run(args, context).await,
        Verb::Who(args) => who::run(args, context).await,
        Verb::Check(args) => check::run(args, context).await,
        Verb::List(args) => list::run(args, context).await,
        Verb::Wait(args) => wait::run(args, context).await,
        Verb::Run(args) => run::run(args, context).await,
        Verb::CleanupStale(args) => cleanup_stale::run(args, context).await,
        Verb::CleanupAgent(args) => cleanup_agent::run(args, context).await,
        Verb::CleanupOrphaned(args) => cleanup_orphaned::run(args, context).await,
        Verb::Break(args) => break_lock::run(args, context).await,
        Verb::Watch(args) => watch::run(args, context).await,
        Verb::History(args) => history::run(args, context).await,
        Verb::Stats(args) => stats::run(args, context).await,
        Verb::Bench(args) => bench::run(args, context).await,
        Verb::Completions(_) | Verb::Man(_) | Verb::Init(_) | Verb::Doctor(_) => Ok(Exit::Done),
    }
}
