//! `lockctl run`.

use std::{ffi::OsString, future::IntoFuture as _};

use lock_core::{AgentId, Blocker, Grant, LockGuard, Refusal, Timestamp};

use crate::{
    context::Context,
    escape::Shown,
    exit::Exit,
    failure::Failure,
    json,
    live::LiveLine,
    output,
    present::{self, lock, next::Next, style::BAD, time::Seen},
    request::RequestArgs,
    running::{self, Ended, Signals},
};

/// Run a command while holding locks, and let go when it ends
///
/// The locks are kept alive meanwhile; the lease, at least 1s here, says how soon others notice
/// if this machine goes down. Each run is a holder of its own: two runs of one agent exclude each
/// other, a run inside another's command never conflicts with it. The command finds
/// LOCKCTL_TOKEN, LOCKCTL_AGENT and LOCKCTL_HOLDER in its environment. If the locks are lost, it
/// is ended with SIGTERM, then SIGKILL.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl run src/a.rs --agent agent-7 -- vim src/a.rs
  lockctl run Cargo.lock --wait=10m -- cargo update
  lockctl run 'src/**' -- sh -c 'cargo fmt && git commit -am fmt'

Exit codes:
  that of the command, or 128+n if signal n killed it
  126 cannot be executed   127 not found   7 lock lost while it ran
  1 not granted, or N of --conflict-exit-code   others as for acquire")]
pub(crate) struct Args {
    #[command(flatten)]
    request: RequestArgs,
    /// Exit with N instead of 1 if somebody else holds it or is ahead
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    conflict_exit_code: Option<u8>,
    /// The command, after `--`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let Args { request: asked, command, .. } = args;
    let patterns = context.patterns(&asked.patterns)?;
    let limit = asked.limit(context)?;
    let ttl = context.settings.run_ttl(asked.ttl.as_deref())?;
    let holder = running::new_holder()?;
    let locks = context.locks().await?;
    let mut request = locks.hold(patterns.as_slice()).holder(holder);
    request = request.mode(asked.mode()).ttl(ttl.duration());
    if let Some(reason) = asked.reason()? {
        request = request.reason(reason);
    }
    if let Some(process) = asked.process()? {
        request = request.process(process);
    }
    if let Some(limit) = limit {
        request = request.wait(limit);
    }
    if let Some(mut live) = LiveLine::new(context.global) {
        request = request.on_wait(move |line| live.show(&present::progress::line(line)));
    }
    let signals = Signals::watch()?;
    let grant = match signals.or(request.into_future()).await {
        Ok(grant) => grant?,
        Err(signal) => {
            // The line must not wait for somebody who has gone.
            locks.close().await;
            let again = locks.acquire(patterns.as_slice()).mode(asked.mode());
            let refusal = Grant::Refused(locks.check(again).await?);
            return refused(args, context, &refusal, Some(signal));
        }
    };
    let Grant::Held(guard) = grant else { return refused(args, context, &grant, None) };
    match running::run(&locks, guard, command, &signals, context.output).await? {
        Ended::Code(code) => Ok(Exit::Code(code)),
        Ended::Lost(loss) => {
            let next = context.next("history").patterns(&asked.patterns);
            complain("error:", &format!("{loss}"), &next);
            Ok(Exit::LostWhileRunning)
        }
    }
}

/// Says why the command was not started: on stderr in one line, since stdout is the command's;
/// to a script, which has no command's output to read, on stdout as well.
fn refused(
    args: &Args,
    context: &Context<'_>,
    grant: &Grant<LockGuard>,
    interrupted: Option<Exit>,
) -> Result<Exit, Failure> {
    let now = Timestamp::wall_clock();
    let none = Refusal::default();
    let (exit, status, what, refusal, cycle) = match grant {
        Grant::TimedOut(refusal) => (Exit::TimedOut, "timeout", "timed out", refusal, None),
        Grant::Deadlock { cycle, refusal } => {
            (Exit::Deadlock, "deadlock", "deadlock", refusal, Some(cycle.as_slice()))
        }
        other => {
            let refusal = if let Grant::Refused(refusal) = other { refusal } else { &none };
            match interrupted {
                Some(signal) => (signal, "conflict", "interrupted", refusal, None),
                None => {
                    let exit = args.conflict_exit_code.map_or(Exit::Refused, Exit::Code);
                    (exit, "conflict", "refused", refusal, None)
                }
            }
        }
    };
    let agent = context.settings.agent()?;
    let next = match cycle {
        Some(_) => context.next("release").word("--all").agent(&agent),
        None => again(args, context, &agent),
    };
    complain(what, &why(refusal, cycle, now), &next);
    if context.output.json {
        let conflicts = refusal.into();
        let answer = json::Acquire { status, locks: Vec::new(), conflicts, cycle };
        return context.output.answer(exit, &answer, |_| {});
    }
    Ok(exit)
}

fn again(args: &Args, context: &Context<'_>, agent: &AgentId) -> Next {
    let code = args.conflict_exit_code.map(|code| OsString::from(code.to_string()));
    let next = args.request.again("run", context).agent(agent).word("--wait");
    let next = next.option("--conflict-exit-code", code.as_deref()).word("--");
    args.command.iter().fold(next, |next, word| next.word(word.to_string_lossy()))
}

/// What stands against it, in one line.
fn why(refusal: &Refusal, cycle: Option<&[AgentId]>, now: Timestamp) -> String {
    if let Some(cycle) = cycle {
        let names: Vec<&str> = cycle.iter().chain(cycle.first()).map(AgentId::as_str).collect();
        return names.join(" waits for ");
    }
    let Some(conflict) = refusal.conflicts.first() else { return "it is free now".to_owned() };
    let requested = Shown(conflict.requested.as_str());
    let witness = Shown(&conflict.witness);
    let more = match refusal.conflicts.len() - 1 + refusal.more {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let against = match &conflict.blocker {
        Blocker::Held(held) => {
            let reason = held
                .reason
                .as_ref()
                .map_or(String::new(), |reason| format!("; reason: {}", Shown(reason.as_str())));
            let (since, until) = (held.acquired_at, held.expires_at);
            let (since, until) = (Seen { time: since, now }, Seen { time: until, now });
            format!("{}{reason}; since {since}; until {until}", lock::headline(held))
        }
        Blocker::Waiting { waiter, position } => {
            format!("{} is ahead in line, at position {position}", waiter.agent)
        }
    };
    format!("{requested}: {against}; both cover {witness}{more}")
}

fn complain(what: &str, why: &str, next: &Next) {
    output::complain(&format!("{BAD}{what}{BAD:#} {why} (next: {})\n", next.line()));
}
