//! Hearing that something has changed: each step that makes a version writes to the bell file.
//!
//! The kernel's notices are read directly. (The crate notify, which wraps them, would start a
//! thread and a channel for each store; here the reactor that runs the timers has them too.)

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use event_listener::{Event, EventListener};

use crate::store::BELL;

/// Hears rings for all who wait in this process.
#[derive(Debug)]
pub(crate) struct Bell {
    file: PathBuf,
    /// Whether the kernel is asked at all.
    listens: bool,
    /// One of those who wait takes a ring in; the others hear of it here.
    rung: Event,
    /// Made when somebody first waits. None where there is no bell yet, or the system has nothing
    /// to watch files with, or no more of it.
    ear: Mutex<Option<Arc<ear::Ear>>>,
}

impl Bell {
    pub(crate) fn new(dir: &Path, listens: bool) -> Self {
        Self { file: dir.join(BELL), listens, rung: Event::new(), ear: Mutex::default() }
    }

    /// Tells those who wait in this process.
    pub(crate) fn ring(&self) {
        self.rung.notify(usize::MAX);
    }

    /// What hears every ring from now on, wherever it comes from.
    pub(crate) fn listen(&self) -> (EventListener, Option<Arc<ear::Ear>>) {
        let rung = self.rung.listen();
        if !self.listens {
            return (rung, None);
        }
        let mut ear = self.ear.lock().unwrap_or_else(PoisonError::into_inner);
        if ear.is_none() {
            match ear::Ear::at(&self.file) {
                Ok(new) => *ear = Some(Arc::new(new)),
                Err(error) => tracing::debug!(%error, "changes are found by looking"),
            }
        }
        (rung, ear.clone())
    }

    /// The bell was taken away: the next one who listens looks for another.
    pub(crate) fn forget(&self, gone: &Arc<ear::Ear>) {
        let mut ear = self.ear.lock().unwrap_or_else(PoisonError::into_inner);
        if ear.as_ref().is_some_and(|ear| Arc::ptr_eq(ear, gone)) {
            *ear = None;
        }
    }
}

/// What was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The bell.
    Ring,
    /// That the bell has been removed, or moved: it may never ring again.
    Gone,
}

#[cfg(target_os = "linux")]
pub(crate) mod ear {
    use std::{io, mem::MaybeUninit, path::Path};

    use async_io::Async;
    use rustix::{
        fd::OwnedFd,
        fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags},
    };

    use super::Heard;

    #[derive(Debug)]
    pub(crate) struct Ear(Async<OwnedFd>);

    impl Ear {
        pub(crate) fn at(file: &Path) -> io::Result<Self> {
            let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
            // Removing a file that somebody has open changes its attributes, and no more.
            let what = WatchFlags::MODIFY | WatchFlags::ATTRIB | WatchFlags::MOVE_SELF;
            inotify::add_watch(&fd, file, what | WatchFlags::DONT_FOLLOW)?;
            Async::new_nonblocking(fd).map(Self)
        }

        /// Waits for the next notice, and takes it in with all that came with it.
        pub(crate) async fn heard(&self) -> io::Result<Heard> {
            self.0.readable().await?;
            let mut buffer = [MaybeUninit::uninit(); 1024];
            let mut events = Reader::new(self.0.get_ref(), &mut buffer);
            let mut heard = Heard::Ring;
            // Another waiter of this process may have taken them in already.
            while let Ok(event) = events.next() {
                if event.events() != ReadFlags::MODIFY {
                    heard = Heard::Gone;
                }
            }
            Ok(heard)
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) mod ear {
    //! Nothing to watch files with: whoever waits looks from time to time.

    use std::{io, path::Path};

    #[derive(Debug)]
    pub(crate) struct Ear;

    impl Ear {
        pub(crate) fn at(_file: &Path) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(crate) async fn heard(&self) -> io::Result<super::Heard> {
            std::future::pending().await
        }
    }
}
