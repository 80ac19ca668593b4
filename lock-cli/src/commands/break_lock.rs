//! `lockctl break`.

use std::ffi::OsString;

use lock_core::{Break, Reason};

use crate::{
    context::Context, exit::Exit, failure::Failure, operator::operator, patterns::PatternArgs,
    present::removed::removed, settings,
};

/// End somebody's live lock, as an operator
///
/// It is recorded, and the holder is told at its next refresh.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl break src/a.rs --reason 'agent-7 hangs'")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) patterns: PatternArgs,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", required = true)]
    pub(crate) reason: OsString,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let targets = context.targets(&args.patterns)?;
    let reason = Reason::new(&settings::text("--reason", &args.reason)?)?;
    let broken = Break { by: operator(), targets, reason };
    let outcome = context.operator().await?.execute(broken).await?;
    removed(context.output, &outcome, false)
}
