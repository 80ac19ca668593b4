//! Taking locks: all of them or none.

use std::collections::HashSet;

use super::{claim::Claim, deadlock, line};
use crate::{
    Acquire, Answer, Cause, Change, Lock, Mode, Nonce, Pattern, RecordId, Refusal, Scope, View,
    decision::{Draft, Slot},
};

/// What one pattern of the request comes to.
enum Part<'a> {
    /// The agent and holder have it already.
    Held(&'a Lock),
    /// An earlier try of this very command took it.
    Made(&'a Lock),
    /// It must be granted; a shared lock of the same agent and holder gives way to it.
    Wanted { pattern: &'a Pattern, upgraded: Option<&'a Lock> },
}

pub(crate) fn decide(
    nonce: Nonce,
    request: &Acquire,
    view: &View,
) -> Result<(Draft, Vec<Change>), Scope> {
    let parts = parts(nonce, request, view);
    let wanted: Vec<&Pattern> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Wanted { pattern, .. } => Some(*pattern),
            _ => None,
        })
        .collect();
    let mut refusal = Refusal::default();
    let held = view.live().filter(|lock| Claim::from(request).excludes((*lock).into()));
    let met = held.flat_map(|lock| {
        let wanted = wanted.iter().copied().enumerate();
        wanted.filter(|(_, it)| it.meets(&lock.pattern)).map(move |requested| (requested, lock))
    });
    refusal.add_locks(met.collect());
    line::add_those_ahead(&mut refusal, request, &wanted, view)?;
    if !refusal.is_empty() {
        if !view.scope.waiters {
            // What it is to be told is where it stands among all.
            return Err(line::widened(request, std::iter::empty()));
        }
        return match &request.wait {
            None => Ok((Draft::Final(Answer::Refused(refusal)), Vec::new())),
            Some(place) => match deadlock::cycle(place.name, request, &wanted, view)? {
                Some(cycle) => Ok(line::give_up(place.name, cycle, refusal, view)),
                None => Ok(line::stand(place, request, refusal, view)),
            },
        };
    }
    Ok(grant(nonce, request, parts, view))
}

fn parts<'a>(nonce: Nonce, request: &'a Acquire, view: &'a View) -> Vec<Part<'a>> {
    let mut seen = HashSet::new();
    let patterns = request.patterns.iter().filter(|pattern| seen.insert(*pattern));
    patterns
        .map(|pattern| {
            let own = view.live().find(|lock| {
                lock.is_of(&request.agent, request.holder.as_ref()) && lock.pattern == *pattern
            });
            match own {
                Some(lock) if lock.id.nonce() == nonce => Part::Made(lock),
                Some(lock) if lock.mode == Mode::Exclusive || request.mode == Mode::Shared => {
                    Part::Held(lock)
                }
                upgraded => Part::Wanted { pattern, upgraded },
            }
        })
        .collect()
}

fn grant(
    nonce: Nonce,
    request: &Acquire,
    parts: Vec<Part<'_>>,
    view: &View,
) -> (Draft, Vec<Change>) {
    let mut changes = Vec::new();
    let mut locks = Vec::new();
    let own = |lock: &Lock, pattern: &Pattern| {
        lock.is_of(&request.agent, request.holder.as_ref()) && lock.pattern == *pattern
    };
    // What the grant takes the place of goes in the same step.
    let mut replaced = HashSet::new();
    for part in &parts {
        let Part::Wanted { pattern, upgraded } = part else { continue };
        if let Some(lock) = upgraded {
            let (by, note) = (Some(request.agent.to_string()), Some("upgraded".to_owned()));
            changes.push(Change::End { lock: (*lock).clone(), cause: Cause::Released, by, note });
        }
        for lock in view.locks.iter().filter(|lock| !view.is_live(lock)) {
            let gives_way = own(lock, pattern)
                || (Claim::from(request).excludes(lock.into()) && pattern.meets(&lock.pattern));
            if gives_way && replaced.insert(lock.id) {
                let (cause, by) = if view.now < lock.expires_at {
                    (Cause::HolderDead, Some(request.agent.to_string()))
                } else if own(lock, pattern) {
                    (Cause::Expired, None)
                } else {
                    (Cause::TakenOver, Some(request.agent.to_string()))
                };
                changes.push(Change::End { lock: lock.clone(), cause, by, note: None });
            }
        }
    }
    let place = request.wait.as_ref();
    let places = view.waiters.iter().filter(|waiter| place.is_some_and(|it| it.name == waiter.id));
    let waited_since = places.clone().map(|waiter| waiter.since).min();
    for (index, part) in (0..).zip(parts) {
        let (slot, fresh) = match part {
            Part::Made(lock) => (Slot::Same(lock.clone()), true),
            Part::Held(lock) => {
                changes.push(Change::Extend {
                    lock: lock.clone(),
                    ttl: request.ttl,
                    at_least: true,
                    reason: request.reason.clone(),
                    process: None,
                });
                (Slot::Changed(lock.id), false)
            }
            Part::Wanted { pattern, .. } => {
                let id = RecordId::new(nonce, index);
                changes.push(Change::Grant {
                    id,
                    pattern: pattern.clone(),
                    agent: request.agent.clone(),
                    holder: request.holder.clone(),
                    mode: request.mode,
                    reason: request.reason.clone(),
                    ttl: request.ttl,
                    processes: request.processes.clone(),
                    waited_since,
                });
                (Slot::Changed(id), true)
            }
        };
        locks.push((slot, fresh));
    }
    changes.extend(places.map(|waiter| Change::Leave { waiter: waiter.clone() }));
    (Draft::Granted(locks), changes)
}

#[cfg(test)]
mod tests {
    use super::super::world::{World, agent};
    use crate::{Command, Removal};

    #[test]
    fn one_agent_at_a_time() {
        let world = World::new();
        assert_eq!(world.acquire("one", "a.rs"), "+a.rs");
        assert_eq!(world.acquire("two", "a.rs"), "refused: one holds a.rs");
        assert_eq!(world.acquire("two", "b.rs"), "+b.rs");
    }

    #[test]
    fn globs_that_meet_exclude_each_other() {
        let world = World::new();
        assert_eq!(world.acquire("one", "src/*.rs"), "+src/*.rs");
        assert_eq!(world.acquire("two", "src/a*"), "refused: one holds src/*.rs");
        assert_eq!(world.acquire("two", "src/"), "refused: one holds src/*.rs");
        assert_eq!(world.acquire("two", "src/*.py"), "+src/*.py");
    }

    #[test]
    fn all_or_nothing() {
        let world = World::new();
        world.acquire("one", "b");
        assert_eq!(world.acquire("two", "a b c"), "refused: one holds b");
        assert!(world.view().live().all(|lock| lock.agent == agent("one")));
    }

    #[test]
    fn the_same_again_is_a_refresh_that_keeps_the_token() {
        let world = World::new();
        world.ask("one", "a").ttl(60).now();
        let before = world.view().locks[0].clone();
        assert_eq!(world.after(1.0).ask("one", "a b").ttl(5).now(), "=a +b");
        let view = world.view();
        let after = view.locks.iter().find(|lock| lock.id == before.id).unwrap();
        assert_eq!((after.token, after.expires_at), (before.token, before.expires_at));
    }

    #[test]
    fn a_new_grant_has_a_higher_token_even_if_the_clock_goes_back() {
        let world = World::new();
        world.acquire("one", "a");
        world.after(-0.5 + 0.5).release("one", "a");
        let first = world.view().version;
        world.acquire("two", "a");
        assert!(world.view().version > first);
    }

    #[test]
    fn readers_share_and_a_writer_does_not() {
        let world = World::new();
        assert_eq!(world.ask("one", "a").shared().now(), "+a");
        assert_eq!(world.ask("two", "a").shared().now(), "+a");
        assert_eq!(world.acquire("three", "a"), "refused: one holds a, two holds a");
    }

    #[test]
    fn an_upgrade_is_a_new_request_and_the_shared_lock_stays_if_refused() {
        let world = World::new();
        world.ask("one", "a").shared().now();
        world.ask("two", "a").shared().now();
        assert_eq!(world.acquire("one", "a"), "refused: two holds a");
        assert_eq!(world.refresh("one", "a"), "=a");
        world.release("two", "a");
        let shared = world.view().locks[0].token;
        assert_eq!(world.acquire("one", "a"), "+a");
        assert!(world.view().locks[0].token > shared && world.view().locks.len() == 1);
    }

    #[test]
    fn shared_asked_while_exclusive_is_held_stays_exclusive() {
        let world = World::new();
        world.acquire("one", "a");
        assert_eq!(world.ask("one", "a").shared().now(), "=a");
        assert_eq!(world.ask("two", "a").shared().now(), "refused: one holds a");
    }

    #[test]
    fn two_holders_of_one_agent_exclude_each_other_unless_nested() {
        let world = World::new();
        assert_eq!(world.acquire("one/h", "a"), "+a");
        assert_eq!(world.acquire("one/g", "a"), "refused: one holds a");
        assert_eq!(world.acquire("one/h.i", "a"), "+a");
        assert_eq!(world.acquire("one", "a"), "+a");
        assert_eq!(world.acquire("two", "b"), "+b");
    }

    #[test]
    fn a_stale_lock_is_taken_over_in_one_step_and_its_end_remembered() {
        let world = World::new();
        world.acquire("one", "src/");
        assert_eq!(world.after(9.9).acquire("two", "src/a"), "refused: one holds src/");
        assert_eq!(world.after(0.1).acquire("two", "src/a"), "+src/a");
        assert_eq!(world.view().locks.len(), 1);
        assert_eq!(world.refresh("one", "src/"), "lost src/ to two: taken_over");
    }

    #[test]
    fn a_lock_whose_process_is_dead_is_taken_over_at_once() {
        let world = World::new();
        world.ask("one", "a").of_process().now();
        world.store.declare_dead(world.view().locks[0].id);
        assert_eq!(world.acquire("two", "a"), "+a");
        assert_eq!(world.refresh("one", "a"), "lost a to two: holder_dead");
    }

    #[test]
    fn a_retry_finds_what_the_first_try_took() {
        let world = World::new();
        let command = world.ask("one", "a b").command();
        assert_eq!(world.run(&command), "+a +b");
        let version = world.view().version;
        assert_eq!(world.run(&command.again()), "+a +b");
        assert_eq!(world.view().version, version);
    }

    #[test]
    fn a_pattern_named_twice_counts_once() {
        let world = World::new();
        assert_eq!(world.acquire("one", "a ./a a"), "+a");
    }

    #[test]
    fn records_long_dead_go_with_the_next_change_they_are_seen_by() {
        let world = World::new();
        for name in ["one", "two", "three"] {
            world.ask(name, "a/*").shared().now();
        }
        world.after(3_500.0).ask("four", "a/*").shared().now();
        assert_eq!(world.view().locks.len(), 4);
        world.after(200.0).ask("five", "a/*").shared().now();
        assert_eq!(world.view().locks.len(), 2);
    }

    #[test]
    fn a_refused_request_changes_nothing() {
        let world = World::new();
        world.acquire("one", "a");
        let before = world.view();
        world.acquire("two", "a");
        world.run(&Command::new(crate::Cleanup {
            by: "op".into(),
            what: Removal::Agent(agent("one")),
            dry_run: true,
        }));
        let after = world.view();
        assert_eq!((before.version, before.locks), (after.version, after.locks));
    }
}
