//! The locks.

use lock_core::{
    Answer, Cause, Check, Committed, Ending, Findings, HistoryEntry, Lock, LockScope, Nonce,
    Outcome, Scope, Version, View, Write,
    host::{Host, Moment},
};

use crate::{
    commit::commit,
    damaged::{self, Content},
    error::Result,
    load::{Loaded, load},
    place, record, recover,
    state::State,
    store::Store,
};

/// Who is said to have ended a record that could not be read.
const DOCTOR: &str = "lockctl doctor";

/// Reads all locks. One that cannot be read is put aside once its time is over; one that can, and
/// lies where nobody looks for it, is put back as well.
pub(crate) fn records(store: &mut Store, moment: Moment, mend: bool) -> Result<Check> {
    let recover::Standing { state, redo, .. } = recover::foresee(store, moment)?;
    let loaded = load(store, &Scope::of(LockScope::All), &state, redo.as_ref(), moment)?;
    let view = &loaded.view;
    let mut findings = Findings { total: view.locks.len(), ..Findings::default() };
    let mut writes = Vec::new();
    for sick in view.locks.iter().filter(|lock| lock.damaged) {
        let Some(spot) = loaded.spots.get(&sick.id) else { continue };
        let elsewhere = misplaced(store, &loaded, sick, moment)?;
        let said = match &elsewhere {
            Some(lock) => {
                format!("{} is a lock of {} on {}", spot.path(), lock.agent, lock.pattern)
            }
            None => format!("{} cannot be read", spot.path()),
        };
        if !mend {
            findings.left.push(said);
            continue;
        }
        if let Some(lock) = elsewhere.filter(|lock| belongs(lock, view)) {
            writes.push(Write::PutLock(lock));
            findings.mended += 1;
        }
        // It may have taken the place of another, which nobody can tell now.
        if view.is_live(sick) {
            let held = format!("{said}; {} is held until {}", sick.pattern, sick.expires_at);
            findings.left.push(held);
        } else {
            writes.push(Write::DropLock(sick.clone()));
            findings.mended += 1;
        }
    }
    if !writes.is_empty() {
        let version = state.version.next();
        let committed = step(writes, version, moment);
        commit(store, state, State { version, ..state }, &committed, &loaded, moment)?;
    }
    let mut check = findings.check("records", "locks");
    if mend && !check.ok {
        check.hint = "wait until then, or end it: lockctl break PATTERN --reason TEXT".to_owned();
    }
    Ok(check)
}

/// The lock in a file that lies where another belongs.
fn misplaced(store: &Store, loaded: &Loaded, sick: &Lock, moment: Moment) -> Result<Option<Lock>> {
    let Some(spot) = loaded.spots.get(&sick.id) else { return Ok(None) };
    Ok(match damaged::read(&store.dir, spot)? {
        Content::Text(text, _) => record::lock(&text, Host::current(), moment)
            .map(|read| read.lock)
            .filter(|lock| !place::fits(spot, &lock.pattern, lock.id)),
        Content::Missing | Content::Unreadable(_) => None,
    })
}

/// Whether a lock that lay elsewhere still stands: its lease runs, it is not there already, and
/// nobody has been granted what it covers meanwhile.
fn belongs(lock: &Lock, view: &View) -> bool {
    let mut others = view.locks.iter().filter(|other| !other.damaged);
    view.is_live(lock)
        && !others.any(|other| {
            other.id == lock.id || (view.is_live(other) && other.pattern.meets(&lock.pattern))
        })
}

fn step(writes: Vec<Write>, version: Version, moment: Moment) -> Committed {
    let (now, nonce) = (moment.wall, Nonce::random());
    let ended = writes.iter().filter_map(|write| match write {
        Write::DropLock(lock) => {
            Some(HistoryEntry::Ended { version, at: now, ending: end(lock, nonce) })
        }
        _ => None,
    });
    let log = ended.collect();
    let answer = Answer::Removed { locks: Vec::new(), waiters: Vec::new(), live: 0 };
    Committed { outcome: Outcome { version, changed: true, now, answer }, writes, log }
}

fn end(lock: &Lock, nonce: Nonce) -> Ending {
    Ending {
        id: lock.id,
        pattern: lock.pattern.clone(),
        agent: lock.agent.clone(),
        holder: None,
        mode: lock.mode,
        reason: None,
        token: lock.token,
        from: lock.acquired_at,
        until: lock.expires_at,
        ended: Cause::Cleaned,
        by: Some(DOCTOR.to_owned()),
        note: None,
        nonce,
    }
}
