//! Holding a view against the model.

use std::collections::VecDeque;

use lock_core::{EndingScope, HistoryEntry, Lock, LockScope, View, Waiter};

use super::{Rules, alike::alike, call::Call, model::Model};

/// Whether `view` shows what the model holds: all that its scope names, nothing that is not there.
pub(super) fn check(
    model: &Model,
    view: &View,
    call: &Call,
    rules: Rules<'_>,
) -> Result<(), String> {
    locks(model, view, rules)?;
    waiters(model, view, call, rules)?;
    endings(model, view, rules)?;
    log(model, view, rules)
}

fn locks(model: &Model, view: &View, rules: Rules<'_>) -> Result<(), String> {
    for lock in &view.locks {
        let right = model.locks.get(&lock.id);
        if !right.is_some_and(|right| alike(right, lock, rules.jitter)) {
            return Err(format!("a view shows a lock as it never was: {lock:#?}\nnot {right:#?}"));
        }
    }
    let shown = |lock: &Lock| view.locks.iter().any(|other| other.id == lock.id);
    // A store may look closer than the reference, and leave out what meets nothing that was asked.
    let needed = |lock: &&Lock| match &view.scope.locks {
        LockScope::Meeting(patterns) => patterns.iter().any(|it| it.meets(&lock.pattern)),
        scope => scope.includes(lock),
    };
    match model.locks.values().filter(needed).find(|lock| !shown(lock)) {
        Some(lock) => Err(format!("a view lacks this lock: {lock:#?}")),
        None => Ok(()),
    }
}

/// Those that left the line, by their lease or killed, may still be shown or not.
fn waiters(model: &Model, view: &View, call: &Call, rules: Rules<'_>) -> Result<(), String> {
    let killed = |waiter: &Waiter| {
        rules.death_of(&waiter.processes).is_some_and(|death| death.earliest <= call.answered)
    };
    for waiter in &view.waiters {
        let right = model.waiters.get(&waiter.id);
        let stands = waiter.expires_at > view.now && !killed(waiter);
        if stands && !right.is_some_and(|right| same_place(right, waiter)) {
            return Err(format!(
                "a view shows a waiter as it never was: {waiter:?}, not {right:?}"
            ));
        }
    }
    let shown = |waiter: &Waiter| view.waiters.iter().any(|other| other.id == waiter.id);
    let stands = |waiter: &&Waiter| waiter.expires_at > view.now + rules.jitter && !killed(waiter);
    let needed = |waiter: &&Waiter| view.scope.includes_waiter(waiter.id) && stands(waiter);
    match model.waiters.values().filter(needed).find(|waiter| !shown(waiter)) {
        Some(waiter) => Err(format!("a view lacks this waiter: {waiter:?}")),
        None => Ok(()),
    }
}

/// Apart from the lease, which a renewal whose answer is not in yet may have moved.
fn same_place(one: &Waiter, two: &Waiter) -> bool {
    Waiter { expires_at: two.expires_at, ..one.clone() } == *two
}

fn endings(model: &Model, view: &View, rules: Rules<'_>) -> Result<(), String> {
    for ending in &view.endings {
        if !model.endings.iter().any(|right| alike(right, ending, rules.jitter)) {
            return Err(format!("a view tells of an end that never was: {ending:#?}"));
        }
    }
    if view.forgetful {
        return Ok(());
    }
    let mut missing = model.endings.iter().enumerate().filter(|(index, ending)| {
        let needed = match &view.scope.endings {
            EndingScope::Last(..) => !model.endings[index + 1..]
                .iter()
                .any(|later| later.is_of(&ending.agent, ending.holder.as_ref(), &ending.pattern)),
            _ => true,
        };
        needed
            && view.scope.endings.includes(ending)
            && !view.endings.iter().any(|shown| shown.id == ending.id)
    });
    match missing.next() {
        Some((_, ending)) => Err(format!("a view has forgotten this end: {ending:#?}")),
        None => Ok(()),
    }
}

/// The log, as far back as the store keeps it.
fn log(model: &Model, view: &View, rules: Rules<'_>) -> Result<(), String> {
    let Some(after) = view.scope.history else { return Ok(()) };
    let first = view.history.first().map(HistoryEntry::version);
    let from = if view.forgetful { first.unwrap_or(after).next() } else { after.next() };
    let expected = model.log.iter().filter(|entry| entry.version() >= from);
    let mut shown: VecDeque<_> =
        view.history.iter().filter(|entry| entry.version() >= from).collect();
    for entry in expected {
        let Some(at) = shown.iter().position(|it| alike(*it, entry, rules.jitter)) else {
            return Err(format!("the log lacks {entry:#?}"));
        };
        shown.remove(at);
    }
    match shown.front() {
        Some(entry) => Err(format!("the log tells of what never happened: {entry:#?}")),
        None => Ok(()),
    }
}
