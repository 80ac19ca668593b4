//! Hearing that something has changed.

use std::{path::Path, sync::OnceLock};

use event_listener::{Event, EventListener};

/// Hears that something has changed: in this process at once, in others by the byte that each
/// step reads from the guard file.
pub(crate) struct Bell {
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nothing to watch it with"))]
    guard: std::path::PathBuf,
    rung: Event,
    /// Made when somebody first waits. None where the system has nothing to watch files with, or
    /// no more of it.
    watch: OnceLock<Option<watch::Watch>>,
}

impl Bell {
    pub(crate) fn new(guard: &Path) -> Self {
        Self { guard: guard.to_owned(), rung: Event::new(), watch: OnceLock::new() }
    }

    /// Tells those who wait in this process.
    pub(crate) fn ring(&self) {
        self.rung.notify(usize::MAX);
    }

    /// What hears every ring from now on, wherever it comes from.
    pub(crate) fn listen(&self) -> (EventListener, Option<&watch::Watch>) {
        let watch = self.watch.get_or_init(|| {
            let watch = watch::Watch::of(&self.guard);
            watch.inspect_err(|error| tracing::debug!(%error, "changes are found by looking")).ok()
        });
        (self.rung.listen(), watch.as_ref())
    }
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bell").finish_non_exhaustive()
    }
}

#[cfg(target_os = "linux")]
pub(crate) mod watch {
    //! The kernel's own bell.

    use std::{io, mem::MaybeUninit, path::Path};

    use async_io::Async;
    use rustix::{
        fd::OwnedFd,
        fs::inotify::{self, CreateFlags, Reader, WatchFlags},
    };

    pub(crate) struct Watch(Async<OwnedFd>);

    impl Watch {
        pub(crate) fn of(file: &Path) -> io::Result<Self> {
            let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
            inotify::add_watch(&fd, file, WatchFlags::ACCESS)?;
            Async::new_nonblocking(fd).map(Self)
        }

        /// Waits for the next ring, and takes it in with all that came with it.
        pub(crate) async fn heard(&self) -> io::Result<()> {
            self.0.readable().await?;
            let mut buffer = [MaybeUninit::uninit(); 1024];
            let mut events = Reader::new(self.0.get_ref(), &mut buffer);
            // Another waiter of this process may have taken them in already.
            while events.next().is_ok() {}
            Ok(())
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) mod watch {
    //! Nothing to watch files with: whoever waits looks from time to time.

    use std::{io, path::Path};

    pub(crate) struct Watch;

    impl Watch {
        pub(crate) fn of(_file: &Path) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(crate) async fn heard(&self) -> io::Result<()> {
            std::future::pending().await
        }
    }
}
