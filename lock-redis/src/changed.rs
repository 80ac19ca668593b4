//! Hearing of changes: one listener for all waiters of a backend, and a look now and then.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lock_core::{BackendError, Version};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use crate::{
    heard::{Heard, tell},
    listen::listen,
    runtime::Runtime,
    store::Store,
};

/// How often one of those who wait looks when it would not.
const POLL_DEAF: Duration = Duration::from_millis(200);

/// The listener, and what it has heard.
pub(crate) struct Bell {
    heard: watch::Sender<Heard>,
    /// Tells a listener that rests that somebody waits again.
    wake: Arc<Notify>,
    listener: Mutex<Option<JoinHandle<()>>>,
    /// When one of those who wait looked last, for all of them.
    looked: Mutex<Option<Instant>>,
    wanted: bool,
}

impl Bell {
    pub(crate) fn new(wanted: bool) -> Self {
        Self {
            heard: watch::Sender::default(),
            wake: Arc::default(),
            listener: Mutex::default(),
            looked: Mutex::default(),
            wanted,
        }
    }

    /// See [`LockBackend::changed`](lock_core::LockBackend::changed).
    pub(crate) async fn changed(
        &self,
        store: &Arc<Store>,
        runtime: &Runtime,
        seen: Version,
        limit: Duration,
    ) -> Result<Version, BackendError> {
        self.listen(store, runtime);
        let mut heard = self.heard.subscribe();
        let end = Instant::now() + limit.min(Duration::from_secs(1 << 30));
        // A version that was seen while the listener was there cannot have been missed.
        let Heard { since, mut reset, .. } = *heard.borrow();
        let mut look = since.is_none_or(|since| since > seen.get());
        loop {
            let told = *heard.borrow_and_update();
            // The listener looks for all who wait here. Without one, one of them does; the others are told.
            let deaf = told.since.is_none();
            let turn = deaf && self.is_to_look(POLL_DEAF);
            if told.latest > seen.get() && !turn && !look {
                return Ok(Version::new(told.latest));
            }
            if turn || look || told.reset != reset {
                let version = store.version().await?;
                tell(&self.heard, version, told);
                if version != seen {
                    return Ok(version);
                }
                (look, reset) = (false, told.reset);
            }
            if Instant::now() >= end {
                return Ok(seen);
            }
            if deaf {
                // Only now: in a line where something happens all the time nobody needs to be told of it.
                self.wake.notify_one();
            }
            let until = if deaf { end.min(Instant::now() + POLL_DEAF) } else { end };
            let _ = timeout_at(until, heard.changed()).await;
        }
    }

    /// Whether nobody has looked for as long as `pause`; then it is the caller's turn.
    fn is_to_look(&self, pause: Duration) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let turn = looked.is_none_or(|looked| looked + pause <= now);
        if turn {
            *looked = Some(now);
        }
        turn
    }

    /// Lets somebody listen, unless somebody does.
    fn listen(&self, store: &Arc<Store>, runtime: &Runtime) {
        if !self.wanted {
            return;
        }
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        // The runtime of an earlier caller may be gone, and its tasks with it.
        if listener.as_ref().is_none_or(JoinHandle::is_finished) {
            let listen = listen(Arc::clone(store), self.heard.clone(), Arc::clone(&self.wake));
            let here = tokio::runtime::Handle::try_current();
            *listener = Some(here.as_ref().unwrap_or(runtime.handle()).spawn(listen));
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        let listener = self.listener.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(listener) = listener.take() {
            listener.abort();
        }
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bell").field("heard", &*self.heard.borrow()).finish_non_exhaustive()
    }
}
