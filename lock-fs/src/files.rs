//! Changing the store's files: each change is one rename or one unlink.

use std::sync::Arc;

use rustix::{
    fd::{AsFd as _, BorrowedFd, OwnedFd},
    fs::{self, AtFlags, Mode, OFlags, Stat},
    io::{Errno, retry_on_intr},
};

use crate::{
    error::{Doing as _, Result, unknown},
    fault,
    place::Spot,
    redo::Op,
    store::{NEXT, Store},
    sys,
};

impl Store {
    /// Writes `text` under the name that is no file's own yet; says what the system knows of it.
    pub(crate) fn write_next(&self, text: &str) -> Result<Stat> {
        let context = || format!("writing {NEXT}");
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let make = || sys::open_below(&self.dir, NEXT, flags, self.access.file());
        let file = match make() {
            Err(Errno::EXIST) => {
                self.clear_next().doing(context)?;
                make()
            }
            made => made,
        };
        let file = file.doing(context)?;
        fault::point("next is empty");
        let written = sys::write_at(&file, text.as_bytes(), 0);
        let written = written.and_then(|()| self.access.adopt_file(&file));
        if written.is_err() {
            self.discard_next();
        }
        fault::point("next is written");
        written.doing(context)
    }

    /// Takes away what somebody killed, or playing tricks, left there.
    pub(crate) fn clear_next(&self) -> std::result::Result<(), Errno> {
        match sys::unlink(&self.dir, NEXT) {
            Err(Errno::ISDIR | Errno::PERM) => {
                retry_on_intr(|| fs::unlinkat(&self.dir, NEXT, AtFlags::REMOVEDIR))
            }
            removed => removed.map(|_| ()),
        }
    }

    /// The same after a failure: the next one who writes there tries again.
    pub(crate) fn discard_next(&self) {
        if let Err(error) = self.clear_next() {
            tracing::debug!(%error, "{NEXT} could not be removed");
        }
    }

    /// Gives the file that [`write_next`](Self::write_next) wrote its name, in one call.
    ///
    /// # Errors
    /// [`ErrorKind::Unknown`](lock_core::ErrorKind::Unknown) unless it is certain that nothing happened.
    pub(crate) fn publish(&self, parent: BorrowedFd<'_>, name: &str) -> Result<()> {
        self.published(retry_on_intr(|| fs::renameat(&self.dir, NEXT, parent, name)), name)
    }

    fn published(&self, renamed: std::result::Result<(), Errno>, name: &str) -> Result<()> {
        let context = || format!("publishing {name}");
        match renamed {
            Ok(()) => Ok(()),
            Err(errno) => match sys::stat(&self.dir, NEXT) {
                // The source is still there: the rename was not carried out.
                Ok(_) => {
                    self.discard_next();
                    Err(errno).doing(context)
                }
                Err(_) => Err(unknown(errno, context())),
            },
        }
    }

    /// The directory of a record, made if it is not there.
    pub(crate) fn parent_of(&self, spot: &Spot) -> Result<OwnedFd> {
        let context = || format!("opening {}", spot.dir);
        match sys::open_below(&self.dir, &spot.dir, sys::DIRECTORY, Mode::empty()) {
            Err(Errno::NOENT) => self.made(&spot.dir).doing(context),
            opened => opened.doing(context),
        }
    }

    /// The same for the record of a step that is to be published there. It stays open.
    pub(crate) fn enter(&mut self, spot: &Spot) -> Result<()> {
        if self.alone.dir(&spot.dir).is_none() {
            let opened = Arc::new(self.parent_of(spot)?);
            self.alone.keep_dir(&spot.dir, &opened);
        }
        Ok(())
    }

    /// Publishes what is to lie at `spot`.
    pub(crate) fn publish_at(&mut self, spot: &Spot) -> Result<()> {
        if let Some(dir) = self.alone.dir(&spot.dir) {
            match retry_on_intr(|| fs::renameat(&self.dir, NEXT, &dir, &*spot.name)) {
                // Somebody removed the directory that is open: it has to be made anew.
                Err(Errno::NOENT) => self.alone.forget(),
                renamed => return self.published(renamed, &spot.name),
            }
        }
        let parent = self.parent_of(spot)?;
        self.publish(parent.as_fd(), &spot.name)
    }

    /// Makes a directory and those above it.
    pub(crate) fn made(&self, path: &str) -> std::result::Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let mut at: Option<OwnedFd> = None;
        for segment in path.split('/') {
            let from = at.as_ref().unwrap_or(&self.dir);
            let made = match retry_on_intr(|| fs::mkdirat(from, segment, self.access.dir())) {
                Ok(()) => true,
                Err(Errno::EXIST) => false,
                Err(errno) => return Err(errno),
            };
            let dir = sys::open_below(from, segment, flags, Mode::empty())?;
            if made {
                self.access.adopt_dir(&dir)?;
            }
            at = Some(dir);
        }
        at.ok_or(Errno::INVAL)
    }

    /// Removes the file at `spot`, if it is there.
    pub(crate) fn remove(&mut self, spot: &Spot) -> Result<()> {
        let context = || format!("removing {}", spot.path());
        let parent = match self.alone.dir(&spot.dir) {
            Some(dir) => dir,
            None => match sys::open_below(&self.dir, &spot.dir, sys::DIRECTORY, Mode::empty()) {
                Err(Errno::NOENT) => return Ok(()),
                parent => {
                    let parent = Arc::new(parent.doing(context)?);
                    self.alone.keep_dir(&spot.dir, &parent);
                    parent
                }
            },
        };
        match sys::unlink(&parent, &spot.name) {
            Ok(_) => Ok(()),
            // It is still there: nothing happened.
            Err(errno) if sys::stat(&parent, &spot.name).is_ok() => Err(errno).doing(context),
            Err(errno) => Err(unknown(errno, context())),
        }
    }

    /// Carries out one change of a step that is committed already.
    pub(crate) fn apply(&mut self, op: &Op) -> Result<()> {
        match op {
            Op::Put { at, text } => {
                self.enter(at)?;
                self.write_next(text)?;
                self.publish_at(at)
            }
            Op::Drop { at } => self.remove(at),
            Op::Quarantine { at, to } => self.quarantine(at, to),
        }
    }

    /// Removes `dir` and what is above it, as far as that is empty. Only tidiness: it may fail.
    pub(crate) fn prune(&mut self, dir: &str) {
        self.alone.forget_dir();
        let mut path = dir;
        while let Some((above, _)) = path.rsplit_once('/') {
            if fs::unlinkat(self.dir.as_fd(), path, AtFlags::REMOVEDIR).is_err() {
                return;
            }
            path = above;
        }
    }
}
