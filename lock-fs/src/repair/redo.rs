//! What keeps a committed step from being carried out.

use lock_core::host::Moment;
use rustix::{
    fs::{FileType, Mode},
    io::Errno,
};

use super::set_aside;
use crate::{
    error::{Doing as _, Result},
    place::Spot,
    redo::{Op, Redo},
    store::Store,
    sys,
};

/// What cannot become what the step makes of it: a directory in the place of a record, or anything
/// else in the place of a directory. Until it has gone, every step fails.
pub(crate) fn in_the_way(store: &Store, redo: &Redo) -> Result<Vec<Spot>> {
    let mut all = Vec::new();
    for op in &redo.ops {
        let spot = blocking(store, op).doing(|| format!("looking at {}", op.spot().path()))?;
        all.extend(spot.filter(|spot| !all.contains(spot)));
    }
    Ok(all)
}

/// Moves it to the quarantine. That frees no lock: what stands there afterwards is what the step
/// says, and the step has been committed.
pub(crate) fn clear_the_way(store: &Store, moment: Moment, redo: &Redo) -> Result<()> {
    set_aside(store, moment, &in_the_way(store, redo)?)
}

fn blocking(store: &Store, op: &Op) -> std::result::Result<Option<Spot>, Errno> {
    let mut dir = ".".to_owned();
    for name in op.spot().dir.split('/') {
        let spot = Spot { dir, name: name.to_owned() };
        match kind(store, &spot)? {
            None => return Ok(None),
            Some(FileType::Directory) => dir = spot.path(),
            Some(_) => return Ok(Some(spot)),
        }
    }
    let spot = Spot { dir, name: op.spot().name.clone() };
    // What goes to the quarantine may be anything.
    let blocks = !matches!(op, Op::Quarantine { .. })
        && kind(store, &spot)?.is_some_and(|kind| kind == FileType::Directory);
    Ok(blocks.then_some(spot))
}

/// What lies at `spot`, whose directory is there.
fn kind(store: &Store, spot: &Spot) -> std::result::Result<Option<FileType>, Errno> {
    let parent = sys::open_below(&store.dir, &spot.dir, sys::DIRECTORY, Mode::empty())?;
    match sys::stat(parent, &spot.name) {
        Ok(stat) => Ok(Some(FileType::from_raw_mode(stat.st_mode))),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}
