//! A command that runs under a lock.

mod child;
mod deadline;
mod environment;
pub(crate) mod gate;
mod signals;
mod terminal;
mod watch;

use std::ffi::OsString;

use lock_core::{LockGuard, LockManager, Loss, host::Host};

use self::{
    deadline::Deadline, environment::Environment, gate::Gate, terminal::Terminal, watch::Watch,
};
pub(crate) use self::{environment::new_holder, signals::Signals};
use crate::{escape::Shown, failure::Failure, output::Output};

/// How a command ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// With this code.
    Code(u8),
    /// Its lock was lost.
    Lost(Loss),
}

/// Runs `command` under `guard`, and lets go when it has ended.
pub(crate) async fn run(
    locks: &LockManager,
    guard: LockGuard,
    command: &[OsString],
    signals: &Signals,
    output: Output,
) -> Result<Ended, Failure> {
    let ended = match start(locks, &guard, command, signals).await {
        Ok(watch) => Ok(Ended::Code(watch.until_it_ends().await)),
        Err(failure) => Err(failure),
    };
    match (guard.finish().await, ended) {
        (Ok(Some(loss)), Ok(_)) => Ok(Ended::Lost(loss)),
        (Ok(_), ended) => ended,
        (Err(error), ended) => {
            output.note(&format!("could not let go, which the end of the lease will do: {error}"));
            ended
        }
    }
}

async fn start<'a>(
    locks: &LockManager,
    guard: &'a LockGuard,
    command: &[OsString],
    signals: &'a Signals,
) -> Result<Watch<'a>, Failure> {
    let failed = |error| {
        let program = command.first().map(|word| word.to_string_lossy()).unwrap_or_default();
        Failure::NotStarted { program: Shown(&program).to_string(), error }
    };
    let gate = Gate::start(command, &Environment::new(locks, guard)).map_err(failed)?;
    // One that is gone already needs no record.
    if let Ok(process) = Host::current().process(gate.id())
        && let Err(error) = guard.live_with(process).await
    {
        gate.close();
        return Err(error.into());
    }
    signals.catch_all()?;
    let child = gate.child();
    let mut terminal = Terminal::of_this_session();
    if let Some(terminal) = &mut terminal
        && Terminal::is_wanted()
    {
        terminal.lend(child.group());
    }
    match gate.open() {
        Ok(()) => Ok(Watch { child, guard, signals, terminal, deadline: Deadline::default() }),
        Err(error) => {
            child.reap();
            Err(failed(error))
        }
    }
}
