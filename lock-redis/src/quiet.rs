//! What a client knows of a namespace in which nobody else has done anything meanwhile.
//!
//! The namespace says who has written last, and since when nobody else: a *stretch*. Whoever makes a
//! version within a stretch of another client begins one of its own. A client that has found all that
//! may meet a pattern to be its own, once in a stretch, need not look again while the stretch goes on:
//! it *claims* it, and the script compares nothing else.
//!
//! A claim knows all steps of this client that were answered. Those under way it cannot know, and the
//! server may carry them out in any order: so whoever meets another that is under way claims nothing,
//! and ends the stretch, so that the claim of the other fails if it comes later.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
};

use lock_core::{Change, Decision, LockScope, Nonce, Pattern, Scope, Stamp};

use crate::{seen::Seen, words::push_number};

/// A client that knows of more patterns than this begins anew.
const KEPT: usize = 4_096;

/// Where a stretch began: the last token then, and the version. No two are the same, even if all is
/// deleted and built up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Epoch {
    pub(crate) token: u64,
    pub(crate) version: u64,
}

/// The stretch of this client, and its steps under way.
#[derive(Debug)]
pub(crate) struct Quiet {
    /// This client's, in the namespace.
    name: String,
    stretch: Option<Stretch>,
    /// With their numbers, which rise.
    under_way: Vec<(u64, Step)>,
    last: u64,
    hashes: RandomState,
}

#[derive(Debug)]
struct Stretch {
    /// The number of the connection that it was told by: another may be to another server, or the same
    /// before it lost its last moments.
    connection: u64,
    epoch: Epoch,
    /// All locks that may meet one of these are this client's.
    patterns: HashSet<Pattern>,
    /// Nobody stands in line.
    no_line: bool,
}

/// A step under way.
#[derive(Debug, Default)]
struct Step {
    patterns: Vec<Pattern>,
    /// If it is one plain path: a number by which most others are told apart.
    path: Option<u64>,
    /// It may change more than what meets those.
    anything: bool,
    /// The stretch in which it knew all that it depends on.
    claim: Option<(u64, Epoch)>,
    /// Sent, and not answered yet.
    open: bool,
}

/// Whose a step is, and what it claims, for the script.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claim {
    pub(crate) text: String,
    /// Whether it claims to know all.
    pub(crate) stands: bool,
}

/// A commit, as far as it matters for what is known after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Commit {
    pub(crate) stamp: Stamp,
    connection: u64,
    /// None: it was as claimed, or made no version.
    epoch: Option<Epoch>,
    moves_line: bool,
}

impl Commit {
    pub(crate) fn of(
        decision: &Decision,
        stamp: Stamp,
        epoch: Option<Epoch>,
        connection: u64,
    ) -> Self {
        Self { stamp, connection, epoch, moves_line: moves_line(decision) }
    }
}

/// Whether somebody comes into line, stays or leaves.
pub(crate) fn moves_line(decision: &Decision) -> bool {
    let in_line = |change: &Change| {
        matches!(change, Change::Enqueue { .. } | Change::Renew { .. } | Change::Leave { .. })
    };
    decision.changes().iter().any(in_line)
}

impl Default for Quiet {
    fn default() -> Self {
        // Half of it is random enough, and each step carries it.
        let name = Nonce::random().to_string().chars().take(16).collect();
        let (under_way, hashes) = (Vec::new(), RandomState::new());
        Self { name, stretch: None, under_way, last: 0, hashes }
    }
}

impl Quiet {
    /// A step begins; its number.
    pub(crate) fn begin(&mut self, scope: &Scope) -> u64 {
        let (patterns, anything) = match &scope.locks {
            LockScope::At(patterns) | LockScope::Meeting(patterns) => (patterns.clone(), false),
            LockScope::None => (Vec::new(), false),
            _ => (Vec::new(), true),
        };
        let path = match patterns.as_slice() {
            [one] => one.literal_path().map(|path| self.hashes.hash_one(path)),
            _ => None,
        };
        let known = self.stretch.as_ref().filter(|stretch| stretch.covers(scope));
        let claim = known.map(|stretch| (stretch.connection, stretch.epoch));
        self.last += 1;
        let step = Step { patterns, path, anything, claim, open: false };
        self.under_way.push((self.last, step));
        self.last
    }

    /// A step is about to be sent by that connection. If it may change `anything`, it depends on more
    /// than its first scope as well, and claims nothing.
    pub(crate) fn send(&mut self, number: u64, anything: bool, connection: u64) -> Claim {
        let Some(step) = self.step(number) else { return Claim::default() };
        step.anything |= anything;
        step.open = true;
        let Some((_, step)) = self.place(number).and_then(|place| self.under_way.get(place)) else {
            return Claim::default();
        };
        let mut all = self.under_way.iter();
        let crowded = all.any(|(other, it)| *other != number && step.meets(it));
        let claim = step.claim.filter(|(told_by, _)| *told_by == connection && !step.anything);
        let mut text = String::with_capacity(80);
        text.push_str(&self.name);
        text.push('x');
        push_number(&mut text, connection);
        text.push(' ');
        match claim.filter(|_| !crowded) {
            Some((_, Epoch { token, version })) => {
                push_number(&mut text, token);
                text.push('.');
                push_number(&mut text, version);
                Claim { text, stands: true }
            }
            None => {
                text.push(if crowded { '!' } else { '0' });
                Claim { text, stands: false }
            }
        }
    }

    /// A step was answered: what it did is known, or it did nothing.
    pub(crate) fn answered(&mut self, number: u64) {
        if let Some(step) = self.step(number) {
            step.open = false;
        }
    }

    /// A step is over. If nobody knows what became of it, nothing is known any more.
    pub(crate) fn end(&mut self, number: u64) {
        let ended = self.place(number).map(|place| self.under_way.remove(place));
        if ended.is_some_and(|(_, step)| step.open) {
            self.stretch = None;
        }
    }

    fn place(&self, number: u64) -> Option<usize> {
        self.under_way.binary_search_by_key(&number, |(number, _)| *number).ok()
    }

    fn step(&mut self, number: u64) -> Option<&mut Step> {
        let place = self.place(number)?;
        self.under_way.get_mut(place).map(|(_, step)| step)
    }

    /// Nothing is known any more.
    pub(crate) fn forget(&mut self) {
        self.stretch = None;
    }

    /// A step was committed, whose changes are known here by now.
    pub(crate) fn committed(&mut self, seen: &Seen, commit: Commit) {
        let Commit { connection, epoch, moves_line, .. } = commit;
        if moves_line {
            self.stretch = None;
            return;
        }
        let Some(epoch) = epoch else { return };
        let stretch = match self.stretch.take() {
            // Replies may reach their tasks in another order than the commits were made in.
            Some(stretch) if (stretch.connection, stretch.epoch) >= (connection, epoch) => stretch,
            _ => Stretch { connection, epoch, patterns: HashSet::new(), no_line: false },
        };
        let stretch = self.stretch.insert(stretch);
        if (stretch.connection, stretch.epoch) != (connection, epoch) {
            return;
        }
        // The script has compared a guess with all there is: it is all this client's own.
        if let Scope { locks: LockScope::Meeting(patterns), waiters, .. } = &seen.view.scope
            && seen.predicted
        {
            if stretch.patterns.len() >= KEPT {
                stretch.patterns.clear();
            }
            stretch.patterns.extend(patterns.iter().cloned());
            stretch.no_line |= *waiters;
        }
    }
}

impl Stretch {
    /// Whether all of a scope is known.
    fn covers(&self, scope: &Scope) -> bool {
        let locks = match &scope.locks {
            LockScope::At(patterns) | LockScope::Meeting(patterns) => patterns,
            _ => return false,
        };
        scope.named.is_empty()
            && (self.no_line || !scope.waiters)
            && locks.iter().all(|pattern| self.patterns.contains(pattern))
    }
}

impl Step {
    fn meets(&self, other: &Self) -> bool {
        if self.anything || other.anything {
            return true;
        }
        // Two plain paths meet if they are one. With a hundred steps under way, each is asked about a
        // hundred.
        let differ = self.path.zip(other.path).is_some_and(|(one, two)| one != two);
        !differ && self.patterns.iter().any(|one| other.patterns.iter().any(|two| one.meets(two)))
    }
}
