//! `lockctl who`.

use std::ffi::OsString;

use lock_core::Timestamp;

use crate::{
    context::Context,
    escape::Shown,
    exit::Exit,
    failure::Failure,
    json,
    patterns::ReadingArgs,
    present::{self, say, style::GOOD},
};

/// Say who holds a path, or anything that a glob meets, and who waits
///
/// The exit code is 0 if it is held and 1 if it is free; waiters do not count.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl who src/a.rs
  lockctl who 'src/**' --json")]
pub(crate) struct Args {
    /// A path or a glob, relative to the current directory
    #[arg(value_name = "PATTERN")]
    pub(crate) pattern: OsString,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let pattern = context.pattern(&args.pattern, args.reading)?;
    let who = context.looking().await?.who_has(&pattern).await?;
    let now = Timestamp::wall_clock();
    let held = !who.locks.is_empty();
    let exit = if held { Exit::Done } else { Exit::Refused };
    let (locks, waiting) = (json::Lock::live(&who.locks), json::Waiter::all(&who.waiting));
    let answer = json::Who { pattern: &pattern, held, locks, waiting };
    context.output.answer(exit, &answer, |out| {
        if !held {
            say!(out, "{GOOD}free{GOOD:#} {}", Shown(pattern.as_str()));
        }
        for lock in &who.locks {
            say!(out, "{}", present::lock::headline(lock));
            present::lock::details(out, lock, now);
        }
        if !who.waiting.is_empty() {
            say!(out, "in line:");
        }
        for (waiter, position) in &who.waiting {
            present::lock::waiter(out, waiter, *position, now);
        }
    })
}
