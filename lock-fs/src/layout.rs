//! What belongs in a store's directory, and what only lies there.

use rustix::{
    fd::{AsFd, OwnedFd},
    fs::FileType,
    io::Errno,
};

use crate::{
    line::{self, LINE},
    log::{LOG, OLD},
    name::{self, LOCK},
    place::{self, HELD, LOCKS, Spot},
    quarantine::QUARANTINE,
    redo::REDO,
    store::{BELL, GUARD, NEXT, STATE},
    sys,
};

const FILES: [&str; 7] = [GUARD, STATE, BELL, LOG, OLD, REDO, NEXT];
const DIRS: [&str; 3] = [LOCKS, LINE, QUARANTINE];

/// How many names are ours.
pub(crate) const PLACES: usize = FILES.len() + DIRS.len();

/// Where something lies directly in the store.
pub(crate) fn at_top(name: &str) -> Spot {
    Spot { dir: ".".to_owned(), name: name.to_owned() }
}

/// The names of ours under which something else lies: a symlink, a FIFO, a directory for a file.
pub(crate) fn misfits(dir: &OwnedFd) -> Result<Vec<&'static str>, Errno> {
    let files = FILES.map(|name| (name, FileType::RegularFile));
    let dirs = DIRS.map(|name| (name, FileType::Directory));
    let mut misfits = Vec::new();
    for (name, kind) in files.into_iter().chain(dirs) {
        match sys::stat(dir, name) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == kind => {}
            Ok(_) => misfits.push(name),
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(misfits)
}

/// What lies among the records and can be none: nobody reads it, but it may be in the way of a
/// directory that somebody needs.
pub(crate) fn strays(dir: &OwnedFd) -> Result<Vec<Spot>, Errno> {
    let mut strays = Vec::new();
    let stray = |dir: &str, name: String| Spot { dir: dir.to_owned(), name };
    for (name, _) in listed(dir, LINE)? {
        if !line::is_name(&name) {
            strays.push(stray(LINE, name));
        }
    }
    let mut todo = vec![LOCKS.to_owned()];
    while let Some(node) = todo.pop() {
        for (name, is_dir) in listed(dir, &node)? {
            if name == HELD && is_dir {
                let held = format!("{node}/{HELD}");
                let names = listed(dir, &held)?.into_iter().map(|(name, _)| name);
                let others = names.filter(|name| place::title(name).is_none());
                strays.extend(others.map(|name| stray(&held, name)));
            } else if let Some(stem) = name.strip_suffix(LOCK) {
                if name::decode(stem).is_none() {
                    strays.push(stray(&node, name));
                }
            } else if is_dir && name::decode(&name).is_some() {
                todo.push(format!("{node}/{name}"));
            } else {
                strays.push(stray(&node, name));
            }
        }
    }
    Ok(strays)
}

fn listed(dir: impl AsFd, path: &str) -> Result<Vec<(String, bool)>, Errno> {
    match sys::names(dir, path) {
        Err(Errno::NOTDIR | Errno::LOOP) => Ok(Vec::new()),
        names => names,
    }
}
