//! What a killed step left: the old state or the new one, never anything between.

use lock_core::{
    BackendError, ErrorKind, HistoryEntry, LockScope, Pattern, RecordId, Scope, Token, Version,
    host::Moment,
};

use crate::{
    commit::carry_out,
    error::{Doing as _, Result},
    line,
    load::load,
    log,
    place::LOCKS,
    redo::Redo,
    state::{FORMAT, Found, State},
    store::{STATE, Store},
    sys,
};

/// How far the version jumps when it had to be guessed: more steps than can have been forgotten.
const JUMP: u64 = 1 << 20;

/// How things stand, and what is still to be carried out.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) state: State,
    pub(crate) redo: Option<Redo>,
    pub(crate) left: Left,
}

/// What there is to settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    Nothing,
    /// Somebody was killed in a step.
    Step,
    /// The numbers are lost.
    Numbers,
}

/// How things stand. Changes nothing.
pub(crate) fn foresee(store: &mut Store, moment: Moment) -> Result<Standing> {
    let last = match store.read_state().doing(|| format!("reading {STATE}"))? {
        Found::State(state) if !state.dirty => {
            if log::length(store, &state)? <= state.log {
                return Ok(Standing { state, redo: None, left: Left::Nothing });
            }
            // Its lines say that a step was begun: the one after the last.
            Some(State { version: state.version.next(), ..state })
        }
        Found::State(state) => Some(state),
        Found::Damaged => None,
        Found::Later(format) => return Err(later(format)),
    };
    store.log = None;
    let standing = unsettled(store, last, moment);
    // It was looked for in the middle of a step.
    store.alone.forget();
    standing
}

fn unsettled(store: &mut Store, last: Option<State>, moment: Moment) -> Result<Standing> {
    // A redo file of another step was carried out already, and could not be removed.
    let left = last.map_or(Left::Numbers, |_| Left::Step);
    let same_step = |state: &State| last.is_none_or(|last| last.version == state.version);
    if let Some(redo) = Redo::read(store)?
        && let Some(state) = redo.state().filter(same_step)
    {
        let state = State { waiters: waiters_after(store, &redo)?, ..state };
        return Ok(Standing { state, redo: Some(redo), left });
    }
    let state = match last {
        Some(state) => settled(store, state, moment)?,
        None => rebuilt(store, moment)?,
    };
    Ok(Standing { state, redo: None, left })
}

/// How things stand, once what was left has been carried out.
pub(crate) fn settle(store: &mut Store, moment: Moment) -> Result<State> {
    let Standing { state, redo, left } = foresee(store, moment)?;
    if left == Left::Nothing {
        return Ok(state);
    }
    if let Some(redo) = redo {
        carry_out(store, &redo)?;
    } else {
        // Nothing true lies beyond, and nothing false shall be taken for the rest of a line.
        log::cut(store, state.log)?;
        store.introduce().doing(|| "leaving word in the store".to_owned())?;
    }
    store.alone.forget();
    store.write_state(&state).doing(|| format!("writing {STATE}"))?;
    Ok(state)
}

/// A step of one change was underway. Its lines are true if its change was made.
fn settled(store: &mut Store, state: State, moment: Moment) -> Result<State> {
    let waiters = line::names(store)?.len() as u64;
    let state = State { dirty: false, waiters, ..state };
    let begun = state.version;
    if state.log > 0 && !log::exists(store) {
        return Ok(log::turned(state));
    }
    let text = log::beyond(store, state.log)?;
    let state = used_up(state, &text);
    let mut kept = 0;
    let mut lines = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
        if state.log + kept == 0 && log::is_opening(line) {
            kept = line.len() as u64;
            continue;
        }
        let Ok(entry) = serde_json::from_slice::<HistoryEntry>(line) else { break };
        if entry.version() < begun {
            break;
        }
        let (pattern, id, is_there) = match &entry {
            HistoryEntry::Acquired { lock, .. } => (&lock.pattern, lock.id, true),
            HistoryEntry::Ended { ending, .. } => (&ending.pattern, ending.id, false),
            _ => break,
        };
        if exists(store, &state, pattern, id, moment)? != is_there {
            // One of them is false, so the change was not made, so none of them is true.
            return Ok(state);
        }
        kept += line.len() as u64;
        lines += 1;
    }
    Ok(State { log: state.log + kept, lines: state.lines + lines, ..state })
}

/// The numbers, with the version and the token used up that stand beyond what is true of the log:
/// whether or not their step is taken back, nobody else is given them.
fn used_up(state: State, beyond: &[u8]) -> State {
    let used = |state: State, entry: HistoryEntry| State {
        version: state.version.max(entry.version()),
        token: state.token.max(token_of(&entry)),
        ..state
    };
    log::entries(beyond).filter(|entry| entry.version() >= state.version).fold(state, used)
}

fn token_of(entry: &HistoryEntry) -> Token {
    match entry {
        HistoryEntry::Acquired { lock, .. } => lock.token,
        HistoryEntry::Ended { ending, .. } => ending.token,
        _ => Token::ZERO,
    }
}

fn exists(
    store: &mut Store,
    state: &State,
    pattern: &Pattern,
    id: RecordId,
    moment: Moment,
) -> Result<bool> {
    let scope = Scope::of(LockScope::At(vec![pattern.clone()]));
    Ok(load(store, &scope, state, None, moment)?.spots.contains_key(&id))
}

/// The state is lost: the records and the log say what it must have been, at least.
fn rebuilt(store: &mut Store, moment: Moment) -> Result<State> {
    let is_there = |name: &str| sys::stat(&store.dir, name).is_ok();
    let remains = [LOCKS, line::LINE, log::LOG, log::OLD].iter().any(|name| is_there(name));
    // Nothing but the guard: just made.
    if !remains {
        return Ok(State::default());
    }
    let mut state = State { waiters: line::names(store)?.len() as u64, ..State::default() };
    let text = log::beyond(store, 0)?;
    for line in text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
        if state.log == 0 && log::is_opening(line) {
            state.log = line.len() as u64;
            continue;
        }
        // Empty ones are where the doctor took something out.
        if line.len() > 1 && serde_json::from_slice::<HistoryEntry>(line).is_err() {
            break;
        }
        state.log += line.len() as u64;
        state.lines += 1;
    }
    let loaded = load(store, &Scope::of(LockScope::All).with_waiters(), &state, None, moment)?;
    let old = log::old(store)?;
    let mut version = loaded.view.waiters.iter().map(|waiter| waiter.ticket).max().unwrap_or(0);
    let mut token = loaded.view.locks.iter().map(|lock| lock.token).max().unwrap_or_default();
    for entry in log::entries(&text).chain(log::entries(&old)) {
        version = version.max(entry.version().get());
        token = token.max(token_of(&entry));
    }
    state.version = Version::new(version.saturating_add(JUMP));
    state.token = token;
    // Whatever else was forgotten: it counts as forgotten.
    state.segment = log::FORGETFUL;
    Ok(state)
}

fn waiters_after(store: &Store, redo: &Redo) -> Result<u64> {
    let mut names: std::collections::HashSet<String> = line::names(store)?.into_iter().collect();
    for op in redo.ops.iter().filter(|op| op.spot().dir == line::LINE) {
        match op {
            crate::redo::Op::Put { at, .. } => names.insert(at.name.clone()),
            _ => names.remove(&op.spot().name),
        };
    }
    Ok(names.len() as u64)
}

fn later(format: u32) -> BackendError {
    let context =
        format!("its format is {format}, and this version reads up to {FORMAT}: use a newer one");
    BackendError::new(ErrorKind::Unsupported, context)
}
