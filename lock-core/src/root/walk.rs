//! Walking a path as the operating system does, but on into what does not exist yet.

use std::{
    ffi::OsString,
    path::{Component, Path, PathBuf},
};

use super::{
    RootError,
    disk::{Disk, Kind},
    spelling,
};

/// As many as Linux follows.
const MAX_LINKS: usize = 40;

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    /// Its real name: absolute, no symlink in it, what exists of it spelled as on disk.
    pub(super) path: PathBuf,
    /// What is there; none if nothing is.
    pub(super) kind: Option<Kind>,
    /// Whether the path led through something that does not exist, be it back out with `..`: to
    /// the operating system it leads nowhere.
    pub(super) strayed: bool,
}

impl End {
    fn directory(path: PathBuf) -> Self {
        Self { path, kind: Some(Kind::Directory), strayed: false }
    }
}

/// Whether to follow a symlink at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    Follow,
    Keep,
}

enum Step {
    Top(PathBuf),
    Up,
    Into(OsString),
}

/// Walks `path` from `start`, which is a real name itself.
///
/// Each segment costs a lookup or two until one does not exist; from there on nothing can be
/// asked, and `..` takes back the segment before it.
pub(super) fn walk(
    disk: &impl Disk,
    start: &Path,
    path: &Path,
    last: Last,
) -> Result<End, RootError> {
    let mut end = End::directory(start.to_owned());
    // How many segments at the end of `end.path` do not exist.
    let mut missing = 0_usize;
    let mut links = 0;
    let mut todo = Vec::new();
    push(&mut todo, path);
    while let Some(step) = todo.pop() {
        match step {
            Step::Top(top) => {
                missing = 0;
                end.path = top;
                end.kind = Some(Kind::Directory);
            }
            Step::Up => {
                missing = missing.saturating_sub(1);
                end.path.pop();
                end.kind = (missing == 0).then_some(Kind::Directory);
            }
            Step::Into(name) if missing > 0 => {
                missing += 1;
                end.path.push(name);
            }
            Step::Into(name) => {
                let found = spelling::find(disk, &end.path, &name)
                    .map_err(|error| RootError::io("look up", &end.path.join(&name), error))?;
                let kind = found.as_ref().map(|(_, entry)| entry.kind);
                let name = found.map_or(name, |(spelled, _)| spelled);
                let path = end.path.join(name);
                if kind == Some(Kind::Link) && !(last == Last::Keep && todo.is_empty()) {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(RootError::LinkLoop { path });
                    }
                    let target = disk.target(&path);
                    push(&mut todo, &target.map_err(|e| RootError::io("follow", &path, e))?);
                } else {
                    missing = usize::from(kind.is_none());
                    end = End { path, kind, strayed: end.strayed || kind.is_none() };
                }
            }
        }
    }
    Ok(end)
}

/// Puts the steps of `path` before all others.
fn push(todo: &mut Vec<Step>, path: &Path) {
    let from = todo.len();
    let mut top = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Prefix(_) | Component::RootDir => top.push(component),
            Component::CurDir => {}
            Component::ParentDir => todo.push(Step::Up),
            Component::Normal(name) => todo.push(Step::Into(name.to_owned())),
        }
    }
    if !top.as_os_str().is_empty() {
        todo.insert(from, Step::Top(top));
    }
    if let Some(steps) = todo.get_mut(from..) {
        steps.reverse();
    }
}

#[cfg(test)]
mod tests;
