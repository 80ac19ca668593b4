//! `lockctl watch`.

use std::time::Duration;

use lock_core::{Cause, Error, Happening, WatchEvent};

use crate::{
    context::Context,
    escape::Shown,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    json,
    present::{say, time::Clock},
};

/// How long to wait before asking a store again that did not answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tell what happens, as it happens, one line an event
///
/// It goes on until it is interrupted, or nobody reads it any more. If the store does not answer
/// for a while it tries again, and says `gap` where it may have missed something.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl watch
  lockctl watch --json | jq -r .event")]
pub(crate) struct Args {}

pub(crate) async fn run(_args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let interrupt = Interrupt::watch()?;
    match interrupt.or(tell(context)).await {
        Ok(ended) => ended,
        Err(signal) => Ok(signal),
    }
}

async fn tell(context: &Context<'_>) -> Result<Exit, Failure> {
    let mut watch = context.looking().await?.watch().await?;
    let mut silent = false;
    loop {
        match watch.next().await {
            Ok(event) => {
                silent = false;
                if !print(context, &event)? {
                    return Ok(Exit::Done);
                }
            }
            Err(Error::Backend(error)) => {
                if !std::mem::replace(&mut silent, true) {
                    context.output.note(&format!("{error}; trying again"));
                }
                async_io::Timer::after(PATIENCE).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Prints one event; false if nobody reads it any more.
fn print(context: &Context<'_>, event: &WatchEvent) -> Result<bool, Failure> {
    let answer = json::Event::from(event);
    context.output.line(&answer, |out| {
        let (at, name) = (Clock(event.at), answer.event);
        match &event.what {
            Happening::Acquired(lock) | Happening::Refreshed(lock) => {
                let until = Clock(lock.expires_at);
                let (agent, pattern) = (&lock.agent, Shown(lock.pattern.as_str()));
                say!(out, "{at} {name} {pattern} by {agent} until {until}");
            }
            Happening::Expired(lock) => {
                say!(out, "{at} {name} {} of {}", Shown(lock.pattern.as_str()), lock.agent);
            }
            Happening::Ended(lock, ending) => {
                let by = ending.by.as_ref().filter(|by| by.as_str() != ending.agent.as_str());
                let by = by.map(|by| format!(" by {}", Shown(by))).unwrap_or_default();
                say!(out, "{at} {name} {} of {}{by}", Shown(lock.pattern.as_str()), lock.agent);
            }
            Happening::Waiting(waiter, _) | Happening::GaveUp(waiter, _) => {
                let patterns = crate::present::lock::listed(&waiter.patterns);
                say!(out, "{at} {name} {patterns} by {}", waiter.agent);
            }
            _ => say!(out, "{at} {name}: something may have been missed"),
        }
    })
}

/// The events' names are part of the contract with scripts.
pub(crate) fn name(what: &Happening) -> &'static str {
    match what {
        Happening::Acquired(_) => "acquired",
        Happening::Refreshed(_) => "refreshed",
        Happening::Expired(_) => "expired",
        Happening::Ended(_, ending) => match ending.ended {
            Cause::Released => "released",
            Cause::TakenOver => "taken_over",
            Cause::Broken => "broken",
            Cause::Cleaned => "cleaned",
            _ => "expired",
        },
        Happening::Waiting(..) => "waiting",
        Happening::GaveUp(..) => "gave_up",
        _ => "gap",
    }
}
