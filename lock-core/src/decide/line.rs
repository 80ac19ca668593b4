//! The line: first come, first served, among requests that exclude each other.

use std::time::Duration;

use super::{claim::Claim, refusal::Requested, scope::has_all_meeting};
use crate::{
    Acquire, AgentId, Answer, Change, Decision, Lock, LockScope, Pattern, Place, RecordId, Refusal,
    Scope, Timestamp, View, Waiter,
    decision::{Draft, Slot},
};

/// A waiter renews its place once this much of its lease is used up.
const RENEW_AFTER: Duration = Duration::from_millis(1_500);

/// Adds to `refusal` every earlier waiter that `request` may not pass.
///
/// A holder is never blocked by its own queue: a waiter that itself waits for a lock of the
/// requester does not stand before it.
pub(crate) fn add_those_ahead(
    refusal: &mut Refusal,
    request: &Acquire,
    wanted: &[&Pattern],
    view: &View,
) -> Result<(), Scope> {
    let line = view.line();
    let stands =
        || line.iter().any(|waiter| request.wait.as_ref().is_some_and(|it| it.name == waiter.id));
    if !view.scope.waiters && !stands() {
        // Who lost its place stands behind everybody.
        return Err(widened(request, std::iter::empty()));
    }
    let mut met = Vec::new();
    for (waiter, requested, position) in ahead(request, wanted, &line) {
        if !has_all_meeting(view, waiter.patterns.iter()) {
            let waiters = line.iter().flat_map(|waiter| &waiter.patterns);
            return Err(widened(request, waiters));
        }
        if !view
            .live()
            .any(|lock| Claim::from(request).speaks_for(lock.into()) && stops(lock, waiter))
        {
            met.push((requested, (waiter, position)));
        }
    }
    refusal.add_waiters(met);
    Ok(())
}

/// Each earlier waiter that excludes `request` on a pattern, with its position in line.
fn ahead<'a>(
    request: &'a Acquire,
    wanted: &'a [&'a Pattern],
    line: &'a [&'a Waiter],
) -> impl Iterator<Item = (&'a Waiter, Requested<'a>, usize)> {
    let own = request.wait.as_ref().map(|place| place.name);
    let own = line.iter().position(|waiter| Some(waiter.id) == own);
    let earlier = line.iter().take(own.unwrap_or(line.len()));
    (1..)
        .zip(earlier)
        .filter(move |(_, waiter)| Claim::from(request).excludes(Claim::from(**waiter)))
        .flat_map(move |(position, waiter)| {
            let wanted = wanted.iter().copied().enumerate();
            let met = wanted.filter(move |(_, pattern)| meets_any(pattern, waiter));
            met.map(move |requested| (*waiter, requested, position))
        })
}

pub(crate) fn meets_any(pattern: &Pattern, waiter: &Waiter) -> bool {
    waiter.patterns.iter().any(|other| pattern.meets(other))
}

/// Whether `lock` stands against `waiter`.
pub(crate) fn stops(lock: &Lock, waiter: &Waiter) -> bool {
    Claim::from(waiter).excludes(lock.into()) && meets_any(&lock.pattern, waiter)
}

/// The scope of a request, widened to whatever may meet `others`.
pub(crate) fn widened<'a>(request: &Acquire, others: impl Iterator<Item = &'a Pattern>) -> Scope {
    let mut patterns = request.patterns.clone();
    let mut seen: std::collections::HashSet<_> = patterns.iter().cloned().collect();
    patterns.extend(others.filter(|pattern| seen.insert((*pattern).clone())).cloned());
    Scope::of(LockScope::Meeting(patterns)).with_waiters()
}

/// Takes the last place in line, or keeps the place that the request has.
pub(crate) fn stand(
    place: &Place,
    request: &Acquire,
    refusal: Refusal,
    view: &View,
) -> (Draft, Vec<Change>) {
    let line = view.line();
    if let Some((waiter, position)) =
        line.iter().zip(1..).find(|(waiter, _)| waiter.id == place.name)
    {
        let waiter = (*waiter).clone();
        if waiter.expires_at > view.now + (Decision::WAITER_TTL - RENEW_AFTER) {
            let waiter = Slot::Same(waiter);
            return (Draft::Waiting { waiter, position, refusal }, Vec::new());
        }
        let draft = Draft::Waiting { waiter: Slot::Changed(place.name), position, refusal };
        return (draft, vec![Change::Renew { waiter }]);
    }
    let waiter = Waiter {
        id: place.name,
        agent: request.agent.clone(),
        holder: request.holder.clone(),
        patterns: request.patterns.clone(),
        mode: request.mode,
        ticket: 0,
        since: Timestamp::default(),
        expires_at: Timestamp::default(),
        processes: place.process.iter().cloned().collect(),
    };
    let position = line.len() + 1;
    let draft = Draft::Waiting { waiter: Slot::Changed(place.name), position, refusal };
    (draft, vec![Change::Enqueue { waiter }])
}

/// Keeps the place, if it is still there: one that ran out is behind all who came meanwhile.
pub(crate) fn renew(place: RecordId, view: &View) -> (Draft, Vec<Change>) {
    let stands = view.waiters.iter().find(|it| it.id == place && view.is_waiting(it));
    let changes = stands.map(|waiter| Change::Renew { waiter: waiter.clone() });
    (Draft::Final(Answer::Renewed(stands.is_some())), changes.into_iter().collect())
}

/// How long until the place that ends at `expires_at` should be renewed: each a little earlier than it
/// need be, and not all by as much, so that those who came together do not always renew together.
pub(crate) fn due(place: RecordId, expires_at: Timestamp, now: Timestamp) -> Duration {
    let early = RENEW_AFTER.mul_f64(0.2 * place.nonce().share());
    expires_at.since(now + (Decision::WAITER_TTL - RENEW_AFTER + early))
}

/// Leaves the line, or never enters it, because waiting would never end.
pub(crate) fn give_up(
    place: RecordId,
    cycle: Vec<AgentId>,
    refusal: Refusal,
    view: &View,
) -> (Draft, Vec<Change>) {
    let left = view.waiters.iter().filter(|waiter| waiter.id == place);
    let changes = left.map(|waiter| Change::Leave { waiter: waiter.clone() }).collect();
    (Draft::Final(Answer::Deadlock { cycle, refusal }), changes)
}

#[cfg(test)]
mod tests {
    use super::{
        super::world::{World, place},
        due,
    };
    use crate::{Command, Decision, Leave, Nonce, RecordId, Renew, Timestamp};

    #[test]
    fn first_come_first_served() {
        let world = World::new();
        world.acquire("one", "a");
        assert_eq!(world.ask("two", "a").waiting(2), "waits at 1: one holds a");
        assert_eq!(world.ask("three", "a").waiting(3), "waits at 2: one holds a, two is ahead");
        world.release("one", "a");
        assert_eq!(world.ask("three", "a").waiting(3), "waits at 2: two is ahead");
        assert_eq!(world.acquire("four", "a"), "refused: two is ahead, three is ahead");
        assert_eq!(world.ask("two", "a").waiting(2), "+a");
        assert_eq!(world.view().waiters.len(), 1);
    }

    #[test]
    fn unrelated_requests_overtake() {
        let world = World::new();
        world.acquire("one", "a");
        world.ask("two", "a b").waiting(2);
        assert_eq!(world.acquire("three", "c"), "+c");
        assert_eq!(world.acquire("three", "b"), "refused: two is ahead");
    }

    #[test]
    fn a_set_waits_as_one_and_holds_nothing_meanwhile() {
        let world = World::new();
        world.acquire("one", "a");
        assert_eq!(world.ask("two", "a b").waiting(2), "waits at 1: one holds a");
        assert_eq!(world.view().locks.len(), 1);
        world.release("one", "a");
        assert_eq!(world.ask("two", "a b").waiting(2), "+a +b");
    }

    #[test]
    fn shared_requests_enter_together() {
        let world = World::new();
        world.acquire("one", "a");
        world.ask("two", "a").shared().waiting(2);
        world.ask("three", "a").shared().waiting(3);
        world.release("one", "a");
        assert_eq!(world.ask("three", "a").shared().waiting(3), "+a");
        assert_eq!(world.ask("two", "a").shared().waiting(2), "+a");
    }

    #[test]
    fn a_reader_does_not_overtake_a_waiting_writer() {
        let world = World::new();
        world.ask("one", "a").shared().now();
        world.ask("two", "a").waiting(2);
        assert_eq!(world.ask("three", "a").shared().now(), "refused: two is ahead");
    }

    #[test]
    fn a_holder_is_not_blocked_by_its_own_queue() {
        let world = World::new();
        world.acquire("one", "a");
        world.ask("two", "a b").waiting(2);
        // `two` waits for `one`, so standing behind it would be standing behind oneself.
        assert_eq!(world.acquire("one", "b"), "+b");
    }

    #[test]
    fn a_waiter_that_does_not_renew_loses_its_place() {
        let world = World::new();
        world.ask("one", "a").ttl(60).now();
        world.ask("two", "a").waiting(2);
        world.after(3.0).ask("three", "a").waiting(3);
        world.after(2.0).release("one", "a");
        assert_eq!(world.ask("three", "a").waiting(3), "+a");
    }

    #[test]
    fn renewing_a_place_makes_no_version_and_changes_no_order() {
        let world = World::new();
        world.ask("one", "a").ttl(60).now();
        world.ask("two", "a").waiting(2);
        world.ask("three", "a").waiting(3);
        let version = world.view().version;
        for _ in 0..10 {
            world.after(1.6);
            assert_eq!(world.ask("two", "a").waiting(2), "waits at 1: one holds a");
            assert!(world.ask("three", "a").waiting(3).starts_with("waits at 2"));
        }
        assert_eq!(world.view().version, version);
    }

    #[test]
    fn a_place_is_kept_without_looking_and_one_that_ran_out_is_gone() {
        let world = World::new();
        world.ask("one", "a").ttl(60).now();
        world.ask("two", "a").waiting(2);
        let version = world.view().version;
        let renew = |number| world.run(&Command::new(Renew { waiter: place(number) }));
        for _ in 0..3 {
            world.after(4.9);
            assert_eq!(renew(2), "stands");
        }
        assert_eq!(world.view().version, version, "it woke somebody");
        world.after(5.0);
        assert_eq!(renew(2), "stands no more");
        assert_eq!(world.ask("two", "a").waiting(2), "waits at 1: one holds a");
        assert_eq!(renew(3), "stands no more");
    }

    #[test]
    fn those_who_came_together_do_not_renew_together() {
        let now = Timestamp::from_micros(1_764_000_000_000_000);
        let due = |bits| {
            let place = RecordId::new(Nonce::from_bits(bits), 0);
            due(place, now + Decision::WAITER_TTL, now).as_millis()
        };
        assert_eq!([0, 0x80, 0xff].map(due), [1_500, 1_349, 1_200]);
    }

    #[test]
    fn a_dead_waiter_is_skipped_at_once() {
        let world = World::new();
        world.acquire("one", "a");
        world.ask("two", "a").of_process().waiting(2);
        world.ask("three", "a").waiting(3);
        world.store.declare_dead(place(2));
        world.release("one", "a");
        assert_eq!(world.ask("three", "a").waiting(3), "+a");
    }

    /// In a line of a hundred, the ninety-nine behind were most of what the step read by which the next
    /// one is granted, and all others wait for.
    #[test]
    fn whoever_is_next_is_granted_without_a_look_at_those_behind() {
        let world = World::new();
        world.acquire("one", "a");
        world.ask("two", "a").waiting(2);
        world.ask("three", "a").waiting(3);
        world.ask("four", "a").waiting(4);
        let waits = "asks for all: waits at 1: one holds a";
        assert_eq!(
            world.ask("two", "a").behind(&[], 2),
            waits,
            "it is told all that is in the way"
        );
        world.release("one", "a");
        let waits = "asks for all: waits at 2: two is ahead";
        assert_eq!(world.ask("three", "a").behind(&[2], 3), waits, "one ahead stands there still");
        assert_eq!(world.ask("two", "a").behind(&[], 2), "+a");
        world.release("two", "a");
        assert_eq!(world.ask("three", "a").behind(&[2], 3), "+a");
    }

    #[test]
    fn who_lost_its_place_stands_behind_whoever_came_meanwhile() {
        let world = World::new();
        world.ask("one", "a").ttl(60).now();
        world.ask("two", "a").waiting(2);
        world.after(4.0).ask("three", "a").waiting(3);
        world.after(2.0).release("one", "a");
        let waits = "asks for all: waits at 2: three is ahead";
        assert_eq!(world.ask("two", "a").behind(&[], 2), waits);
    }

    #[test]
    fn leaving_makes_room() {
        let world = World::new();
        world.acquire("one", "a");
        world.ask("two", "a").waiting(2);
        world.ask("three", "a").waiting(3);
        assert_eq!(world.run(&Command::new(Leave { waiter: place(2) })), "left");
        assert_eq!(world.ask("three", "a").waiting(3), "waits at 1: one holds a");
    }
}
