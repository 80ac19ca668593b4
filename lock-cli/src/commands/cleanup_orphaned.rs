//! `lockctl cleanup-orphaned`.

use std::ffi::OsString;

use lock_core::{Cleanup, Removal};

use super::list::agent;
use crate::{
    context::Context, exit::Exit, failure::Failure, operator::operator, present::removed::removed,
};

/// Remove stale locks, and those whose process is proved dead
///
/// With --known, also the locks of every agent that is not named.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl cleanup-orphaned
  lockctl cleanup-orphaned --known agent-1 --known agent-2 --dry-run")]
pub(crate) struct Args {
    /// An agent that is known; the locks of all others are removed, live ones too
    #[arg(long, value_name = "AGENT")]
    pub(crate) known: Vec<OsString>,
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let known = args.known.iter().map(|name| agent("--known", name));
    let known = known.collect::<Result<Vec<_>, _>>()?;
    let what = Removal::Orphaned { known: Some(known).filter(|known| !known.is_empty()) };
    let cleanup = Cleanup { by: operator(), what, dry_run: args.dry_run };
    let outcome = context.operator().await?.execute(cleanup).await?;
    removed(context.output, &outcome, args.dry_run)
}
