//! The line of waiters: one file each.

use lock_core::{
    RecordId, Waiter,
    host::{Host, Moment},
};

use crate::{
    damaged::{self, Content},
    error::{Doing as _, Result},
    place::Spot,
    record,
    redo::Redo,
    store::Store,
    sys,
};

/// The directory of the line.
pub(crate) const LINE: &str = "line";

const WAITER: &str = ".waiter";

/// Where the waiter `id` lies.
pub(crate) fn spot(id: RecordId) -> Spot {
    Spot { dir: LINE.to_owned(), name: format!("{id}{WAITER}") }
}

/// The names of the waiters' files.
pub(crate) fn names(store: &Store) -> Result<Vec<String>> {
    let names = sys::names(&store.dir, LINE).doing(|| format!("listing {LINE}"))?;
    Ok(names.into_iter().map(|(name, _)| name).filter(|name| is_name(name)).collect())
}

/// Whether a waiter's file may be called that.
pub(crate) fn is_name(name: &str) -> bool {
    name.strip_suffix(WAITER).is_some_and(|id| id.parse::<RecordId>().is_ok())
}

/// The files of waiters that cannot be read.
pub(crate) fn sick(store: &Store, host: &Host, moment: Moment) -> Result<Vec<Spot>> {
    let mut sick = Vec::new();
    for name in names(store)? {
        let spot = Spot { dir: LINE.to_owned(), name };
        let read = match damaged::read(&store.dir, &spot)? {
            Content::Text(text, _) => parse(&spot, &text, host, moment).is_some(),
            Content::Missing => true,
            Content::Unreadable(_) => false,
        };
        if !read {
            sick.push(spot);
        }
    }
    Ok(sick)
}

/// The waiters, as the step in `redo` will have left them. One that cannot be read has no place:
/// whoever stands there asks again and gets a new one.
pub(crate) fn load(
    store: &Store,
    redo: Option<&Redo>,
    host: &Host,
    moment: Moment,
) -> Result<Vec<Waiter>> {
    let mut waiters = Vec::new();
    for name in names(store)? {
        let spot = Spot { dir: LINE.to_owned(), name };
        if redo.is_some_and(|redo| redo.ops.iter().any(|op| *op.spot() == spot)) {
            continue;
        }
        if let Content::Text(text, _) = damaged::read(&store.dir, &spot)? {
            waiters.extend(parse(&spot, &text, host, moment));
        }
    }
    for (spot, text) in redo.into_iter().flat_map(Redo::puts) {
        waiters.extend(parse(spot, text.as_bytes(), host, moment));
    }
    Ok(waiters)
}

fn parse(spot_read: &Spot, text: &[u8], host: &Host, moment: Moment) -> Option<Waiter> {
    let waiter = record::waiter(text, host, moment)?;
    (spot(waiter.id) == *spot_read).then_some(waiter)
}
