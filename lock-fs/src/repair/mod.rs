//! Finding what is not as it should be, and mending what can be mended.
//!
//! Nothing is deleted: what goes is moved to the quarantine, or copied there first. And no live
//! lock is freed: a record that cannot be read holds until its time is over.

mod files;
mod history;
mod line;
mod records;
mod redo;
mod version;

use lock_core::host::Moment;

pub(crate) use files::{gitignore, leftovers, misfits};
pub(crate) use history::history;
pub(crate) use line::line;
pub(crate) use records::records;
pub(crate) use redo::{clear_the_way, in_the_way};
pub(crate) use version::version;

use crate::{
    error::{Doing as _, Result},
    place::Spot,
    quarantine,
    state::State,
    store::{STATE, Store},
};

/// Changes what `work` changes, as a step: whoever finds it half done settles the numbers.
fn step(
    store: &mut Store,
    state: State,
    work: impl FnOnce(&mut Store, &mut State) -> Result<()>,
) -> Result<()> {
    let context = || format!("writing {STATE}");
    let mut after = State { dirty: false, version: state.version.next(), ..state };
    store.write_state(&State { dirty: true, ..after }).doing(context)?;
    work(store, &mut after)?;
    store.write_state(&after).doing(context)?;
    store.ring();
    Ok(())
}

/// Moves what lies at `spots` to the quarantine.
fn set_aside(store: &Store, moment: Moment, spots: &[Spot]) -> Result<()> {
    for (number, spot) in spots.iter().enumerate() {
        let to = quarantine::name(moment.wall.as_micros(), number, &spot.name);
        store.quarantine(spot, &to)?;
    }
    Ok(())
}
