//! Taking locks: all of them or none.

use std::collections::HashSet;

use super::{claim::Claim, deadlock, line};
use crate::{
    Acquire, Answer, Blocker, Cause, Change, Conflict, Lock, Mode, Nonce, Pattern, RecordId,
    Refusal, Scope, View,
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
    for lock in view.live() {
        if Claim::from(request).excludes(lock.into()) {
            for pattern in &wanted {
                if let Some(witness) = pattern.witness(&lock.pattern) {
                    refusal.add(pattern, witness, || Blocker::Held(lock.clone()));
                }
            }
        }
    }
    line::add_those_ahead(&mut refusal, request, &wanted, view)?;
    if !refusal.is_empty() {
        refusal.sort(&request.patterns);
        return match request.wait {
            None => Ok((Draft::Final(Answer::Refused(refusal)), Vec::new())),
            Some(place) => match deadlock::cycle(place, request, &wanted, view)? {
                Some(cycle) => Ok(line::give_up(place, cycle, refusal, view)),
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
                });
                (Slot::Changed(id), true)
            }
        };
        locks.push((slot, fresh));
    }
    if let Some(place) = request.wait {
        let left = view.waiters.iter().filter(|waiter| waiter.id == place);
        changes.extend(left.map(|waiter| Change::Leave { waiter: waiter.clone() }));
    }
    (Draft::Granted(locks), changes)
}

impl Refusal {
    pub(crate) fn add(
        &mut self,
        requested: &Pattern,
        witness: String,
        blocker: impl FnOnce() -> Blocker,
    ) {
        if self.conflicts.len() < Self::LISTED {
            let (requested, blocker) = (requested.clone(), blocker());
            self.conflicts.push(Conflict { requested, witness, blocker });
        } else {
            self.more += 1;
        }
    }

    /// Whether nothing stands against the request.
    pub fn is_empty(&self) -> bool {
        self.conflicts.is_empty()
    }

    /// One order on every store: locks by age before waiters in line, then as requested.
    fn sort(&mut self, requested: &[Pattern]) {
        let place = |pattern: &Pattern| requested.iter().position(|other| other == pattern);
        self.conflicts.sort_by_cached_key(|conflict| {
            let (waits, age, id) = match &conflict.blocker {
                Blocker::Held(lock) => (0, lock.token.get(), lock.id),
                Blocker::Waiting { waiter, .. } => (1, waiter.ticket, waiter.id),
            };
            (waits, place(&conflict.requested), age, id)
        });
    }
}
