//! Looking a store over from inside: what stands in its files. The guard is held.

use lock_core::{Check, host::Moment};

use crate::{
    error::Result,
    inspect::hint,
    recover::{self, Left},
    repair,
    state::State,
    store::Store,
};

type Look = fn(&mut Store, Moment, bool) -> Result<Check>;

/// Says what is wrong inside, and mends it if told to.
pub(crate) fn examine(store: &mut Store, repair: bool) -> Vec<Check> {
    // What lies in the way of the others comes first, then what a killed process left.
    let looks: [(&str, Look); 9] = [
        ("files", repair::misfits),
        ("step", step),
        ("version", repair::version),
        ("clock", clock),
        ("records", repair::records),
        ("line", repair::line),
        ("history", repair::history),
        ("leftovers", repair::leftovers),
        ("gitignore", repair::gitignore),
    ];
    let moment = Moment::now();
    let look = |(name, look): (&str, Look)| {
        look(store, moment, repair)
            .unwrap_or_else(|error| Check::bad(name, error.to_string(), hint(&error)))
    };
    let mut checks: Vec<Check> = looks.into_iter().map(look).collect();
    match store.quarantined() {
        Ok(0) | Err(_) => {}
        Ok(kept) => checks.push(Check::good("quarantine", format!("{kept} kept"))),
    }
    checks
}

/// A step that was begun and not ended: the guard is held, so its process is gone.
fn step(store: &mut Store, moment: Moment, repair: bool) -> Result<Check> {
    const NAME: &str = "step";
    let standing = recover::foresee(store, moment)?;
    let what = match (standing.left, &standing.redo) {
        (Left::Nothing, _) => return Ok(Check::good(NAME, "none underway")),
        (Left::Numbers, None) if standing.state == State::default() => {
            return Ok(Check::good(NAME, "none yet"));
        }
        (Left::Numbers, _) => "the numbers are lost; records and history say what they were",
        (Left::Step, Some(_)) => "a process was ended in a step that is committed",
        (Left::Step, None) => "a process was ended in a step",
    };
    if repair {
        if let Some(redo) = &standing.redo {
            repair::clear_the_way(store, moment, redo)?;
        }
        recover::settle(store, moment)?;
        return Ok(Check::good(NAME, format!("{what}; settled")));
    }
    let blocking = match &standing.redo {
        Some(redo) => repair::in_the_way(store, redo)?,
        None => Vec::new(),
    };
    if let Some(spot) = blocking.first() {
        let what = format!("{what}, and {} is in its way", spot.path());
        return Ok(Check::bad(NAME, what, "no change succeeds before lockctl doctor --repair"));
    }
    Ok(Check::bad(NAME, what, "the next change settles it; so does lockctl doctor --repair"))
}

fn clock(store: &mut Store, moment: Moment, _repair: bool) -> Result<Check> {
    Ok(Check::clock(moment.wall, recover::foresee(store, moment)?.state.token))
}
