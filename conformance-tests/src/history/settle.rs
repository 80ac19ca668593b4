//! What became of the calls that were never answered.

use std::collections::{BTreeMap, HashMap, HashSet};

use lock_core::{Command, HistoryEntry, Nonce, Stamp, Token, Version};

use super::{Answered, Asked, Call, order::Step};

/// A command whose effect, if any, nobody was told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unanswered<'a> {
    pub(super) call: &'a Call,
    pub(super) command: &'a Command,
    /// The step it became, where the store's log tells.
    pub(super) stamp: Option<Stamp>,
}

/// All of them. Grants and ends stand in the store's log under their command's nonce; whether a
/// refresh or a place in line was one of the steps, only their effects can tell.
pub(super) fn unanswered<'a>(calls: &'a [Call], steps: &[Step<'_>]) -> Vec<Unanswered<'a>> {
    let answered: HashSet<_> =
        steps.iter().filter(|step| step.makes_version()).map(Step::version).collect();
    let mut logged: HashMap<Nonce, BTreeMap<Version, Stamp>> = HashMap::new();
    for entry in calls.iter().flat_map(log_of) {
        if let Some((nonce, stamp)) = stamp(entry)
            && !answered.contains(&stamp.version)
        {
            let known = logged.entry(nonce).or_default().entry(stamp.version).or_insert(stamp);
            known.token = known.token.max(stamp.token);
        }
    }
    let mut settled: Vec<Unanswered<'a>> = Vec::new();
    for call in calls {
        let Some(command) = call.unanswered() else { continue };
        // Of several tries of one command one was the step, or two: what the first one took may be
        // gone, by somebody else's cleanup, before the next one asks.
        let stamp = logged.get_mut(&command.nonce).and_then(BTreeMap::pop_first);
        let stamp = stamp.map(|(_, stamp)| stamp);
        settled.push(Unanswered { call, command, stamp });
    }
    // Whoever began last is the likeliest to have been interrupted in the step.
    settled.sort_by_key(|it| std::cmp::Reverse(it.call.invoked));
    settled
}

fn log_of(call: &Call) -> &[HistoryEntry] {
    match (&call.asked, &call.answer) {
        (Asked::View(_), Answered::View(view)) => &view.history,
        _ => &[],
    }
}

fn stamp(entry: &HistoryEntry) -> Option<(Nonce, Stamp)> {
    match entry {
        HistoryEntry::Acquired { version, at, lock } => {
            let stamp = Stamp { now: *at, version: *version, token: lock.token };
            Some((lock.id.nonce(), stamp))
        }
        HistoryEntry::Ended { version, at, ending } => {
            let stamp = Stamp { now: *at, version: *version, token: Token::ZERO };
            Some((ending.nonce, stamp))
        }
        _ => None,
    }
}
