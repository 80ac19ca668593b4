//! `lockctl refresh`.

use std::ffi::OsString;

use lock_core::{Answer, Cause, Lost, Refresh, Timestamp, Token};

use super::release::targets;
use crate::{
    context::Context,
    escape::Shown,
    exit::Exit,
    failure::Failure,
    json,
    patterns::PatternArgs,
    present::{self, say, style::BAD, time::Seen},
    settings,
};

/// Extend live locks, and say which were lost
///
/// Expiry is final: an expired lock is lost even if nobody took it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl refresh src/a.rs --agent agent-7
  lockctl refresh --all --ttl 10m            everything, for ten more minutes")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) patterns: PatternArgs,
    /// Everything that this agent holds
    #[arg(long, conflicts_with_all = ["patterns", "patterns_from"])]
    pub(crate) all: bool,
    /// A new lease, from 100ms to 7d [default: the one that each lock was granted with]
    #[arg(long, value_name = "DUR", allow_hyphen_values = true)]
    pub(crate) ttl: Option<OsString>,
    /// Only the grant with this fencing token
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) token: Option<u64>,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let targets = targets(args.all, &args.patterns, context)?;
    let ttl = match &args.ttl {
        Some(ttl) => Some(settings::lease("--ttl", &settings::text("--ttl", ttl)?)?),
        None => None,
    };
    let locks = context.locks().await?;
    let agent = locks.agent().clone();
    let token = args.token.map(Token::new);
    let refresh =
        Refresh { agent: agent.clone(), holder: None, targets, ttl, token, process: None };
    let outcome = locks.execute(refresh).await?;
    let Answer::Refreshed { locks, lost } = &outcome.answer else {
        return Err(Failure::unfitting(&outcome.answer));
    };
    let (exit, status) =
        if lost.is_empty() { (Exit::Done, "refreshed") } else { (Exit::Lost, "lost") };
    let lost_locks = lost.iter().map(json::Lost::from).collect();
    let answer = json::Refresh { status, locks: json::Lock::live(locks), lost: lost_locks };
    context.output.answer(exit, &answer, |out| {
        for lock in locks {
            present::lock::granted(out, "refreshed", lock, outcome.now);
        }
        for lost in lost {
            say_lost(out, lost, outcome.now);
        }
        if locks.is_empty() && lost.is_empty() {
            say!(out, "nothing to refresh: {agent} holds no lock");
        }
        if !lost.is_empty() {
            let patterns = lost.iter().map(|lost| context.typed(&lost.pattern));
            let next = patterns.fold(context.next("acquire"), present::next::Next::word);
            next.agent(&agent).say(out);
        }
    })
}

fn say_lost(out: &mut String, lost: &Lost, now: Timestamp) {
    let pattern = Shown(lost.pattern.as_str());
    let how = match lost.cause {
        Cause::Released => "it was released",
        Cause::Expired => "its lease ran out",
        Cause::TakenOver => "its lease ran out and another agent took it",
        Cause::Broken => "an operator broke it",
        Cause::Cleaned => "a cleanup removed it",
        Cause::HolderDead => "its process is gone",
        Cause::NeverHeld => "this agent never held it",
        _ => "how is no longer known",
    };
    let when = lost.at.map(|time| format!(", {}", Seen { time, now })).unwrap_or_default();
    let whose = lost.to.as_ref().map(|to| format!("; now {}'s", Shown(to))).unwrap_or_default();
    say!(out, "{BAD}lost{BAD:#} {pattern}: {how}{when}{whose}");
}
