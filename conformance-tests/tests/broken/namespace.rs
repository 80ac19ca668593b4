//! What the store with the faults holds.

use std::collections::BTreeMap;

use lock_core::{
    Command, Decision, HistoryEntry, Lock, Outcome, RecordId, Scope, Stamp, Timestamp, Token,
    Version, View, Waiter, Write, decide,
};

#[derive(Default, Clone)]
pub(crate) struct Namespace {
    pub(crate) version: Version,
    pub(crate) last_token: Token,
    pub(crate) locks: BTreeMap<RecordId, Lock>,
    pub(crate) waiters: BTreeMap<RecordId, Waiter>,
    pub(crate) log: Vec<HistoryEntry>,
}

impl Namespace {
    pub(crate) fn view(&self, scope: &Scope, now: Timestamp) -> View {
        let endings = self.log.iter().filter_map(HistoryEntry::ending);
        let history = |after: Version| self.log.iter().filter(move |it| it.version() > after);
        View {
            scope: scope.clone(),
            now,
            version: self.version,
            locks: self.locks.values().filter(|it| scope.locks.includes(it)).cloned().collect(),
            waiters: self
                .waiters
                .values()
                .filter(|it| scope.includes_waiter(it.id))
                .cloned()
                .collect(),
            endings: endings.filter(|it| scope.endings.includes(it)).cloned().collect(),
            history: scope.history.into_iter().flat_map(history).cloned().collect(),
            ..View::default()
        }
    }

    /// Decides on what `distort` makes of the view.
    pub(crate) fn decide(
        &self,
        command: &Command,
        now: Timestamp,
        distort: impl Fn(&mut View),
    ) -> Decision {
        let mut scope = command.scope();
        loop {
            let mut view = self.view(&scope, now);
            distort(&mut view);
            match decide(command, &view) {
                Ok(decision) => return decision,
                Err(wider) => scope = wider,
            }
        }
    }

    pub(crate) fn commit(&mut self, decision: Decision, now: Timestamp) -> Outcome {
        let token = self.last_token.next(now).expect("the tokens last");
        self.commit_with(decision, now, token, |namespace, write| namespace.write(write))
    }

    pub(crate) fn commit_with(
        &mut self,
        decision: Decision,
        now: Timestamp,
        token: Token,
        write: impl Fn(&mut Self, Write),
    ) -> Outcome {
        if decision.changes().is_empty() {
            return decision.outcome(now, self.version);
        }
        if decision.makes_version() {
            self.version = self.version.next();
        }
        if decision.grants() {
            self.last_token = token;
        }
        let committed = decision.commit(Stamp { now, version: self.version, token });
        committed.writes.into_iter().for_each(|it| write(self, it));
        self.log.extend(committed.log);
        committed.outcome
    }

    pub(crate) fn write(&mut self, write: Write) {
        match write {
            Write::PutLock(lock) => drop(self.locks.insert(lock.id, lock)),
            Write::DropLock(lock) => drop(self.locks.remove(&lock.id)),
            Write::PutWaiter(waiter) => drop(self.waiters.insert(waiter.id, waiter)),
            Write::DropWaiter(waiter) => drop(self.waiters.remove(&waiter.id)),
        }
    }
}
