//! Ctrl-C while waiting.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    thread,
};

use event_listener::Event;
use futures_lite::future;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
    low_level::emulate_default_handler,
};

use crate::{exit::Exit, failure::Failure};

/// Watches for SIGINT and SIGTERM, so that a wait can leave the line first.
///
/// Only a command that waits makes one: its thread and handlers are not free.
#[derive(Debug)]
pub(crate) struct Interrupt {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    signal: AtomicI32,
    came: Event,
}

impl Interrupt {
    /// Begins to watch. The first signal stops the wait; another one ends the process at once.
    pub(crate) fn watch() -> Result<Self, Failure> {
        let failed = |error| Failure::Bug(format!("cannot watch for signals: {error}"));
        let interrupt = Self { shared: Arc::default() };
        let shared = Arc::clone(&interrupt.shared);
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(failed)?;
        let watcher = thread::Builder::new().name("signals".to_owned());
        let watch = move || {
            for signal in signals.forever() {
                if shared.signal.swap(signal, Ordering::SeqCst) != 0 {
                    let _ = emulate_default_handler(signal);
                }
                shared.came.notify(usize::MAX);
            }
        };
        watcher.spawn(watch).map_err(failed)?;
        Ok(interrupt)
    }

    /// What `wait` comes to, or, if a signal comes first, how the process ends; `wait` is dropped
    /// then.
    pub(crate) async fn or<T>(&self, wait: impl Future<Output = T>) -> Result<T, Exit> {
        future::or(async { Ok(wait.await) }, async { Err(self.came().await) }).await
    }

    async fn came(&self) -> Exit {
        loop {
            // Listen before looking: a signal in between would be missed.
            let came = self.shared.came.listen();
            match self.shared.signal.load(Ordering::SeqCst) {
                0 => came.await,
                signal => return Exit::Signal(u8::try_from(signal).unwrap_or(0)),
            }
        }
    }
}
