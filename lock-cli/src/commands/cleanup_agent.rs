//! `lockctl cleanup-agent`.

use std::ffi::OsString;

use lock_core::{Cleanup, Removal};

use super::list::agent;
use crate::{
    context::Context, exit::Exit, failure::Failure, operator::operator, present::removed::removed,
};

/// Remove the locks and waits that an agent has at this moment
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl cleanup-agent agent-7 --dry-run
  lockctl cleanup-agent agent-7")]
pub(crate) struct Args {
    /// The agent
    #[arg(value_name = "AGENT")]
    pub(crate) gone: OsString,
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let what = Removal::Agent(agent("AGENT", &args.gone)?);
    let cleanup = Cleanup { by: operator(), what, dry_run: args.dry_run };
    let outcome = context.operator().await?.execute(cleanup).await?;
    removed(context.output, &outcome, args.dry_run)
}
