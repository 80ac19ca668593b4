//! What was granted and how it ended: one JSON line each, in two files that take turns.
//!
//! How much of the file is true stands in the [state](crate::state), not in the file's length. What
//! lies beyond that was written by a step on its way: found there under the guard, the step's
//! process died.

use std::borrow::Cow;

use lock_core::{Cause, EndingScope, HistoryEntry, RecordId, Totals, View};
use memchr::memmem;
use rustix::{
    fd::OwnedFd,
    fs::{Mode, OFlags, fstat, ftruncate, renameat},
    io::{Errno, retry_on_intr},
};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Doing as _, Result},
    redo::Redo,
    state::State,
    store::{Store, open_or_make},
    sys,
};

pub(crate) const LOG: &str = "log";
pub(crate) const OLD: &str = "log.old";

/// How many lines a file gets: enough for ten thousand endings and the grants between them.
const TURN: u64 = 20_000;

/// The first turn keeps all in the old file; from this one on, something was dropped.
pub(crate) const FORGETFUL: u64 = 2;

/// Room for most lines.
const USUAL: usize = 512;

/// How much is read at once from the end of a log.
const CHUNK: u64 = 64 * 1024;

/// The first line of every log but the first: what all before it counted.
#[derive(Default, Serialize, Deserialize)]
struct Before {
    before: Totals,
}

/// What a log begins with that nobody has written to yet: it counts what is about to be forgotten.
pub(crate) fn opening(store: &Store, state: &State) -> Result<String> {
    if state.log > 0 || state.segment == 0 {
        return Ok(String::new());
    }
    let old = old(store)?;
    let mut before = before(&old);
    lines(&old).for_each(|line| count(&mut before, line));
    Ok(serde_json::to_string(&Before { before }).unwrap_or_default() + "\n")
}

/// What is counted of a line. To read all of it for that would cost a step as much again as to write
/// it, though all at once, when the log is turned over.
#[derive(Deserialize)]
struct Counted<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    ending: Option<End>,
}

#[derive(Deserialize)]
struct End {
    ended: Cause,
}

fn count(totals: &mut Totals, line: &[u8]) {
    match serde_json::from_slice::<Counted<'_>>(line) {
        Ok(Counted { event, .. }) if event == "acquired" => totals.acquired += 1,
        Ok(Counted { ending: Some(end), .. }) => totals.add_ends(end.ended, 1),
        _ => {}
    }
}

/// Whether `line` is what a log begins with that is not the first: no entry.
pub(crate) fn is_opening(line: &[u8]) -> bool {
    serde_json::from_slice::<Before>(line).is_ok()
}

/// What the logs before the old one counted.
pub(crate) fn forgotten(store: &Store) -> Result<Totals> {
    Ok(before(&old(store)?))
}

fn before(log: &[u8]) -> Totals {
    let first = lines(log).next().and_then(|line| serde_json::from_slice::<Before>(line).ok());
    first.unwrap_or_default().before
}

/// The text of some lines. A grant's lock stands in `locks` already, in the same order: it is the
/// longest part of both its record and its line.
pub(crate) fn text(
    entries: &[HistoryEntry],
    locks: &[(RecordId, String)],
) -> serde_json::Result<String> {
    let mut text = Vec::with_capacity(USUAL * entries.len());
    let mut locks = locks.iter();
    for entry in entries {
        match entry {
            HistoryEntry::Acquired { version, at, lock } => {
                text.extend_from_slice(br#"{"event":"acquired","version":"#);
                serde_json::to_writer(&mut text, version)?;
                text.extend_from_slice(br#","at":"#);
                serde_json::to_writer(&mut text, at)?;
                text.extend_from_slice(br#","lock":"#);
                match locks.find(|(id, _)| *id == lock.id) {
                    Some((_, json)) => text.extend_from_slice(json.as_bytes()),
                    None => serde_json::to_writer(&mut text, lock)?,
                }
                text.push(b'}');
            }
            entry => serde_json::to_writer(&mut text, entry)?,
        }
        text.push(b'\n');
    }
    String::from_utf8(text).map_err(serde::ser::Error::custom)
}

/// The entries in some lines; what is no line of ours is passed over.
pub(crate) fn entries(text: &[u8]) -> impl DoubleEndedIterator<Item = HistoryEntry> {
    lines(text).filter_map(|line| serde_json::from_slice(line).ok())
}

fn lines(text: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

/// Writes lines where the true part of the log ends. They become true with the state.
pub(crate) fn append(store: &mut Store, state: &State, text: &str) -> Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let context = || format!("writing {LOG}");
    // Whether it has its name still was asked when its length was.
    let file = match store.log.take().filter(|(segment, _)| *segment == state.segment) {
        Some((_, file)) => file,
        None => open_or_make(&store.dir, LOG, &store.access).doing(context)?,
    };
    let (_, file) = store.log.insert((state.segment, file));
    sys::write_at(file, text.as_bytes(), state.log).doing(context)
}

/// How long the log is, true or not. Whoever has it open asks the open file, if it is still the one.
pub(crate) fn length(store: &mut Store, state: &State) -> Result<u64> {
    let same = |(segment, _): &&(u64, OwnedFd)| *segment == state.segment;
    if let Some(size) = store.log.as_ref().filter(same).and_then(|(_, log)| sys::named_size(log)) {
        return Ok(size);
    }
    store.log = None;
    let opened = match store.open_for_update(LOG) {
        // What lies there is no log, or not for us to read: nobody could have begun a step in it.
        Err(
            Errno::LOOP | Errno::ISDIR | Errno::NXIO | Errno::NODEV | Errno::ACCESS | Errno::PERM,
        ) => return Ok(0),
        opened => opened.doing(|| format!("opening {LOG}"))?,
    };
    let size = opened.as_ref().and_then(|(log, _)| sys::named_size(log)).unwrap_or(0);
    store.log = opened.filter(|(_, writable)| *writable).map(|(log, _)| (state.segment, log));
    Ok(size)
}

/// Turns the log over once it is full. Whoever is killed in between leaves the state dirty and no
/// log, which says it all.
pub(crate) fn turn_over(store: &mut Store, state: State) -> Result<State> {
    if state.lines < TURN {
        return Ok(state);
    }
    let context = || format!("turning {LOG} over");
    store.write_state(&State { dirty: true, ..state }).doing(context)?;
    store.log = None;
    match retry_on_intr(|| renameat(&store.dir, LOG, &store.dir, OLD)) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno).doing(context),
    }
    let state = turned(state);
    store.write_state(&state).doing(context)?;
    Ok(state)
}

/// The numbers once the log has been turned over.
pub(crate) fn turned(state: State) -> State {
    State { dirty: false, segment: state.segment + 1, log: 0, lines: 0, ..state }
}

/// Fills in the endings and the history of the view.
pub(crate) fn load(
    store: &mut Store,
    state: &State,
    redo: Option<&Redo>,
    view: &mut View,
) -> Result<()> {
    view.forgetful = state.segment >= FORGETFUL;
    let pending = redo.map_or("", |redo| redo.log.as_str()).as_bytes();
    let true_length = redo.map_or(state.log, |redo| redo.log_at);
    if view.scope.endings != EndingScope::None {
        // One after the other: each may have megabytes, which an allocator does not give back soon.
        let scope = &view.scope.endings;
        let mut found = endings(&old(store)?, scope);
        found.extend(endings(&current(store, 0, true_length)?, scope));
        found.extend(endings(pending, scope));
        view.endings = found;
    }
    if let Some(after) = view.scope.history {
        let is_later = |entry: &HistoryEntry| entry.version() > after;
        let mut start = true_length;
        let mut text = Vec::new();
        let reached = |text: &[u8]| {
            let whole = text.iter().position(|byte| *byte == b'\n').unwrap_or(0);
            let first = text.get(whole..).and_then(|text| entries(text).next());
            first.is_some_and(|entry| !is_later(&entry))
        };
        while start > 0 && !reached(&text) {
            let end = start;
            start = start.saturating_sub(CHUNK.max(text.len() as u64));
            let mut earlier = current(store, start, end - start)?;
            earlier.append(&mut text);
            text = earlier;
        }
        if start == 0 && !reached(&text) {
            let mut earlier = old(store)?;
            earlier.append(&mut text);
            text = earlier;
        }
        text.extend_from_slice(pending);
        view.history = entries(&text).filter(is_later).collect();
    }
    Ok(())
}

/// The endings in scope among some lines. Most lines are told apart without parsing them.
fn endings(text: &[u8], scope: &EndingScope) -> Vec<lock_core::Ending> {
    let needle = match scope {
        EndingScope::Last(agent, ..) | EndingScope::OfHolder(agent, ..) => {
            serde_json::to_string(agent).unwrap_or_default()
        }
        EndingScope::MadeBy(nonce) => nonce.to_string(),
        _ => String::new(),
    };
    let needle = memmem::Finder::new(needle.as_bytes());
    lines(text)
        .filter(|line| needle.find(line).is_some())
        .filter_map(|line| serde_json::from_slice::<HistoryEntry>(line).ok())
        .filter_map(|entry| entry.ending().cloned())
        .filter(|ending| scope.includes(ending))
        .collect()
}

/// Part of the current log; less, if the file is shorter than that.
pub(crate) fn current(store: &Store, from: u64, length: u64) -> Result<Vec<u8>> {
    read(store, LOG, from, length)
}

/// The log before the current one.
pub(crate) fn old(store: &Store) -> Result<Vec<u8>> {
    read(store, OLD, 0, u64::MAX)
}

/// All that stands in the current log, true or not.
pub(crate) fn beyond(store: &Store, from: u64) -> Result<Vec<u8>> {
    read(store, LOG, from, u64::MAX)
}

fn read(store: &Store, name: &str, from: u64, length: u64) -> Result<Vec<u8>> {
    let context = || format!("reading {name}");
    let Some(file) = open(store, name).doing(context)? else { return Ok(Vec::new()) };
    let size = u64::try_from(fstat(&file).doing(context)?.st_size).unwrap_or(0);
    let length = length.min(size.saturating_sub(from));
    let mut text = vec![0; usize::try_from(length).unwrap_or(0)];
    let read = sys::read_at(&file, &mut text, from).doing(context)?;
    text.truncate(read);
    Ok(text)
}

/// Whether the current log is there.
pub(crate) fn exists(store: &Store) -> bool {
    sys::stat(&store.dir, LOG).is_ok()
}

/// Cuts the current log off after `length` bytes.
pub(crate) fn cut(store: &mut Store, length: u64) -> Result<()> {
    store.log = None;
    match open_for_writing(store).doing(|| format!("opening {LOG}"))? {
        Some(file) => ftruncate(&file, length).doing(|| format!("cutting {LOG}")),
        None => Ok(()),
    }
}

fn open_for_writing(store: &Store) -> std::result::Result<Option<OwnedFd>, Errno> {
    found(sys::open_below(&store.dir, LOG, OFlags::WRONLY | sys::CAREFULLY, Mode::empty()))
}

fn open(store: &Store, name: &str) -> std::result::Result<Option<OwnedFd>, Errno> {
    found(sys::open_below(&store.dir, name, OFlags::RDONLY | sys::CAREFULLY, Mode::empty()))
}

fn found(
    opened: std::result::Result<OwnedFd, Errno>,
) -> std::result::Result<Option<OwnedFd>, Errno> {
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever else stands in a line: it is told apart by two words.
    #[test]
    fn a_line_is_counted_as_if_it_were_read_whole() {
        let lock = r#""id":"00000000000000000000000000000001-0","pattern":"a","agent":"event\u0022",
            "mode":"shared","token":7"#;
        let time = r#""2026-01-31T12:00:00.000000Z""#;
        let acquired = format!(
            r#"{{"event":"acquired","version":1,"at":{time},"lock":{{{lock},"ttl_ms":1000,
            "acquired_at":{time},"refreshed_at":{time},"expires_at":{time},"later":{{"ended":1}}}}}}"#
        );
        let ended = |cause: &str| {
            format!(
                r#"{{"event":"ended","version":2,"at":{time},"ending":{{{lock},"from":{time},
                "until":{time},"ended":"{cause}","note":"\"ended\":\"broken\"",
                "nonce":"00000000000000000000000000000002"}}}}"#
            )
        };
        let causes = ["released", "expired", "taken_over", "broken", "cleaned", "holder_dead"];
        let good = causes.map(ended).into_iter().chain([acquired]).map(|it| it.replace('\n', ""));
        let text = good.chain(["rubbish".to_owned(), String::new()]).collect::<Vec<_>>().join("\n");
        let (mut whole, mut told) = (Totals::default(), Totals::default());
        entries(text.as_bytes()).for_each(|entry| whole.count(&entry));
        lines(text.as_bytes()).for_each(|line| count(&mut told, line));
        assert_eq!(told, whole);
        let each = Totals { acquired: 1, released: 1, expired: 1, taken_over: 1, ..whole };
        assert_eq!(told, Totals { broken: 1, cleaned: 1, holder_dead: 1, ..each });
    }
}
