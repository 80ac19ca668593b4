//! A namespace that is only replayed: no clock, no tokens, no chance of its own.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use lock_core::{
    AgentId, Command, Committed, Decision, Ending, EndingScope, HistoryEntry, Lock, Nonce, Outcome,
    RecordId, Scope, Stamp, Timestamp, Token, Version, View, Waiter, Write, decide,
};

use super::{
    doubt::{Fate, Judged},
    earlier::Earlier,
};

/// What the store must hold, if all its answers so far were right.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) version: Version,
    pub(super) token: Token,
    pub(super) now: Timestamp,
    pub(super) locks: BTreeMap<RecordId, Lock>,
    pub(super) waiters: BTreeMap<RecordId, Waiter>,
    pub(super) log: Vec<HistoryEntry>,
    pub(super) endings: Vec<Ending>,
    of_agent: HashMap<AgentId, Vec<usize>>,
    made_by: HashMap<Nonce, Vec<usize>>,
    /// Records that a call wrote whose answer, and so whose time, nobody knows.
    pub(super) vague: HashSet<RecordId>,
    pub(super) earlier: Earlier,
}

/// Where a model stood. What only grows is remembered by its length.
#[derive(Debug)]
pub(super) struct Mark {
    version: Version,
    token: Token,
    now: Timestamp,
    locks: BTreeMap<RecordId, Lock>,
    waiters: BTreeMap<RecordId, Waiter>,
    vague: HashSet<RecordId>,
    earlier: (usize, usize),
    log: usize,
    endings: usize,
}

impl Model {
    /// What `scope` holds at `now`.
    pub(super) fn view(&self, scope: &Scope, now: Timestamp, judged: Judged<'_>) -> View {
        let mut view = View {
            scope: scope.clone(),
            now,
            version: self.version,
            locks: self.locks.values().filter(|l| scope.locks.includes(l)).cloned().collect(),
            waiters: self
                .waiters
                .values()
                .filter(|waiter| scope.includes_waiter(waiter.id))
                .cloned()
                .collect(),
            endings: self.endings_in(&scope.endings),
            ..View::default()
        };
        for (id, fate) in judged {
            let ends = match fate {
                Fate::Lives => now + Duration::from_micros(1),
                Fate::RanOut => now,
                Fate::Dead => {
                    view.dead.insert(*id);
                    continue;
                }
            };
            let locks = view.locks.iter_mut().filter(|lock| lock.id == *id);
            locks.for_each(|lock| lock.expires_at = ends);
            let waiters = view.waiters.iter_mut().filter(|waiter| waiter.id == *id);
            waiters.for_each(|waiter| waiter.expires_at = ends);
        }
        view
    }

    fn endings_in(&self, scope: &EndingScope) -> Vec<Ending> {
        let found = match scope {
            EndingScope::Last(agent, ..) | EndingScope::OfHolder(agent, _) => {
                self.of_agent.get(agent)
            }
            EndingScope::MadeBy(nonce) => self.made_by.get(nonce),
            _ => None,
        };
        let found = found.into_iter().flatten().filter_map(|index| self.endings.get(*index));
        found.filter(|ending| scope.includes(ending)).cloned().collect()
    }

    pub(super) fn decide(&self, command: &Command, now: Timestamp, judged: Judged<'_>) -> Decision {
        let mut scope = command.scope();
        loop {
            match decide(command, &self.view(&scope, now, judged)) {
                Ok(decision) => return decision,
                Err(wider) => scope = wider,
            }
        }
    }

    /// Takes the step, stamped as the store stamped it, and answered at `answered`.
    pub(super) fn commit(&mut self, decision: Decision, stamp: Stamp, answered: u64) -> Outcome {
        if decision.makes_version() {
            self.version = stamp.version;
        }
        if decision.grants() {
            self.token = self.token.max(stamp.token);
        }
        self.now = self.now.max(stamp.now);
        let Committed { outcome, writes, log } = decision.commit(stamp);
        for write in writes {
            match write {
                Write::PutLock(lock) => {
                    if let Some(was) = self.locks.insert(lock.id, lock) {
                        self.earlier.lock_was(was, answered);
                    }
                }
                Write::DropLock(lock) => drop(self.locks.remove(&lock.id)),
                Write::PutWaiter(waiter) => {
                    let ticket = waiter.ticket;
                    let was = self.waiters.insert(waiter.id, waiter);
                    if let Some(was) = was.filter(|was| was.ticket == ticket) {
                        self.earlier.waiter_was(was, answered);
                    }
                }
                Write::DropWaiter(waiter) => drop(self.waiters.remove(&waiter.id)),
            }
        }
        for ending in log.iter().filter_map(HistoryEntry::ending) {
            let index = self.endings.len();
            self.of_agent.entry(ending.agent.clone()).or_default().push(index);
            self.made_by.entry(ending.nonce).or_default().push(index);
            self.endings.push(ending.clone());
        }
        self.log.extend(log);
        outcome
    }

    /// Records whose liveness at `now` either verdict may be right about.
    pub(super) fn doubtful(&self, now: Timestamp, jitter: Duration) -> Vec<RecordId> {
        let near = |id: &RecordId, end: Timestamp| {
            self.vague.contains(id) || (end <= now + jitter && now <= end + jitter)
        };
        let locks = self.locks.values().filter(|lock| near(&lock.id, lock.expires_at));
        let waiters = self.waiters.values().filter(|it| near(&it.id, it.expires_at));
        locks.map(|lock| lock.id).chain(waiters.map(|waiter| waiter.id)).collect()
    }

    /// Takes over the times of records that it knew only vaguely.
    pub(super) fn learn(&mut self, locks: &[Lock], waiters: &[Waiter]) {
        for lock in locks {
            if let Some(known) =
                self.locks.get_mut(&lock.id).filter(|_| self.vague.remove(&lock.id))
            {
                (known.refreshed_at, known.expires_at) = (lock.refreshed_at, lock.expires_at);
            }
        }
        for waiter in waiters {
            if let Some(known) =
                self.waiters.get_mut(&waiter.id).filter(|_| self.vague.remove(&waiter.id))
            {
                (known.since, known.expires_at) = (waiter.since, waiter.expires_at);
            }
        }
    }

    /// Where it stands, to come [back](Self::back_to) to.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            version: self.version,
            token: self.token,
            now: self.now,
            locks: self.locks.clone(),
            waiters: self.waiters.clone(),
            vague: self.vague.clone(),
            earlier: self.earlier.len(),
            log: self.log.len(),
            endings: self.endings.len(),
        }
    }

    /// Forgets all that was done since.
    pub(super) fn back_to(&mut self, mark: &Mark) {
        (self.version, self.token, self.now) = (mark.version, mark.token, mark.now);
        self.locks.clone_from(&mark.locks);
        self.waiters.clone_from(&mark.waiters);
        self.vague.clone_from(&mark.vague);
        self.earlier.truncate(mark.earlier);
        self.log.truncate(mark.log);
        self.endings.truncate(mark.endings);
        let known = |indices: &mut Vec<usize>| indices.retain(|index| *index < mark.endings);
        self.of_agent.values_mut().for_each(known);
        self.made_by.values_mut().for_each(known);
    }
}
