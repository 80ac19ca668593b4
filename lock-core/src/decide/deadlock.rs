//! A wait that would never end.

use std::collections::{HashMap, VecDeque, hash_map::Entry};

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
    if !graph.may_turn_back() {
        return Ok(None);
    }
    let own = line.iter().position(|waiter| waiter.id == place);
    let youngest = |path: &[usize]| own.is_none_or(|own| path.iter().all(|step| *step <= own));
    Ok(graph.way_back().filter(|path| youngest(path)).map(|path| {
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
    /// Whether anybody who waits holds something. If not, everybody waits for those before, and
    /// for holders that wait for nobody: no way leads back. A hundred that want one path ask this
    /// at every release, and the search would look at each pair of them.
    fn may_turn_back(&self) -> bool {
        let request = Claim::from(self.request);
        self.view.live().any(|lock| {
            let lock = lock.into();
            request.speaks_for(lock) || self.line.iter().any(|it| Claim::from(*it).speaks_for(lock))
        })
    }

    /// The shortest way from the request over waiters back to the request: breadth first.
    fn way_back(&self) -> Option<Vec<usize>> {
        let mut came_from: HashMap<usize, Option<usize>> = HashMap::new();
        let mut next = VecDeque::from([None]);
        while let Some(from) = next.pop_front() {
            if from.is_some_and(|from| self.waits_for_request(from)) {
                let steps = std::iter::successors(from, |step| came_from.get(step).copied()?);
                let mut path: Vec<usize> = steps.collect();
                path.reverse();
                return Some(path);
            }
            for step in self.blockers(from) {
                if let Entry::Vacant(entry) = came_from.entry(step) {
                    entry.insert(from);
                    next.push_back(Some(step));
                }
            }
        }
        None
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

#[cfg(test)]
mod tests {
    use super::super::world::{World, agent};

    #[test]
    fn two_that_wait_for_each_other() {
        let world = World::new();
        world.acquire("one", "a");
        world.acquire("two", "b");
        assert_eq!(world.ask("one", "b").waiting(1), "waits at 1: two holds b");
        assert_eq!(world.ask("two", "a").waiting(2), "deadlock: two one");
        // The one that waits goes on waiting, and gets it.
        world.release("two", "b");
        assert_eq!(world.ask("one", "b").waiting(1), "+b");
    }

    #[test]
    fn three_in_a_ring_through_globs_and_sets() {
        let world = World::new();
        world.acquire("one", "a/*");
        world.acquire("two", "b/*");
        world.acquire("three", "c/*");
        world.ask("one", "b/x d").waiting(1);
        world.ask("two", "c/").waiting(2);
        assert_eq!(world.ask("three", "a/y e").waiting(3), "deadlock: three one two");
    }

    #[test]
    fn two_upgraders() {
        let world = World::new();
        world.ask("one", "a").shared().now();
        world.ask("two", "a").shared().now();
        assert_eq!(world.ask("one", "a").waiting(1), "waits at 1: two holds a");
        assert_eq!(world.ask("two", "a").waiting(2), "deadlock: two one");
    }

    #[test]
    fn a_cycle_through_a_place_in_line() {
        let world = World::new();
        world.acquire("one", "a");
        world.acquire("three", "b");
        // `two` waits for `one`; `three` waits behind `two`; `one` waits for `three`.
        world.ask("two", "a c").waiting(2);
        world.ask("three", "c").waiting(3);
        assert_eq!(world.ask("one", "b").waiting(1), "deadlock: one three two");
    }

    #[test]
    fn a_queue_is_no_cycle() {
        let world = World::new();
        world.acquire("one", "a");
        for (number, name) in [(2, "two"), (3, "three"), (4, "four")] {
            assert!(world.ask(name, "a").waiting(number).starts_with("waits"));
        }
        world.acquire("five", "b");
        assert_eq!(world.ask("one", "b").waiting(1), "waits at 4: five holds b");
    }

    #[test]
    fn two_tasks_of_one_agent_can_each_wait() {
        let world = World::new();
        world.acquire("one/g", "a");
        world.acquire("two", "b");
        world.ask("one/h", "b").waiting(1);
        // `one/g` does not wait, so `two` will get what it asks for.
        assert_eq!(world.ask("two", "a").waiting(2), "waits at 2: one holds a");
        // A child of `one/g` that waits keeps `one/g` from letting go.
        assert_eq!(world.ask("one/g.i", "b").waiting(3), "deadlock: one two");
    }

    #[test]
    fn of_those_who_already_wait_in_a_cycle_the_youngest_gives_way() {
        let world = World::new();
        world.acquire("three", "a");
        world.acquire("four", "b");
        let one = world.ask("one", "a").standing(1);
        let two = world.ask("two", "b").standing(2);
        // No step can close a cycle behind those who wait; a store that lost a step might.
        let mut view = world.view();
        for lock in &mut view.locks {
            lock.agent = agent(if lock.pattern.as_str() == "a" { "two" } else { "one" });
        }
        assert_eq!(World::on(&view, &one), "waits at 1: two holds a");
        assert_eq!(World::on(&view, &two), "deadlock: two one");
    }
}
