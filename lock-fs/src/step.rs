//! One step: look, decide, and commit, all under the guard.

use lock_core::{
    BackendError, Change, Command, ErrorKind, Outcome, RecordId, Scope, Stamp, View, decide,
    host::{Host, Moment},
};
use rustix::fd::AsFd as _;

use crate::{
    commit::commit,
    error::Result,
    load::{Loaded, load},
    record, recover,
    redo::Op,
    state::State,
    store::Store,
};

/// What `command` comes to where there is no store; `None` if it would change something.
pub(crate) fn execute_on_nothing(command: &Command) -> Option<Outcome> {
    let now = Moment::now().wall;
    let mut scope = command.scope();
    loop {
        let view = View { scope, now, ..View::default() };
        match decide(command, &view) {
            Ok(decision) if decision.changes().is_empty() => {
                return Some(decision.outcome(now, view.version));
            }
            Ok(_) => return None,
            Err(wider) => scope = wider,
        }
    }
}

/// Runs `command`. The guard is held alone.
pub(crate) fn execute(store: &mut Store, command: &Command) -> Result<Outcome> {
    let moment = Moment::now();
    let state = recover::settle(store, moment)?;
    let mut scope = command.scope();
    let (decision, loaded) = loop {
        let loaded = load(store, &scope, &state, None, moment)?;
        mark_anew(store, &loaded, moment);
        match decide(command, &loaded.view) {
            Ok(decision) => break (decision, loaded),
            Err(wider) => scope = wider,
        }
    };
    let now = moment.wall;
    if decision.changes().is_empty() {
        return Ok(decision.outcome(now, state.version));
    }
    let ends_much = decision.changes().iter().any(|change| matches!(change, Change::End { .. }))
        && matches!(command.action, lock_core::Action::Cleanup(_));
    let version = if decision.makes_version() { state.version.next() } else { state.version };
    let token = match decision.grants() {
        true => state.token.next(now).ok_or_else(out_of_tokens)?,
        false => state.token,
    };
    let audible = decision.is_audible();
    let committed = decision.commit(Stamp { now, version, token });
    let after = State { version, token, ..state };
    let ops = commit(store, state, after, &committed, &loaded, moment)?;
    if audible {
        store.make_news();
    }
    if ends_much {
        for op in ops {
            if let Op::Drop { at } = op {
                store.prune(&at.dir);
            }
        }
    }
    Ok(committed.outcome)
}

/// The records in `scope`. The guard is held, perhaps beside others who look.
pub(crate) fn view(store: &mut Store, scope: &Scope) -> Result<View> {
    let moment = Moment::now();
    let standing = recover::foresee(store, moment)?;
    Ok(load(store, scope, &standing.state, standing.redo.as_ref(), moment)?.view)
}

/// Gives records that were marked on another boot or host a mark of this one, so that from now on
/// nobody's wall clock decides on them. Where that cannot be written, it is left to others.
fn mark_anew(store: &Store, loaded: &Loaded, moment: Moment) {
    let is_foreign = |id: &RecordId| loaded.foreign.contains(id);
    for lock in loaded.view.locks.iter().filter(|lock| is_foreign(&lock.id)) {
        let Some(spot) = loaded.spots.get(&lock.id) else { continue };
        let extra = loaded.extra.get(&lock.id);
        let Ok(text) = record::of_lock(lock, extra, Host::current(), moment) else { continue };
        let marked = store.parent_of(spot).and_then(|parent| {
            store.write_next(&text)?;
            store.publish(parent.as_fd(), &spot.name)
        });
        if let Err(error) = marked {
            tracing::debug!(%error, "a record of another boot could not be marked anew");
            return;
        }
    }
}

fn out_of_tokens() -> BackendError {
    BackendError::new(ErrorKind::Full, "the fencing tokens are used up")
}
