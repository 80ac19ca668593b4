//! Where files go that nobody can read: out of the way, and kept.

use std::fmt::Display;

use rustix::{
    fs::{Mode, OFlags, renameat},
    io::{Errno, retry_on_intr},
};

use crate::{
    error::{Doing as _, Result, unknown},
    place::Spot,
    store::Store,
    sys,
};

/// The directory of what could not be read.
pub(crate) const QUARANTINE: &str = "quarantine";

/// What is left of a name in another: enough to know it by, and never too long with what is added.
const KEPT: usize = 120;

/// A name in quarantine for what was called `name`; `mark` is of one step, `number` of one file.
pub(crate) fn name(mark: impl Display, number: usize, name: &str) -> String {
    let kept = name.get(..name.floor_char_boundary(KEPT)).unwrap_or_default();
    format!("{mark}-{number}-{kept}")
}

impl Store {
    /// Moves what lies at `spot`, whatever it is, out of the way.
    pub(crate) fn quarantine(&self, spot: &Spot, to: &str) -> Result<()> {
        let context = || format!("moving {} to {QUARANTINE}", spot.path());
        let quarantine = self.parent_of(&place(to))?;
        let parent = match sys::open_below(&self.dir, &spot.dir, sys::DIRECTORY, Mode::empty()) {
            Err(Errno::NOENT) => return Ok(()),
            parent => parent.doing(context)?,
        };
        match retry_on_intr(|| renameat(&parent, &*spot.name, &quarantine, to)) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) if sys::stat(&parent, &spot.name).is_ok() => Err(errno).doing(context),
            Err(errno) => Err(unknown(errno, context())),
        }
    }

    /// Keeps `bytes` under a name that nothing else there has.
    pub(crate) fn keep_copy(&self, bytes: &[u8], to: &str) -> Result<()> {
        let context = || format!("keeping a copy in {QUARANTINE}");
        let parent = self.parent_of(&place(to))?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let file = sys::open_below(&parent, to, flags, self.access.file()).doing(context)?;
        self.access.adopt_file(&file).and_then(|_| sys::write_at(&file, bytes, 0)).doing(context)
    }

    /// How much is kept there.
    pub(crate) fn quarantined(&self) -> Result<usize> {
        let names = sys::names(&self.dir, QUARANTINE);
        names.map(|names| names.len()).doing(|| format!("listing {QUARANTINE}"))
    }
}

fn place(name: &str) -> Spot {
    Spot { dir: QUARANTINE.to_owned(), name: name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_quarantine_is_never_too_long() {
        let long = "日".repeat(80);
        let name = name(u64::MAX, usize::MAX, &long);
        assert!(name.len() < 255 && name.ends_with(&format!("-{}", "日".repeat(40))), "{name}");
    }
}
