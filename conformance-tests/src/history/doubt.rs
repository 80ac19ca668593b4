//! Which records live, where more than one verdict can be right.

use lock_core::{Action, Command, Process, RecordId, Stamp};

use super::{Rules, call::Call, model::Model, settle::Unanswered};

/// A verdict on a record, against what its lease says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Lives,
    RanOut,
    /// Its processes are gone.
    Dead,
}

/// Verdicts on records. Without one, the lease decides.
pub(super) type Judged<'a> = &'a [(RecordId, Fate)];

/// How many doubts are tried in every combination.
const AT_ONCE: usize = 6;

/// What cannot be told from the history alone.
pub(super) struct Doubts {
    /// Records whose processes had been killed before the call.
    dead: Vec<RecordId>,
    /// Each is judged in one way or in the other.
    open: Vec<(RecordId, Option<Fate>, Option<Fate>)>,
}

impl Doubts {
    pub(super) fn of(
        model: &Model,
        call: &Call,
        stamp: Stamp,
        unanswered: &[Unanswered<'_>],
        rules: Rules<'_>,
    ) -> Self {
        let mut it = Self { dead: Vec::new(), open: Vec::new() };
        let locks = model.locks.values().map(|lock| (lock.id, &lock.processes));
        let waiters = model.waiters.values().map(|waiter| (waiter.id, &waiter.processes));
        for (id, processes) in locks.chain(waiters) {
            it.killed(id, processes, call, rules);
        }
        // Near the end of a lease two readings of one clock may differ. And whoever was cut off
        // while it waited may have renewed its place, or not.
        let mut near = model.doubtful(stamp.now, rules.jitter);
        near.extend(unanswered.iter().filter_map(|it| place_of(it.command)));
        near.sort();
        near.dedup();
        near.retain(|id| model.locks.contains_key(id) || model.waiters.contains_key(id));
        near.retain(|id| !it.dead.contains(id));
        it.open.extend(near.into_iter().map(|id| (id, Some(Fate::RanOut), Some(Fate::Lives))));
        it.open.truncate(AT_ONCE);
        it
    }

    fn killed(&mut self, id: RecordId, processes: &[Process], call: &Call, rules: Rules<'_>) {
        match rules.death_of(processes) {
            Some(death) if death.surely <= call.invoked => self.dead.push(id),
            Some(death) if death.earliest <= call.answered => {
                self.open.push((id, None, Some(Fate::Dead)));
            }
            _ => {}
        }
    }

    /// The verdicts that are beyond doubt.
    pub(super) fn certain(&self) -> impl Iterator<Item = (RecordId, Fate)> {
        self.dead.iter().map(|id| (*id, Fate::Dead))
    }

    /// Every way to judge the rest, besides.
    pub(super) fn every_way(&self) -> impl Iterator<Item = Vec<(RecordId, Fate)>> {
        (0..1_u32 << self.open.len()).map(|bits| {
            let open = self.open.iter().enumerate().filter_map(|(bit, (id, one, other))| {
                let fate = if bits & (1 << bit) == 0 { one } else { other };
                Some((*id, (*fate)?))
            });
            self.certain().chain(open).collect()
        })
    }
}

/// The place in line that a command asks for or keeps.
pub(super) fn place_of(command: &Command) -> Option<RecordId> {
    match &command.action {
        Action::Acquire(acquire) => acquire.wait.as_ref().map(|place| place.name),
        Action::Renew(renew) => Some(renew.waiter),
        _ => None,
    }
}
