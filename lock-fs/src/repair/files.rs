//! Files beside the records.

use lock_core::{Check, Findings, host::Moment};
use rustix::{
    fs::{Mode, OFlags},
    io::Errno,
};

use super::set_aside;
use crate::{
    error::{Doing as _, Result},
    layout,
    place::Spot,
    quarantine::QUARANTINE,
    recover::{self, Left},
    redo::REDO,
    store::{NEXT, Store},
    sys,
};

/// Where git is told to leave the store alone.
const GITIGNORE: &str = ".gitignore";

/// Whether something else lies where a file of ours belongs.
pub(crate) fn misfits(store: &mut Store, moment: Moment, mend: bool) -> Result<Check> {
    const NAME: &str = "files";
    let misfits = layout::misfits(&store.dir).doing(|| "looking at the files".to_owned())?;
    let mut findings = Findings { total: layout::PLACES, ..Findings::default() };
    for name in misfits {
        // There is no place to move the place of what was moved to.
        if mend && name != QUARANTINE {
            set_aside(store, moment, &[layout::at_top(name)])?;
            findings.mended += 1;
        } else {
            findings.left.push(format!("{name} is something else"));
        }
    }
    store.reopen();
    if findings.left.is_empty() && findings.mended == 0 {
        return Ok(Check::good(NAME, "each is what it should be"));
    }
    Ok(findings.check(NAME, "places"))
}

/// What a killed process, or anybody else, left lying about.
pub(crate) fn leftovers(store: &mut Store, moment: Moment, mend: bool) -> Result<Check> {
    const NAME: &str = "leftovers";
    let context = || "looking for leftovers".to_owned();
    let standing = recover::foresee(store, moment)?;
    let mut found = layout::strays(&store.dir).doing(context)?;
    let is_there = |name: &str| match sys::stat(&store.dir, name) {
        Ok(_) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(errno).doing(context),
    };
    // While a step is underway they are part of it.
    if standing.left == Left::Nothing {
        for name in [NEXT, REDO] {
            if is_there(name)? {
                found.push(layout::at_top(name));
            }
        }
    }
    if found.is_empty() {
        return Ok(Check::good(NAME, "none"));
    }
    let mut findings = Findings { total: found.len(), ..Findings::default() };
    if mend {
        set_aside(store, moment, &found)?;
        findings.mended = found.len();
    } else {
        findings.left = found.iter().map(Spot::path).collect();
    }
    Ok(findings.check(NAME, "found"))
}

/// Whether git leaves the store alone.
pub(crate) fn gitignore(store: &mut Store, moment: Moment, mend: bool) -> Result<Check> {
    const NAME: &str = "gitignore";
    let what = match ignored(store).doing(|| format!("reading {GITIGNORE}"))? {
        Some(true) => return Ok(Check::good(NAME, "git leaves the store alone")),
        Some(false) => "does not ignore everything",
        None => "is not there: git would show the store as new files",
    };
    if !mend {
        return Ok(Check::bad(NAME, what, "lockctl doctor --repair"));
    }
    set_aside(store, moment, &[layout::at_top(GITIGNORE)])?;
    store.introduce().doing(|| format!("writing {GITIGNORE}"))?;
    Ok(Check::good(NAME, "git leaves the store alone; written anew"))
}

/// Whether everything is ignored; `None` if there is nothing that says so.
fn ignored(store: &Store) -> std::result::Result<Option<bool>, Errno> {
    let flags = OFlags::RDONLY | sys::CAREFULLY;
    let file = match sys::open_below(&store.dir, GITIGNORE, flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::LOOP) => return Ok(Some(false)),
        Err(errno) => return Err(errno),
    };
    let mut text = [0; 4096];
    let length = sys::read_at(&file, &mut text, 0).unwrap_or(0);
    let mut lines = text.get(..length).unwrap_or_default().split(|byte| *byte == b'\n');
    Ok(Some(lines.any(|line| line.trim_ascii() == b"*")))
}
