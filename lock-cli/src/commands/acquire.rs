//! `lockctl acquire`.

use std::{future::IntoFuture as _, time::Duration};

use async_io::Timer;
use futures_lite::FutureExt as _;
use lock_core::{Grant, Leases, LockManager, Timestamp};

use crate::{
    context::Context,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    json,
    live::LiveLine,
    present::{self, say, style::BAD},
    request::RequestArgs,
};

/// Take locks: all of them or none
///
/// What this agent holds already is refreshed: it keeps its token and is never shortened.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl acquire src/a.rs 'tests/*.rs' --agent agent-7 --reason 'rename Foo'
  lockctl acquire docs/ --shared             beside others that share
  lockctl acquire src/a.rs --wait=5m         stand in line for up to 5 minutes
  git diff --name-only -z | lockctl acquire --patterns-from - -0 --literal")]
pub(crate) struct Args {
    #[command(flatten)]
    request: RequestArgs,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let Args { request: args } = args;
    let patterns = context.patterns(&args.patterns)?;
    let limit = args.limit(context)?;
    let ttl = context.settings.ttl(args.ttl.as_deref())?;
    let locks = context.locks().await?;
    let mut request = locks.acquire(patterns.as_slice()).mode(args.mode()).ttl(ttl.duration());
    if let Some(reason) = args.reason()? {
        request = request.reason(reason);
    }
    if let Some(process) = args.process()? {
        request = request.process(process);
    }
    let Some(limit) = limit else {
        let exit = answer(args, context, &request.await?, None);
        finish(&locks).await;
        return exit;
    };
    if let Some(mut live) = LiveLine::new(context.global) {
        request = request.on_wait(move |line| live.show(&present::progress::line(line)));
    }
    match Interrupt::watch()?.or(request.wait(limit).into_future()).await {
        Ok(grant) => {
            let exit = answer(args, context, &grant?, None);
            finish(&locks).await;
            exit
        }
        Err(signal) => {
            // The line must not wait for somebody who has gone.
            locks.close().await;
            let again = locks.acquire(patterns.as_slice()).mode(args.mode());
            let refusal = Grant::Refused(locks.check(again).await?);
            answer(args, context, &refusal, Some(signal))
        }
    }
}

/// Gives the count of a refusal a moment to arrive, now that the answer is out. It is only a count:
/// a store that has gone meanwhile keeps nobody.
async fn finish(locks: &LockManager) {
    let late = async {
        Timer::after(Duration::from_millis(100)).await;
    };
    locks.close().or(late).await;
}

fn answer(
    args: &RequestArgs,
    context: &Context<'_>,
    grant: &Grant,
    interrupted: Option<Exit>,
) -> Result<Exit, Failure> {
    let now = Timestamp::wall_clock();
    let none = lock_core::Refusal::default();
    let (mut exit, mut status, refusal, cycle) = match grant {
        Grant::Held(leases) => return held(context, leases, now),
        Grant::Refused(refusal) => (Exit::Refused, "conflict", refusal, None),
        Grant::TimedOut(refusal) => (Exit::TimedOut, "timeout", refusal, None),
        Grant::Deadlock { cycle, refusal } => {
            (Exit::Deadlock, "deadlock", refusal, Some(cycle.as_slice()))
        }
        _ => (Exit::Refused, "conflict", &none, None),
    };
    if let Some(signal) = interrupted {
        (exit, status) = (signal, "conflict");
    }
    let conflicts = refusal.into();
    let answer = json::Acquire { status, locks: Vec::new(), conflicts, cycle };
    let agent = context.settings.agent()?;
    context.output.answer(exit, &answer, |out| {
        present::conflict::refusal(out, "refused", refusal, now);
        if let Some(cycle) = cycle {
            let names: Vec<&str> = cycle.iter().map(lock_core::AgentId::as_str).collect();
            let first = names.first().copied().unwrap_or_default();
            let ring = names.join(" waits for ");
            say!(out, "{BAD}deadlock{BAD:#}: {ring} waits for {first}");
            context.next("release").word("--all").agent(&agent).say(out);
            return;
        }
        match exit {
            Exit::TimedOut => say!(out, "{BAD}timed out{BAD:#}; it left the line"),
            Exit::Signal(_) => say!(out, "{BAD}interrupted{BAD:#}; it left the line"),
            _ => {}
        }
        args.again("acquire", context).agent(&agent).word("--wait").say(out);
    })
}

fn held(context: &Context<'_>, leases: &Leases, now: Timestamp) -> Result<Exit, Failure> {
    let status = if leases.any_fresh() { "acquired" } else { "refreshed" };
    let locks = json::Lock::live(leases.iter().map(|granted| &granted.lock));
    let none = lock_core::Refusal::default();
    let answer = json::Acquire { status, locks, conflicts: (&none).into(), cycle: None };
    context.output.answer(Exit::Done, &answer, |out| {
        for granted in leases.iter() {
            let verb = if granted.fresh { "acquired" } else { "refreshed" };
            present::lock::granted(out, verb, &granted.lock, now);
        }
    })
}
