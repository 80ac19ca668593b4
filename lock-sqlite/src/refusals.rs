//! Refusals, counted beside the steps: a line each in a file beside the database.
//!
//! Not in a table: a refused request would have to write a transaction, which a granted one would
//! have to wait for.

use std::{fs::File, io};

use lock_core::{Note, Refusals};

use crate::file::{Place, private};

/// Counts a request that was not granted at once.
pub(crate) fn note(place: &Place, note: &Note) {
    let open = |append| private().append(append).create(true).open(&place.refusals);
    if let Err(error) = Refusals::note(note, open) {
        tracing::debug!(%error, "a refusal is not counted");
    }
}

/// What was counted; nothing if it cannot be read.
pub(crate) fn read(place: &Place) -> Refusals {
    let file: io::Result<File> = private().write(false).open(&place.refusals);
    file.and_then(Refusals::read).unwrap_or_else(|error| {
        tracing::debug!(%error, "no refusals are counted");
        Refusals::default()
    })
}
