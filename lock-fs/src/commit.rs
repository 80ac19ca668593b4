//! From a decision to files, as one step.
//!
//! A step that changes one file is committed by the one call that changes it. A step that changes
//! more is written down as a [redo](crate::redo) file first, and committed by the rename of that.
//! (A place in line that is only kept changes a few digits in one record, and nothing else.)
//! Whoever comes after a killed process knows that there is something to settle: a step that has
//! lines for the log writes them first, beyond what the state calls true of it, and one that has
//! none, or more than one file to change, calls the state dirty.

use std::collections::HashSet;

use lock_core::{
    BackendError, Committed, ErrorKind, Lock, Mode, RecordId, Write,
    host::{Host, Moment},
};

use rustix::fd::AsFd as _;

use crate::{
    error::{Doing as _, Result},
    fault, line,
    load::Loaded,
    log,
    place::{self, Spot},
    quarantine, record,
    redo::{Op, REDO, Redo},
    renew,
    state::State,
    store::{STATE, Store},
    sys,
};

/// Commits `committed` on top of `before`; `after` has its version and token.
///
/// # Errors
/// [`ErrorKind::Unknown`] if it may have been committed; else nothing has happened.
pub(crate) fn commit(
    store: &mut Store,
    before: State,
    after: State,
    committed: &Committed,
    loaded: &Loaded,
    moment: Moment,
) -> Result<Vec<Op>> {
    if after.version == before.version && renew::in_place(store, committed, moment) {
        return Ok(Vec::new());
    }
    let done = write(store, before, after, committed, loaded, moment);
    if !matches!(&done, Ok(ops) if !ops.is_empty()) {
        // What was planned did not come to pass, or not yet.
        store.alone.forget();
    }
    done
}

fn write(
    store: &mut Store,
    before: State,
    after: State,
    committed: &Committed,
    loaded: &Loaded,
    moment: Moment,
) -> Result<Vec<Op>> {
    let Plan { ops, locks } = plan(committed, loaded, moment, store)?;
    let lines = log::text(&committed.log, &locks).map_err(unwritable)?;
    let before = log::turn_over(store, before)?;
    let lines = match log::opening(store, &before)? {
        opening if opening.is_empty() => lines,
        opening => opening + &lines,
    };
    let mut after = State { segment: before.segment, ..after };
    after.log = before.log + lines.len() as u64;
    after.lines = before.lines + committed.log.len() as u64;
    count_waiters(&mut after, committed, loaded);
    let underway = State { dirty: true, version: after.version, token: after.token, ..before };
    match ops.as_slice() {
        [] => {}
        [op] => {
            if one(store, &underway, &lines, op)? == Told::Forgotten {
                let State { log, lines, segment, .. } = before;
                after = State { log, lines, segment: segment.max(log::FORGETFUL), ..after };
            }
        }
        _ => {
            let redo = Redo::new(&after, before.log, lines, ops.clone());
            if !many(store, &underway, &redo)? {
                return Ok(Vec::new());
            }
        }
    }
    fault::point("committed");
    // From here on the step has happened, whatever else goes wrong: if the state stays dirty, the
    // next step settles it.
    if let Err(error) = store.write_state(&after) {
        tracing::warn!(%error, "the state could not be written after a step");
    }
    fault::point("clean");
    Ok(ops)
}

/// What the history has of a step.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    All,
    Forgotten,
}

/// A step of one change.
fn one(store: &mut Store, underway: &State, lines: &str, op: &Op) -> Result<Told> {
    let (at, mut written) = (op.spot(), None);
    // All that needs room on the disk comes first: if that fails, nothing has begun.
    if let Op::Put { text, .. } = op {
        store.enter(at)?;
        written = Some(store.write_next(text)?);
    }
    if lines.is_empty() {
        begin(store, underway)?;
    }
    let told = match log::append(store, underway, lines) {
        Err(error) if error.kind() == ErrorKind::Full && matches!(op, Op::Drop { .. }) => {
            // Whoever lets go on a full disk must not be kept: what goes makes room for the word
            // that it went, or it is forgotten how it went.
            let begun = begin(store, underway).and_then(|()| store.apply(op));
            begun.map(|()| log::append(store, underway, lines))
        }
        logged => logged.and_then(|()| {
            fault::point("logged");
            match op {
                Op::Put { .. } => store.publish_at(at),
                op => store.apply(op),
            }
            .map(Ok)
        }),
    };
    match told.inspect_err(|error| call_off(store, underway, error))? {
        Ok(()) => {
            if let Some(stat) = written {
                store.known.lies(at, &stat);
            }
            Ok(Told::All)
        }
        Err(error) => {
            tracing::warn!(%error, "a lock ended, and the history has no room for it");
            take_back(store, underway);
            Ok(Told::Forgotten)
        }
    }
}

/// A step of several changes; says whether all of them are carried out already.
fn many(store: &mut Store, underway: &State, redo: &Redo) -> Result<bool> {
    let text = redo.to_text().map_err(unwritable)?;
    store.write_next(&text)?;
    begin(store, underway)?;
    let committed = store.publish(store.dir.as_fd(), REDO);
    committed.inspect_err(|error| call_off(store, underway, error))?;
    fault::point("redo is there");
    match carry_out(store, redo) {
        Ok(()) => Ok(true),
        Err(error) => {
            tracing::warn!(%error, "a committed step is left for the next one to carry out");
            Ok(false)
        }
    }
}

/// Carries out a committed step, from the beginning.
pub(crate) fn carry_out(store: &mut Store, redo: &Redo) -> Result<()> {
    for op in &redo.ops {
        store.apply(op)?;
        fault::point("applied one");
    }
    if let Some(state) = redo.state() {
        log::append(store, &State { log: redo.log_at, ..state }, &redo.log)?;
    }
    fault::point("redo is carried out");
    sys::unlink(&store.dir, REDO).doing(|| format!("removing {REDO}"))?;
    Ok(())
}

fn begin(store: &mut Store, underway: &State) -> Result<()> {
    let begun = store.write_state(underway).doing(|| format!("writing {STATE}"));
    if begun.is_err() {
        store.discard_next();
    }
    fault::point("dirty");
    begun
}

/// Nothing has happened: says so, and leaves the version and the token used up.
fn call_off(store: &mut Store, underway: &State, error: &BackendError) {
    if error.kind() == ErrorKind::Unknown {
        return;
    }
    store.discard_next();
    take_back(store, underway);
    if let Err(error) = store.write_state(&State { dirty: false, ..*underway }) {
        tracing::warn!(%error, "the state could not be written after a step that failed");
    }
}

/// Takes back what was written to the log. If that fails, the next step does it.
fn take_back(store: &mut Store, underway: &State) {
    if let Err(error) = log::cut(store, underway.log) {
        tracing::warn!(%error, "the log could not be cut after a step that failed");
    }
}

/// What a step does.
struct Plan {
    /// The files to change, in an order that never takes one away before it is safe.
    ops: Vec<Op>,
    /// The texts of the locks that it writes, in the order of the writes: a grant's stands in the
    /// log as well.
    locks: Vec<(RecordId, String)>,
}

fn plan(committed: &Committed, loaded: &Loaded, moment: Moment, store: &mut Store) -> Result<Plan> {
    let Store { known, alone, .. } = store;
    let host = Host::current();
    let version = committed.outcome.version;
    let (mut quarantines, mut puts, mut drops) = (Vec::new(), Vec::new(), Vec::new());
    let is_new = |write: &Write| match write {
        Write::PutLock(lock) => !loaded.spots.contains_key(&lock.id),
        _ => false,
    };
    // Whoever only lets go needs to know of no free place.
    let mut taken: HashSet<&Spot> = match committed.writes.iter().any(is_new) {
        true => loaded.spots.values().collect(),
        false => HashSet::new(),
    };
    for write in &committed.writes {
        match write {
            Write::DropLock(lock) => {
                let Some(at) = loaded.spots.get(&lock.id) else { continue };
                taken.remove(at);
                known.remove(at);
                alone.dropped(at);
                if lock.damaged {
                    let to = quarantine::name(version, quarantines.len(), &at.name);
                    quarantines.push(Op::Quarantine { at: at.clone(), to });
                } else {
                    drops.push(Op::Drop { at: at.clone() });
                }
            }
            Write::DropWaiter(waiter) => drops.push(Op::Drop { at: line::spot(waiter.id) }),
            Write::PutLock(_) | Write::PutWaiter(_) => {}
        }
    }
    let mut locks = Vec::with_capacity(committed.writes.len());
    let mut slots = HashSet::new();
    for write in &committed.writes {
        match write {
            Write::PutLock(lock) => {
                let extra = loaded.extra.get(&lock.id);
                let json = record::json(lock).map_err(unwritable)?;
                let lease = host.mark(moment, lock.expires_at);
                let text = record::of_parts(&json, &lease, extra).map_err(unwritable)?;
                locks.push((lock.id, json));
                let old = loaded.spots.get(&lock.id).cloned();
                let at = old.unwrap_or_else(|| {
                    let free = |slot: &Spot| !taken.contains(slot) && !slots.contains(slot);
                    new_spot(lock, free)
                });
                if extra.is_none() {
                    known.add(at.clone(), text.clone(), lock.clone(), lease);
                }
                alone.put(&lock.pattern, &at);
                slots.insert(at.clone());
                puts.push(Op::Put { at, text });
            }
            Write::PutWaiter(waiter) => {
                let text = record::of_waiter(waiter, host, moment).map_err(unwritable)?;
                puts.push(Op::Put { at: line::spot(waiter.id), text });
            }
            Write::DropLock(_) | Write::DropWaiter(_) => {}
        }
    }
    // What is written over need not be removed: a takeover in one place is one rename.
    drops.retain(|drop| !puts.iter().any(|put| put.spot() == drop.spot()));
    Ok(Plan { ops: quarantines.into_iter().chain(puts).chain(drops).collect(), locks })
}

/// An exclusive lock on a plain path lies in its slot, if that is free; all else among the held.
fn new_spot(lock: &Lock, free: impl Fn(&Spot) -> bool) -> Spot {
    let slot = (lock.mode == Mode::Exclusive).then(|| place::slot(&lock.pattern)).flatten();
    slot.filter(|slot| free(slot)).unwrap_or_else(|| place::held(&lock.pattern, lock.id))
}

fn count_waiters(after: &mut State, committed: &Committed, loaded: &Loaded) {
    for write in &committed.writes {
        match write {
            Write::PutWaiter(waiter) => {
                let known = loaded.view.waiters.iter().any(|other| other.id == waiter.id);
                after.waiters += u64::from(!known);
            }
            Write::DropWaiter(_) => {
                after.waiters = after.waiters.saturating_sub(1);
            }
            Write::PutLock(_) | Write::DropLock(_) => {}
        }
    }
}

fn unwritable(error: serde_json::Error) -> BackendError {
    BackendError::new(ErrorKind::Invalid, "a record that cannot be written").with_source(error)
}
