//! `lockctl check`.

use lock_core::Timestamp;

use crate::{
    context::Context,
    exit::Exit,
    failure::Failure,
    json,
    patterns::PatternArgs,
    present::{self, say, style::GOOD},
    request::mode,
};

/// Say whether acquire would be granted now, and change nothing
///
/// The line counts too. Without an agent it speaks for a stranger.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl check src/a.rs && echo 'nobody is in the way'
  lockctl check 'src/**' --shared --agent agent-7")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) patterns: PatternArgs,
    /// Beside others that share
    #[arg(long)]
    pub(crate) shared: bool,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let patterns = context.patterns(&args.patterns)?;
    let locks = context.looking().await?;
    let refusal = locks.check(locks.acquire(patterns.as_slice()).mode(mode(args.shared))).await?;
    let now = Timestamp::wall_clock();
    let (exit, status) =
        if refusal.is_empty() { (Exit::Done, "free") } else { (Exit::Refused, "conflict") };
    let answer = json::Check { status, conflicts: (&refusal).into() };
    context.output.answer(exit, &answer, |out| {
        if refusal.is_empty() {
            say!(out, "{GOOD}free{GOOD:#} {}", present::lock::listed(&patterns));
            return;
        }
        present::conflict::refusal(out, "conflict", &refusal, now);
        let next = context.next("wait").patterns(&args.patterns).flag("--shared", args.shared);
        next.say(out);
    })
}
