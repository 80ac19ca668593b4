//! A store made to be measured.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{BackendError, LockBackend};

/// A fresh store beside an operator's own, in the same place and of the same kind, and beside it
/// the least that any lock manager would have to do there.
///
/// It is an independent set of locks, and all of it goes with [`remove`](Self::remove).
#[async_trait]
pub trait Specimen: Send + Sync {
    /// The store.
    fn backend(&self) -> Arc<dyn LockBackend>;

    /// Takes and frees one lock on a path without a thought: the bare system calls, statements or
    /// round trips that write the record, the token and the history, and nothing read but the
    /// token.
    ///
    /// # Errors
    /// Whatever stands in the way.
    async fn floor(&mut self) -> Result<(), BackendError>;

    /// Removes all of it.
    ///
    /// # Errors
    /// Whatever stands in the way; then something is left.
    async fn remove(self: Box<Self>) -> Result<(), BackendError>;
}
