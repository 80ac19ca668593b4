//! Refusals, counted beside the steps: a line each in a file that needs no guard.

use std::{fs::File, io, path::Path};

use lock_core::{Note, Refusals};
use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl};

use crate::{
    options::Options,
    store::{Store, open_or_make},
    sys,
};

/// The file of notes.
pub(crate) const REFUSALS: &str = "refusals";

/// Counts a request that was not granted at once. The store is opened anew: the one that steps use
/// may be waiting for the guard.
pub(crate) fn note(path: &Path, options: &Options, note: &Note) {
    let noted = match Store::open(path, options) {
        Ok(Some(store)) => Refusals::note(note, |append| open(&store, append)),
        Ok(None) => Ok(()),
        Err(error) => Err(io::Error::other(error)),
    };
    if let Err(error) = noted {
        tracing::debug!(%error, "a refusal is not counted");
    }
}

fn open(store: &Store, append: bool) -> io::Result<File> {
    let file = open_or_make(&store.dir, REFUSALS, &store.access)?;
    if append {
        fcntl_setfl(&file, fcntl_getfl(&file)? | OFlags::APPEND)?;
    }
    Ok(file.into())
}

/// What was counted; nothing if it cannot be read.
pub(crate) fn read(store: &Store) -> Refusals {
    let flags = OFlags::RDONLY | sys::CAREFULLY;
    let file = sys::open_below(&store.dir, REFUSALS, flags, Mode::empty()).map(File::from);
    let refusals = file.map_err(io::Error::from).and_then(Refusals::read);
    refusals.unwrap_or_else(|error| {
        tracing::debug!(%error, "no refusals are counted");
        Refusals::default()
    })
}
