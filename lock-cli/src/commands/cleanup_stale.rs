//! `lockctl cleanup-stale`.

use std::ffi::OsString;

use lock_core::{Cleanup, Removal};

use crate::{
    context::Context, exit::Exit, failure::Failure, operator::operator, present::removed::removed,
    settings,
};

/// Remove stale locks
///
/// With --older-than, whatever was not refreshed for so long, even inside its lease.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl cleanup-stale --dry-run
  lockctl cleanup-stale --older-than 1h")]
pub(crate) struct Args {
    /// Everything that was not refreshed for DUR, live locks too
    #[arg(long, value_name = "DUR", allow_hyphen_values = true)]
    pub(crate) older_than: Option<OsString>,
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let older_than = args.older_than.as_ref().map(|age| settings::duration("--older-than", age));
    let what = Removal::Stale { older_than: older_than.transpose()? };
    let cleanup = Cleanup { by: operator(), what, dry_run: args.dry_run };
    let outcome = context.operator().await?.execute(cleanup).await?;
    removed(context.output, &outcome, args.dry_run)
}
