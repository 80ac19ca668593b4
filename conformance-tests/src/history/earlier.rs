//! What an answer tells of leases that its own step did not touch.
//!
//! A store that looks first and commits later holds its commit against all that the verdict
//! depended on: which locks and waiters there are, and which of them live. A lease that was
//! extended in between changes no verdict, so nobody decides anew for it, and the answer shows
//! that lease as it was when the store looked. So much is allowed and no more: the record must
//! have been so, as a whole, at some moment of the call.
//!
//! The other way round, whoever was cut off while it stood in line may have renewed its place in
//! the step that nobody told of: others may be shown that before the history knows it.

use lock_core::{Answer, Blocker, Lock, Outcome, RecordId, Refusal, Waiter};

use super::{
    alike::{Readings, alike},
    call::Call,
    doubt::place_of,
    judge::Judge,
    model::Model,
    settle::Unanswered,
};

/// Records as they were, until a step extended their leases.
#[derive(Debug, Clone, Default)]
pub(super) struct Earlier {
    locks: Vec<Was<Lock>>,
    waiters: Vec<Was<Waiter>>,
}

#[derive(Debug, Clone)]
struct Was<T> {
    record: T,
    /// When the call that extended it was answered: it was not so after that.
    until: u64,
}

impl Earlier {
    pub(super) fn lock_was(&mut self, record: Lock, until: u64) {
        self.locks.push(Was { record, until });
    }

    pub(super) fn waiter_was(&mut self, record: Waiter, until: u64) {
        self.waiters.push(Was { record, until });
    }

    pub(super) fn len(&self) -> (usize, usize) {
        (self.locks.len(), self.waiters.len())
    }

    pub(super) fn truncate(&mut self, (locks, waiters): (usize, usize)) {
        self.locks.truncate(locks);
        self.waiters.truncate(waiters);
    }
}

/// The outcome of `call`, with each record that its step did not touch, and that it shows as it
/// was at a moment of the call, replaced by the record as the model has it.
pub(super) fn brought_up_to_date(
    outcome: &Outcome,
    call: &Call,
    model: &Model,
    judge: &Judge<'_>,
) -> Outcome {
    let mut outcome = outcome.clone();
    let now = Now { model, call, judge, looked_first: outcome.changed };
    match &mut outcome.answer {
        Answer::Refused(refusal)
        | Answer::Waiting { refusal, .. }
        | Answer::Deadlock { refusal, .. }
        | Answer::Released { refusal, .. } => now.refusal(refusal),
        Answer::Removed { waiters, .. } => waiters.iter_mut().for_each(|it| now.waiter(it)),
        _ => {}
    }
    outcome
}

struct Now<'a> {
    model: &'a Model,
    call: &'a Call,
    judge: &'a Judge<'a>,
    /// Without a commit the store answered from one look, and there is no in between.
    looked_first: bool,
}

impl Now<'_> {
    fn refusal(&self, refusal: &mut Refusal) {
        for conflict in &mut refusal.conflicts {
            match &mut conflict.blocker {
                Blocker::Held(lock) => {
                    let now = self.model.locks.get(&lock.id);
                    self.replace(lock, now, &self.model.earlier.locks, |lock| lock.id);
                }
                Blocker::Waiting { waiter, .. } => self.waiter(waiter),
            }
        }
    }

    fn waiter(&self, waiter: &mut Waiter) {
        let Some(now) = self.model.waiters.get(&waiter.id) else { return };
        if self.may_have_been_renewed(waiter, now) {
            waiter.expires_at = now.expires_at;
        }
        self.replace(waiter, Some(now), &self.model.earlier.waiters, |waiter| waiter.id);
    }

    fn may_have_been_renewed(&self, shown: &Waiter, known: &Waiter) -> bool {
        let renewal = |it: &Unanswered<'_>| {
            it.call.invoked <= self.call.answered && place_of(it.command) == Some(shown.id)
        };
        shown.expires_at > known.expires_at && self.judge.unanswered.iter().any(renewal)
    }

    fn replace<T: Readings>(
        &self,
        shown: &mut T,
        now: Option<&T>,
        earlier: &[Was<T>],
        id: impl Fn(&T) -> RecordId,
    ) {
        let was_so = |was: &Was<T>| {
            was.until >= self.call.invoked
                && id(&was.record) == id(shown)
                && alike(&was.record, shown, self.judge.rules.jitter)
        };
        if let Some(now) = now.filter(|now| self.looked_first && *now != shown)
            && earlier.iter().rev().any(was_so)
        {
            shown.clone_from(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, time::Duration};

    use futures_lite::future::block_on;
    use lock_core::{
        Answer, Blocker, Command, Conflict, LockBackend as _, ManualClock, MemoryBackend, Outcome,
        Refresh, Targets, Timestamp,
    };

    use super::super::{Answered, Asked, Call, Rules, check};
    use crate::scenarios::ask;

    /// Calls, one a millisecond, on a store in memory.
    struct History {
        clock: ManualClock,
        store: MemoryBackend,
        calls: Vec<Call>,
    }

    impl History {
        fn new() -> Self {
            let clock = ManualClock::at(Timestamp::from_micros(1_000_000));
            let store = MemoryBackend::with_clock(clock.clone());
            Self { clock, store, calls: Vec::new() }
        }

        fn call(&mut self, command: &Command) -> &mut Call {
            self.clock.advance(Duration::from_millis(1));
            let outcome = block_on(self.store.execute(command)).unwrap();
            let invoked = 10 * (self.calls.len() as u64 + 1);
            let (by, asked) = ("somebody".to_owned(), Asked::Command(command.clone()));
            let (answered, answer) = (invoked + 1, Answered::Outcome(outcome));
            self.calls.push(Call { by, asked, invoked, answered, answer });
            self.calls.last_mut().unwrap()
        }

        /// The owner holds the path, the first waits for it and renews its place; then `last` is
        /// asked, which began when only so many calls had been made. Whether the history is
        /// explained, if `last` is answered with the first's lease as it was before that.
        fn explained(last: &Command, began_after: u64, distort: fn(&mut Conflict)) -> bool {
            let mut it = Self::new();
            it.call(&Command::new(ask::acquire("owner", ["a.rs"])));
            let first = ask::waiting("first", ["a.rs"]);
            it.call(&first);
            it.clock.advance(Duration::from_millis(1_600));
            it.call(&ask::look_again(&first));
            let call = it.call(last);
            call.invoked = 10 * began_after + 5;
            let ahead = blockers(call).find(|it| matches!(it.blocker, Blocker::Waiting { .. }));
            let ahead = ahead.expect("the first is ahead");
            let Blocker::Waiting { waiter, .. } = &mut ahead.blocker else { unreachable!() };
            waiter.expires_at = waiter.since + lock_core::Decision::WAITER_TTL;
            distort(ahead);
            it.is_explained()
        }

        fn is_explained(&self) -> bool {
            let killed = &HashMap::new();
            check(&self.calls, Rules { jitter: Duration::ZERO, steady_clock: true, killed }).is_ok()
        }
    }

    fn blockers(call: &mut Call) -> impl Iterator<Item = &mut Conflict> {
        let Answered::Outcome(Outcome { answer, .. }) = &mut call.answer else { unreachable!() };
        match answer {
            Answer::Waiting { refusal, .. } | Answer::Refused(refusal) => {
                refusal.conflicts.iter_mut()
            }
            other => panic!("nothing stands against it: {other:?}"),
        }
    }

    /// A hundred agents stood in line on Redis, on a machine so busy that places were renewed
    /// between a look and its commit. One was answered that it waits, behind a waiter whose lease
    /// ended 1.5 s earlier than by the history, and the history counted as impossible.
    #[test]
    fn a_place_may_be_shown_as_it_was_before_a_renewal_during_the_call() {
        let second = ask::waiting("second", ["a.rs"]);
        assert!(History::explained(&second, 2, |_| {}));
    }

    #[test]
    fn not_as_it_was_before_a_renewal_that_was_over() {
        let second = ask::waiting("second", ["a.rs"]);
        assert!(!History::explained(&second, 4, |_| {}));
    }

    #[test]
    fn not_as_it_never_was() {
        let second = ask::waiting("second", ["a.rs"]);
        assert!(!History::explained(&second, 2, |ahead| {
            let Blocker::Waiting { waiter, .. } = &mut ahead.blocker else { unreachable!() };
            waiter.expires_at = waiter.expires_at + Duration::from_micros(1);
        }));
        assert!(!History::explained(&second, 2, |ahead| {
            let Blocker::Waiting { waiter, .. } = &mut ahead.blocker else { unreachable!() };
            waiter.ticket += 1;
        }));
        assert!(!History::explained(&second, 2, |ahead| {
            let Blocker::Waiting { position, .. } = &mut ahead.blocker else { unreachable!() };
            *position += 1;
        }));
    }

    /// A refusal commits nothing: all of it was so at one moment.
    #[test]
    fn not_by_an_answer_that_changed_nothing() {
        let refused = Command::new(ask::acquire("second", ["a.rs"]));
        assert!(!History::explained(&refused, 2, |_| {}));
    }

    /// The same for a lock that its holder refreshed meanwhile: heartbeats make nobody retry.
    #[test]
    fn a_lock_may_be_shown_as_it_was_before_a_refresh_during_the_call() {
        let explained = |began_after: u64| {
            let mut it = History::new();
            it.call(&Command::new(ask::acquire("owner", ["a.rs"])));
            let (agent, targets) = (ask::agent("owner"), Targets::All);
            let (holder, ttl, token, process) = Default::default();
            it.call(&Command::new(Refresh { agent, holder, targets, ttl, token, process }));
            let call = it.call(&ask::waiting("second", ["a.rs"]));
            call.invoked = 10 * began_after + 5;
            for conflict in blockers(call) {
                let Blocker::Held(lock) = &mut conflict.blocker else { unreachable!() };
                lock.refreshed_at = lock.acquired_at;
                lock.expires_at = lock.acquired_at + lock.ttl.duration();
            }
            it.is_explained()
        };
        assert!(explained(1) && !explained(3));
    }
}
