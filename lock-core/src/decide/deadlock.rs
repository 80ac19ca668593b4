//! A wait that would never end.

use std::collections::HashSet;

use super::{
    claim::Claim,
    line::{meets_any, stops, widened},
    scope::has_all_meeting,
};
use crate::{Acquire, AgentId, Lock, Pattern, RecordId, Scope, View, Waiter};

/// The cycle of agents that `request` would close by waiting, itself first, or none.
///
/// Whoever waits, waits for all that stands before it, so a cycle among waiters is a deadlock for
/// certain (Coffman, Elphick, Shoshani, *System Deadlocks*, 1971). One that already stands in
/// line gives way only if it is the youngest of its cycle: exactly one does.
pub(crate) fn cycle(
    place: RecordId,
    request: &Acquire,
    wanted: &[&Pattern],
    view: &View,
) -> Result<Option<Vec<AgentId>>, Scope> {
    let line = view.line();
    let others = line.iter().flat_map(|waiter| &waiter.patterns);
    if !has_all_meeting(view, request.patterns.iter().chain(others.clone())) {
        return Err(widened(request, others));
    }
    let graph = Graph { view, line: &line, place, request, wanted };
    let own = line.iter().position(|waiter| waiter.id == place);
    let youngest = |path: &[usize]| own.is_none_or(|own| path.iter().all(|step| *step <= own));
    let mut path = Vec::new();
    let found = graph.search(None, &mut HashSet::new(), &mut path);
    Ok((found && youngest(&path)).then(|| {
        let agents = path.iter().filter_map(|step| line.get(*step)).map(|w| w.agent.clone());
        std::iter::once(request.agent.clone()).chain(agents).collect()
    }))
}

struct Graph<'a> {
    view: &'a View,
    line: &'a [&'a Waiter],
    place: RecordId,
    request: &'a Acquire,
    wanted: &'a [&'a Pattern],
}

impl Graph<'_> {
    /// Depth first from `from` (none: the request) for a way back to the request. The way is left
    /// in `path`.
    fn search(
        &self,
        from: Option<usize>,
        seen: &mut HashSet<usize>,
        path: &mut Vec<usize>,
    ) -> bool {
        if from.is_some_and(|from| self.waits_for_request(from)) {
            return true;
        }
        for next in self.blockers(from) {
            if seen.insert(next) {
                path.push(next);
                if self.search(Some(next), seen, path) {
                    return true;
                }
                path.pop();
            }
        }
        false
    }

    /// Whether a lock of the requester, or its earlier place in line, stands before the waiter.
    fn waits_for_request(&self, from: usize) -> bool {
        let Some(waiter) = self.line.get(from) else { return false };
        let claim = Claim::from(self.request);
        let by_lock =
            self.view.live().any(|lock| claim.speaks_for(lock.into()) && stops(lock, waiter));
        let own = self.line.iter().position(|other| other.id == self.place);
        by_lock || own.is_some_and(|own| self.queues_behind(from, own))
    }

    /// The waiters that must get on before `from` (none: the request) can.
    fn blockers(&self, from: Option<usize>) -> Vec<usize> {
        let own = self.line.iter().position(|waiter| waiter.id == self.place);
        let stands_before = |lock: &&Lock| match from.and_then(|from| self.line.get(from)) {
            Some(waiter) => stops(lock, waiter),
            None => {
                Claim::from(self.request).excludes((*lock).into())
                    && self.wanted.iter().any(|pattern| pattern.meets(&lock.pattern))
            }
        };
        let locks: Vec<&Lock> = self.view.live().filter(stands_before).collect();
        let among = |index: usize, waiter: &Waiter| {
            let holds = locks.iter().any(|lock| Claim::from(waiter).speaks_for((*lock).into()));
            holds
                || match from {
                    Some(from) => self.queues_behind(from, index),
                    None => own.is_none_or(|own| index < own) && self.request_queues_behind(waiter),
                }
        };
        let indexed = (0..).zip(self.line);
        indexed
            .filter(|(index, waiter)| {
                Some(*index) != from && Some(*index) != own && among(*index, waiter)
            })
            .map(|(index, _)| index)
            .collect()
    }

    /// Whether the waiter `later` may not pass the waiter `earlier`.
    fn queues_behind(&self, later: usize, earlier: usize) -> bool {
        let (Some(behind), Some(before)) = (self.line.get(later), self.line.get(earlier)) else {
            return false;
        };
        earlier < later
            && Claim::from(*behind).excludes(Claim::from(*before))
            && behind.patterns.iter().any(|pattern| meets_any(pattern, before))
            && !self.passes(Claim::from(*behind), before)
    }

    fn request_queues_behind(&self, before: &Waiter) -> bool {
        let claim = Claim::from(self.request);
        claim.excludes(Claim::from(before))
            && self.wanted.iter().any(|pattern| meets_any(pattern, before))
            && !self.passes(claim, before)
    }

    /// Whether `claim` holds a lock that `before` waits for, and so is not held up by it.
    fn passes(&self, claim: Claim<'_>, before: &Waiter) -> bool {
        self.view.live().any(|lock| claim.speaks_for(lock.into()) && stops(lock, before))
    }
}
