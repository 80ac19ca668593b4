//! The open store: its directory, its guard and its numbers.

use std::{
    ffi::CString,
    fs::DirBuilder,
    os::unix::ffi::OsStringExt as _,
    path::Path,
    time::{Duration, Instant},
};

use lock_core::{BackendError, ErrorKind};
use rustix::{
    fd::{AsFd as _, OwnedFd},
    fs::{self, Mode, OFlags},
    io::{Errno, retry_on_intr},
};

use crate::{
    access::{self, Access},
    alone::Alone,
    error::{Doing as _, Result},
    known::Known,
    line,
    options::Options,
    place::LOCKS,
    state::{Found, State},
    sys,
};

pub(crate) const GUARD: &str = "guard";
pub(crate) const STATE: &str = "state";
pub(crate) const BELL: &str = "bell";
/// How long a bell may be rung without asking whether it is still the one that others hear. Who hears
/// one being taken away looks on its own until there is another, so that this costs them no more.
const UNSEEN: Duration = Duration::from_millis(20);
/// Where every file is written before it gets its name. There is only one, so that whoever is
/// killed leaves no more than one behind.
pub(crate) const NEXT: &str = "next";

/// An open store.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) dir: OwnedFd,
    pub(crate) access: Access,
    pub(crate) guard: std::sync::Arc<OwnedFd>,
    /// Where others look for the guard.
    guard_at: CString,
    /// Which file the guard is: device and inode.
    identity: (u64, u64),
    state: Option<OwnedFd>,
    /// The bell, and when it was last known to have its name.
    bell: Option<(OwnedFd, Instant)>,
    /// Whether there is something to tell those who wait.
    news: bool,
    /// The log, and the segment it is.
    pub(crate) log: Option<(u64, OwnedFd)>,
    /// The line as it was read last.
    pub(crate) line: line::Known,
    /// What this process wrote last.
    pub(crate) known: Known,
    /// What it need not look for again.
    pub(crate) alone: Alone,
}

impl Store {
    /// Opens the store at `path`; `None` if there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] for a directory that cannot be trusted or opened,
    /// [`ErrorKind::Unsupported`] for one on a network.
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Option<Self>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let dir = match retry_on_intr(|| fs::open(path, flags, Mode::empty())) {
            Ok(dir) => dir,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) => return Err(no_directory(path)),
            Err(errno) => return Err(errno).doing(|| format!("opening {}", path.display())),
        };
        let context = || format!("examining {}", path.display());
        let stat = fs::fstat(&dir).doing(context)?;
        let access = Access::of(&stat, options)?;
        if !options.allow_network {
            refuse_network(&dir, path)?;
        }
        let guard =
            match sys::open_below(&dir, GUARD, OFlags::RDONLY | sys::CAREFULLY, Mode::empty()) {
                Ok(guard) => guard,
                Err(Errno::NOENT) if is_empty(&dir).doing(context)? => return Ok(None),
                Err(Errno::NOENT) => restored_guard(&dir, &access, path)?,
                Err(errno) => {
                    return Err(errno).doing(|| format!("opening {GUARD} in {}", path.display()));
                }
            };
        let stat = fs::fstat(&guard).doing(context)?;
        if !fs::FileType::from_raw_mode(stat.st_mode).is_file() {
            let context = format!("{} has a {GUARD} that is not a file", path.display());
            return Err(BackendError::new(ErrorKind::Corrupt, context));
        }
        #[allow(
            clippy::useless_conversion,
            clippy::unnecessary_cast,
            reason = "differs by platform"
        )]
        let identity = (stat.st_dev as u64, stat.st_ino as u64);
        let guard = std::sync::Arc::new(guard);
        let guard_at = CString::new(path.join(GUARD).into_os_string().into_vec());
        Ok(Some(Self {
            dir,
            access,
            guard,
            guard_at: guard_at.map_err(|_| Errno::INVAL).doing(context)?,
            identity,
            state: None,
            bell: None,
            news: false,
            log: None,
            line: line::Known::default(),
            known: Known::default(),
            alone: Alone::default(),
        }))
    }

    /// Creates the store at `path`, or opens the one that somebody else has just created.
    pub(crate) fn create(path: &Path, options: &Options) -> Result<Self> {
        let access = Access::new(options);
        let context = || format!("creating {}", path.display());
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            let made = DirBuilder::new().recursive(true).create(parent);
            made.map_err(|error| errno_of(&error)).doing(context)?;
        }
        let made = match retry_on_intr(|| fs::mkdir(path, access.dir())) {
            Ok(()) => true,
            Err(Errno::EXIST) => false,
            Err(errno) => return Err(errno).doing(context),
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let dir = fs::open(path, flags, Mode::empty()).doing(context)?;
        if made || is_empty(&dir).doing(context)? {
            access.adopt_dir(&dir).doing(context)?;
        }
        drop(open_or_make(&dir, GUARD, &access).doing(context)?);
        let gone = || BackendError::new(ErrorKind::Unavailable, "the new store is gone already");
        Self::open(path, options)?.ok_or_else(gone)
    }

    /// Leaves word for people and for git: part of making a store.
    pub(crate) fn introduce(&self) -> std::result::Result<(), Errno> {
        for (name, text) in [(".gitignore", "*\n"), ("README", README)] {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
            match sys::open_below(&self.dir, name, flags, self.access.file()) {
                Ok(file) => {
                    self.access.adopt_file(&file)?;
                    sys::write_at(&file, text.as_bytes(), 0)?;
                }
                Err(Errno::EXIST | Errno::LOOP) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// Whether the guard is still the one that others take: the store may have been removed, or moved
    /// away, since it was opened.
    pub(crate) fn is_in_place(&self) -> bool {
        #[allow(
            clippy::useless_conversion,
            clippy::unnecessary_cast,
            reason = "differs by platform"
        )]
        fs::stat(&*self.guard_at)
            .is_ok_and(|stat| (stat.st_dev as u64, stat.st_ino as u64) == self.identity)
    }

    /// The file of the numbers; `None` if it is not there. One that somebody removed, or put another
    /// in the place of, is let go: others do not see what is written there.
    pub(crate) fn state(&mut self) -> std::result::Result<Option<&OwnedFd>, Errno> {
        self.state = self.state.take().filter(sys::is_named);
        if self.state.is_none() {
            self.state = self.open_for_update(STATE)?.map(|(state, _)| state);
        }
        Ok(self.state.as_ref())
    }

    /// The same, made if it is not there.
    pub(crate) fn state_made(&mut self) -> std::result::Result<&OwnedFd, Errno> {
        match self.state.take() {
            Some(file) => Ok(self.state.insert(file)),
            None => Ok(self.state.insert(open_or_make(&self.dir, STATE, &self.access)?)),
        }
    }

    /// Lets go of what was opened in the directory, because something else may lie there now.
    pub(crate) fn reopen(&mut self) {
        (self.state, self.bell, self.log) = (None, None, None);
        self.alone.forget();
    }

    /// The numbers.
    pub(crate) fn read_state(&mut self) -> std::result::Result<Found, Errno> {
        let mut bytes = [0; State::ROOM];
        let length = match self.state()? {
            Some(file) => State::read_text(file, &mut bytes)?,
            None => return Ok(Found::Damaged),
        };
        let text = bytes.get(..length).unwrap_or_default();
        if let Some(state) = self.known.state(text) {
            return Ok(Found::State(state));
        }
        self.alone.forget();
        Ok(self.known.parse_state(text))
    }

    /// Writes the numbers.
    pub(crate) fn write_state(&mut self, state: &State) -> std::result::Result<(), Errno> {
        let text = state.text();
        sys::write_at(self.state_made()?, &text, 0)?;
        self.known.set_state(text, *state);
        Ok(())
    }

    /// A step was taken that others may wait for.
    pub(crate) fn make_news(&mut self) {
        self.news = true;
    }

    /// Wakes those who wait, if there is something to tell. To be called without the guard: whoever
    /// is woken takes it.
    pub(crate) fn tell(&mut self) {
        if std::mem::take(&mut self.news) {
            self.ring();
        }
    }

    /// Wakes those who wait for a change. They look now and then anyway: no reason to fail.
    pub(crate) fn ring(&mut self) {
        let now = Instant::now();
        self.bell = match self.bell.take() {
            Some((bell, seen)) if now.saturating_duration_since(seen) < UNSEEN => {
                Some((bell, seen))
            }
            Some((bell, _)) if sys::is_named(&bell) => Some((bell, now)),
            _ => open_or_make(&self.dir, BELL, &self.access).ok().map(|bell| (bell, now)),
        };
        if let Some((bell, _)) = &self.bell
            && let Err(error) = sys::write_at(bell, b"\n", 0)
        {
            tracing::debug!(%error, "the bell could not be rung");
        }
    }

    /// Opens a file for reading and writing, or only for reading where no more is allowed; says
    /// which.
    pub(crate) fn open_for_update(
        &self,
        name: &str,
    ) -> std::result::Result<Option<(OwnedFd, bool)>, Errno> {
        let open = |flags| sys::open_below(&self.dir, name, flags | sys::CAREFULLY, Mode::empty());
        let opened = match open(OFlags::RDWR) {
            Err(Errno::ACCESS | Errno::ROFS | Errno::PERM) => {
                open(OFlags::RDONLY).map(|it| (it, false))
            }
            opened => opened.map(|it| (it, true)),
        };
        match opened {
            Ok(opened) => Ok(Some(opened)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno),
        }
    }
}

/// Opens the file `name` for reading and writing; makes it if it is not there.
pub(crate) fn open_or_make(
    dir: &OwnedFd,
    name: &str,
    access: &Access,
) -> std::result::Result<OwnedFd, Errno> {
    let open = |flags| {
        sys::open_below(
            dir.as_fd(),
            name,
            OFlags::RDWR | sys::CAREFULLY | flags,
            match flags {
                OFlags::RDWR => Mode::empty(),
                _ => access.file(),
            },
        )
    };
    match open(OFlags::RDWR) {
        Err(Errno::NOENT) => match open(OFlags::CREATE | OFlags::EXCL) {
            Err(Errno::EXIST) => open(OFlags::RDWR),
            Err(errno) => Err(errno),
            Ok(file) => access.adopt_file(&file).map(|_| file),
        },
        opened => opened,
    }
}

/// A store without a guard has lost it, or is just being made: the guard says nothing by being
/// empty, so it is made anew.
fn restored_guard(dir: &OwnedFd, access: &Access, path: &Path) -> Result<OwnedFd> {
    let is_ours = [GUARD, STATE, LOCKS].iter().any(|name| sys::stat(dir, name).is_ok());
    if !is_ours {
        let context = format!(
            "{} is not empty and not a lock store: name another directory, or empty it",
            path.display()
        );
        return Err(BackendError::new(ErrorKind::Invalid, context));
    }
    open_or_make(dir, GUARD, access).doing(|| format!("restoring {GUARD} in {}", path.display()))
}

fn is_empty(dir: &OwnedFd) -> std::result::Result<bool, Errno> {
    sys::names(dir, ".").map(|names| names.is_empty())
}

fn refuse_network(dir: &OwnedFd, path: &Path) -> Result<()> {
    #[cfg(target_os = "linux")]
    {
        let stat = fs::fstatfs(dir).doing(|| format!("examining {}", path.display()))?;
        if let Some(name) = access::network_of(&stat) {
            let context = format!(
                "{} is on {name}, where other machines may not see its locks; use a local \
                 directory or Redis, or allow-network=true if only one machine uses it",
                path.display()
            );
            return Err(BackendError::new(ErrorKind::Unsupported, context));
        }
    }
    Ok(())
}

fn no_directory(path: &Path) -> BackendError {
    let context = format!("{} is not a directory; a symlink is not followed", path.display());
    BackendError::new(ErrorKind::Denied, context)
}

pub(crate) fn errno_of(error: &std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error)
}

const README: &str = "\
This directory is a lock store: which agents have locked which files of the work tree around it.

Each lock is one readable file under `locks`, in directories that mirror the paths locked. Look
as you like; change nothing by hand while anything uses the store. `lockctl list` shows the locks,
`lockctl break` ends one, and `lockctl doctor --repair` mends the store.

  guard       held by whoever works on the store at the moment; never delete it
  state       a few numbers, among them the last fencing token
  locks line  the locks, and who waits for one
  log log.old what was granted and how it ended
  refusals    how often requests were refused
  redo next   a step on its way; whoever comes next finishes it
  quarantine  files that could not be read as locks
";
