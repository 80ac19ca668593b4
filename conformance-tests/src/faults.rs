//! Backends that lose replies.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_lite::future;
use lock_core::{BackendError, Command, ErrorKind, LockBackend, Outcome, Scope, Version, View};

use crate::rng::Rng;

/// A backend whose replies get lost, on the way there or on the way back.
pub(crate) struct Lossy {
    pub(crate) inner: Arc<dyn LockBackend>,
    pub(crate) loss: Loss,
}

pub(crate) enum Loss {
    /// Every reply to a first try, after it was carried out.
    OfFirstReplies,
    /// One in three tries: half of them before, half of them after they were carried out.
    Random(Mutex<Rng>),
    /// The caller gives up after the future was polled so often.
    Polls(u32),
}

impl Loss {
    pub(crate) fn random(seed: u64) -> Self {
        Self::Random(Mutex::new(Rng::new(seed)))
    }
}

#[async_trait]
impl LockBackend for Lossy {
    async fn execute(&self, command: &Command) -> Result<Outcome, BackendError> {
        let reply = match &self.loss {
            Loss::OfFirstReplies => {
                let reply = self.inner.execute(command).await;
                if command.retry { Some(reply) } else { None }
            }
            Loss::Random(rng) => {
                let lot = rng.lock().unwrap_or_else(PoisonError::into_inner).below(6);
                match lot {
                    0 => None,
                    1 => {
                        let _ = self.inner.execute(command).await;
                        None
                    }
                    _ => Some(self.inner.execute(command).await),
                }
            }
            Loss::Polls(_) if command.retry => Some(self.inner.execute(command).await),
            Loss::Polls(count) => {
                let mut call = self.inner.execute(command);
                let mut reply = None;
                for _ in 0..*count {
                    reply = future::poll_once(&mut call).await;
                    if reply.is_some() {
                        break;
                    }
                    future::yield_now().await;
                }
                reply
            }
        };
        reply.unwrap_or_else(|| Err(BackendError::new(ErrorKind::Unknown, "the reply was lost")))
    }

    async fn view(&self, scope: &Scope) -> Result<View, BackendError> {
        self.inner.view(scope).await
    }

    async fn changed(&self, seen: Version, limit: Duration) -> Result<Version, BackendError> {
        self.inner.changed(seen, limit).await
    }
}

impl fmt::Display for Lossy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for Lossy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lossy({:?})", self.inner)
    }
}
