//! Known mistakes of lock managers, made on purpose.

use lock_core::{Acquire, Action, Command, Mode, Nonce, Removal, View};

use crate::store::TICK;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// An asker judges what is stale by a clock that is ahead.
    StaleByTheAskersClock,
    /// A cleanup does.
    CleanupByAnotherClock,
    /// A request that does not wait does not look at the line.
    BargingPastTheLine,
    /// Readers enter as long as readers are in.
    ReadersPassWriters,
    /// Nobody looks at the line.
    NoLine,
    /// Of a set, what is free is granted.
    PartialGrant,
    /// A set that waits takes what it can get meanwhile.
    HoldsWhileWaiting,
    /// The next token is one more than the highest of the records there.
    TokenFromTheRecord,
    /// A refresh revives what ran out, as long as it is still there.
    RefreshRevives,
    /// A release deletes whatever stands under the pattern.
    DeleteByKey,
    /// A second try is a new command.
    LostNonce,
    /// The second try of a release does not look at what the first one ended.
    RetryForgetsEndings,
    /// Only the same pattern excludes.
    OnlyTheSamePattern,
    /// Shared counts as free.
    SharedIsFree,
    /// Nobody looks who waits for whom.
    BlindToCycles,
    /// An upgrade lets go of the shared lock before it is granted.
    UpgradeLetsGoFirst,
    /// The dead keep their place in line.
    TheDeadStayInLine,
    /// Two runs of one agent do not exclude each other.
    RunsShareTheirAgent,
    /// The line is kept by name, not by arrival.
    LineByName,
}

impl Bug {
    /// What the store makes of a command before it looks at it.
    pub(crate) fn command(self, command: &Command) -> Command {
        let mut command = command.clone();
        match (self, &mut command.action) {
            (Self::LostNonce, _) if command.retry => {
                command = Command { nonce: Nonce::from_bits(255), retry: false, ..command };
            }
            (Self::RetryForgetsEndings, Action::Release(_)) => command.retry = false,
            _ => {}
        }
        command
    }

    /// What it makes of what it sees.
    pub(crate) fn distort(self, view: &mut View, command: &Command) {
        match (self, &command.action) {
            (Self::StaleByTheAskersClock, Action::Acquire(_)) => view.now = view.now + TICK,
            (Self::CleanupByAnotherClock, Action::Cleanup(cleanup))
                if matches!(cleanup.what, Removal::Stale { .. }) =>
            {
                view.now = view.now + TICK;
            }
            (Self::BargingPastTheLine, Action::Acquire(Acquire { wait: None, .. })) => {
                view.waiters.clear();
            }
            (Self::ReadersPassWriters, Action::Acquire(acquire))
                if acquire.mode == Mode::Shared =>
            {
                let own = acquire.wait.as_ref().map(|place| place.name);
                view.waiters.retain(|waiter| Some(waiter.id) == own);
            }
            (Self::NoLine, Action::Acquire(acquire)) => {
                let own = acquire.wait.as_ref().map(|place| place.name);
                view.waiters.retain(|waiter| Some(waiter.id) == own);
            }
            (Self::LineByName, Action::Acquire(_)) => {
                view.waiters.iter_mut().for_each(|waiter| waiter.ticket = 0);
            }
            (Self::RefreshRevives, Action::Refresh(_)) => {
                for lock in &mut view.locks {
                    lock.expires_at = lock.expires_at.max(view.now + TICK);
                }
            }
            (Self::OnlyTheSamePattern, Action::Acquire(acquire)) => {
                view.locks.retain(|lock| acquire.patterns.contains(&lock.pattern));
            }
            (Self::SharedIsFree, Action::Acquire(acquire)) => {
                view.locks
                    .retain(|lock| lock.mode == Mode::Exclusive || lock.agent == acquire.agent);
            }
            (Self::TheDeadStayInLine, _) => {
                view.dead.retain(|id| view.locks.iter().any(|lock| lock.id == *id));
                for waiter in &mut view.waiters {
                    waiter.expires_at = waiter.expires_at.max(view.now + TICK);
                }
            }
            (Self::RunsShareTheirAgent, Action::Acquire(acquire)) => {
                for lock in view.locks.iter_mut().filter(|lock| lock.agent == acquire.agent) {
                    if lock.holder != acquire.holder {
                        lock.holder = None;
                    }
                }
            }
            _ => {}
        }
    }
}
