//! `lockctl wait`.

use std::{ffi::OsString, time::Duration};

use lock_core::Timestamp;

use crate::{
    context::Context,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    json,
    patterns::PatternArgs,
    present::{
        self, say,
        style::{BAD, GOOD},
    },
    request::mode,
    settings,
};

/// Wait until `check` would say free; take no lock and no place in line
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl wait src/a.rs --timeout 5m && make
  lockctl wait 'src/**' --shared")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) patterns: PatternArgs,
    /// Beside others that share
    #[arg(long)]
    pub(crate) shared: bool,
    /// Give up after DUR
    #[arg(long, value_name = "DUR", allow_hyphen_values = true)]
    pub(crate) timeout: Option<OsString>,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let patterns = context.patterns(&args.patterns)?;
    let limit = match &args.timeout {
        Some(timeout) => settings::duration("--timeout", timeout)?,
        None => Duration::MAX,
    };
    let locks = context.looking().await?;
    let request = || locks.acquire(patterns.as_slice()).mode(mode(args.shared));
    let waiting = locks.wait_until_free(request().wait(limit));
    let (refusal, ended) = match Interrupt::watch()?.or(waiting).await {
        Ok(refusal) => (refusal?, Exit::TimedOut),
        Err(signal) => (locks.check(request()).await?, signal),
    };
    let now = Timestamp::wall_clock();
    let exit = if refusal.is_empty() { Exit::Done } else { ended };
    let status = if refusal.is_empty() { "free" } else { "timeout" };
    let answer = json::Check { status, conflicts: (&refusal).into() };
    context.output.answer(exit, &answer, |out| {
        if refusal.is_empty() {
            say!(out, "{GOOD}free{GOOD:#} {}", present::lock::listed(&patterns));
            return;
        }
        present::conflict::refusal(out, "conflict", &refusal, now);
        let ended = if exit == Exit::TimedOut { "timed out" } else { "interrupted" };
        say!(out, "{BAD}{ended}{BAD:#}");
        let next = context.next("wait").patterns(&args.patterns).flag("--shared", args.shared);
        next.say(out);
    })
}
