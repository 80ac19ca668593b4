//! The line of waiters: one file each.

use std::collections::HashMap;

use lock_core::{
    RecordId, Waiter,
    host::{Host, Moment},
};
use rustix::{fs::Stat, io::Errno};

use crate::{
    damaged::{self, Content},
    error::{Doing as _, Result},
    place::Spot,
    record::{self, WaiterIn},
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
pub(crate) fn sick(store: &Store) -> Result<Vec<Spot>> {
    let mut sick = Vec::new();
    for name in names(store)? {
        let spot = Spot { dir: LINE.to_owned(), name };
        let read = match damaged::read(&store.dir, &spot)? {
            Content::Text(text, _) => parse(&spot, &text).is_some(),
            Content::Missing => true,
            Content::Unreadable(_) => false,
        };
        if !read {
            sick.push(spot);
        }
    }
    Ok(sick)
}

/// What was read of the line before, by the names of its files.
///
/// Everybody who waits looks at all who do, again and again. The same inode, changed at the same
/// time, says the same: a record is written in place only to be [renewed](crate::renew), and not
/// again within the tick of the file system's clock.
pub(crate) type Known = HashMap<String, (Same, WaiterIn)>;

/// Which file it is: inode, time of its last change, size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Same(u64, i64, i64, i64);

impl Same {
    #[allow(clippy::useless_conversion, clippy::unnecessary_cast, reason = "differs by platform")]
    fn of(stat: &Stat) -> Self {
        Self(
            stat.st_ino as u64,
            stat.st_ctime as i64,
            stat.st_ctime_nsec as i64,
            stat.st_size as i64,
        )
    }
}

/// The waiters, as the step in `redo` will have left them. One that cannot be read has no place:
/// whoever stands there asks again and gets a new one.
pub(crate) fn load(
    store: &mut Store,
    redo: Option<&Redo>,
    host: &Host,
    moment: Moment,
) -> Result<Vec<Waiter>> {
    let mut before = std::mem::take(&mut store.line);
    let mut waiters = Vec::new();
    for name in names(store)? {
        let spot = Spot { dir: LINE.to_owned(), name };
        let stat = match sys::stat(&store.dir, &spot.path()) {
            Ok(stat) => Same::of(&stat),
            Err(Errno::NOENT) => continue,
            Err(errno) => return Err(errno).doing(|| format!("examining {}", spot.path())),
        };
        let known = before.remove(&spot.name).filter(|(same, _)| *same == stat);
        let read = match known {
            Some((_, read)) => Some(read),
            None => match damaged::read(&store.dir, &spot)? {
                Content::Text(text, _) => parse(&spot, &text),
                Content::Missing | Content::Unreadable(_) => None,
            },
        };
        let Some(read) = read else { continue };
        if !redo.is_some_and(|redo| redo.ops.iter().any(|op| *op.spot() == spot)) {
            waiters.push(read.at(host, moment));
        }
        store.line.insert(spot.name, (stat, read));
    }
    for (spot, text) in redo.into_iter().flat_map(Redo::puts) {
        waiters.extend(parse(spot, text.as_bytes()).map(|read| read.at(host, moment)));
    }
    Ok(waiters)
}

/// Those of these names that there are, likewise.
pub(crate) fn load_named(
    store: &Store,
    names: &[RecordId],
    redo: Option<&Redo>,
    host: &Host,
    moment: Moment,
) -> Result<Vec<Waiter>> {
    let mut waiters = Vec::new();
    for id in names {
        let spot = spot(*id);
        let touched = redo.filter(|redo| redo.ops.iter().any(|op| *op.spot() == spot));
        let read = match touched {
            Some(redo) => {
                let put = redo.puts().find(|(put, _)| **put == spot);
                put.and_then(|(spot, text)| parse(spot, text.as_bytes()))
            }
            None => match damaged::read(&store.dir, &spot)? {
                Content::Text(text, _) => parse(&spot, &text),
                Content::Missing | Content::Unreadable(_) => None,
            },
        };
        waiters.extend(read.map(|read| read.at(host, moment)));
    }
    Ok(waiters)
}

fn parse(spot_read: &Spot, text: &[u8]) -> Option<WaiterIn> {
    record::waiter(text).filter(|read| spot(read.id()) == *spot_read)
}
