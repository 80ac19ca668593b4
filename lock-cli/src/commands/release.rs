//! `lockctl release`.

use lock_core::{Answer, Release, Targets, Token};

use crate::{
    context::Context,
    escape::Shown,
    exit::Exit,
    failure::Failure,
    json,
    patterns::PatternArgs,
    present::{self, say, style::GOOD},
};

/// Let go of locks
///
/// Frees what is this agent's and reports the rest. Letting go of what nobody holds succeeds.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl release src/a.rs 'tests/*.rs' --agent agent-7
  lockctl release --all                      everything that this agent holds
  lockctl release src/a.rs --token 17640     only the grant with this token")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) patterns: PatternArgs,
    /// Everything that this agent holds
    #[arg(long, conflicts_with_all = ["patterns", "patterns_from"])]
    pub(crate) all: bool,
    /// Only the grant with this fencing token
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) token: Option<u64>,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let targets = targets(args.all, &args.patterns, context)?;
    let locks = context.locks().await?;
    let agent = locks.agent().clone();
    let token = args.token.map(Token::new);
    let release = Release { agent: agent.clone(), holder: None, targets, token };
    let outcome = locks.execute(release).await?;
    let Answer::Released { released, refusal, overlapping } = &outcome.answer else {
        return Err(Failure::unfitting(&outcome.answer));
    };
    let (exit, status) = match (refusal.is_empty(), released.is_empty()) {
        (false, _) => (Exit::Lost, "not_owner"),
        (true, false) => (Exit::Done, "released"),
        (true, true) => (Exit::Done, "not_held"),
    };
    let overlapping_locks = json::Lock::live(overlapping);
    let conflicts = refusal.into();
    let answer = json::Release { status, released, conflicts, overlapping: overlapping_locks };
    context.output.answer(exit, &answer, |out| {
        for pattern in released {
            say!(out, "{GOOD}released{GOOD:#} {}", Shown(pattern.as_str()));
        }
        // With a token, it may be this agent's own lock, of another grant.
        let verb = if args.token.is_some() { "not that grant" } else { "not yours" };
        present::conflict::refusal(out, verb, refusal, outcome.now);
        if status == "not_held" {
            let what = if args.all { "no lock" } else { "no such lock" };
            say!(out, "nothing to release: {agent} holds {what}");
        }
        for lock in overlapping {
            say!(out, "but {}, which overlaps it", present::lock::headline(lock));
            context.next("release").word(context.typed(&lock.pattern)).agent(&agent).say(out);
        }
        if let Some(conflict) = refusal.conflicts.first() {
            context.next("who").word(context.typed(&conflict.requested)).say(out);
        }
    })
}

/// What `release` and `refresh` act on.
pub(crate) fn targets(
    all: bool,
    patterns: &PatternArgs,
    context: &Context<'_>,
) -> Result<Targets, Failure> {
    if all {
        return Ok(Targets::All);
    }
    if patterns.patterns.is_empty() && patterns.patterns_from.is_none() {
        return Err(Failure::usage("name at least one pattern, or --all", "lockctl list"));
    }
    Ok(Targets::Some(context.targets(patterns)?))
}
