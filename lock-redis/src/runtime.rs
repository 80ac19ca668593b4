//! Where the connections live.

use std::{
    future::{Future, poll_fn},
    io,
    pin::pin,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

/// A tokio runtime: the caller's, or one of our own on one thread.
///
/// A program without tokio can drive our futures with any executor; what needs a runtime runs on
/// that thread.
#[derive(Debug)]
pub(crate) struct Runtime {
    handle: Handle,
    /// Dropped, it ends our thread, which takes its runtime with it: nobody waits for it, so
    /// neither a drop nor an executor can hang.
    _own: Option<oneshot::Sender<()>>,
}

impl Runtime {
    /// The caller's runtime, or a new one.
    pub(crate) fn here() -> io::Result<Self> {
        if let Ok(handle) = Handle::try_current() {
            return Ok(Self { handle, _own: None });
        }
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let handle = runtime.handle().clone();
        let (own, dropped) = oneshot::channel::<()>();
        std::thread::Builder::new().name("lock-redis".to_owned()).spawn(move || {
            // An error is the news that the sender is gone.
            let _ = runtime.block_on(dropped);
            runtime.shutdown_background();
        })?;
        Ok(Self { handle, _own: Some(own) })
    }

    /// Where to spawn.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Drives `future` with a runtime around it, whoever polls.
    pub(crate) async fn within<F: Future>(&self, future: F) -> F::Output {
        if Handle::try_current().is_ok() {
            return future.await;
        }
        let mut future = pin!(future);
        poll_fn(|context| {
            let _entered = self.handle.enter();
            future.as_mut().poll(context)
        })
        .await
    }
}
