//! Noting that a request was not granted at once.

use std::{
    future::Future as _,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::LockManager;
use crate::{Command, Note, Noted, Refusal, keeper};

impl LockManager {
    /// Notes what became of a request, and what stood in its way. It may not slow the request, and
    /// much less fail it: what a store does not count at once, it goes on with in the background,
    /// or not at all.
    pub(super) fn note(&self, what: Noted, refusal: Option<&Refusal>) {
        let note = refusal.map_or(Note { what, hot: Vec::new() }, |met| Note::of(what, met));
        let (backend, pending) = (Arc::clone(&self.backend), self.pending());
        let mut counting = Box::pin(async move {
            let noted = backend.execute(&Command::new(crate::Action::Note(note))).await;
            if let Err(error) = noted {
                tracing::debug!(%error, "a refusal is not counted");
            }
            drop(pending);
        });
        let now = pin!(&mut counting).poll(&mut Context::from_waker(Waker::noop()));
        if now == Poll::Pending {
            keeper::spawn(counting);
        }
    }
}
