//! The trait that a store implements.

use std::{
    fmt::{Debug, Display},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;

use crate::{BackendError, Command, Outcome, Scope, Version, View};

/// One namespace of locks in some store.
///
/// # Contract
/// A backend stores, and does not judge: [`decide`](crate::decide) holds all policy. It never
/// retries, sleeps or cleans up of its own accord, and its reads never write.
///
/// # Atomicity
/// [`execute`](Self::execute) is one linearizable step: the view that `decide` saw, over the
/// *whole* range of its scope, is still true when its changes are committed, and all of them
/// become visible at once or not at all, even when the process is killed in the middle.
///
/// # Cancellation
/// Dropping a future leaves the outcome of its command unknown, as a lost reply does; the step is
/// still whole. The same command, executed again, settles it by its nonce.
///
/// # Errors
/// [`ErrorKind::Unknown`](crate::ErrorKind::Unknown) if the step may have been committed; every
/// other kind promises that nothing happened.
///
/// `Display` names the store for people, `Debug` for developers; neither shows a password.
#[async_trait]
pub trait LockBackend: Debug + Display + Send + Sync + 'static {
    /// Runs `command` as one linearizable step of this namespace.
    ///
    /// The loop is always the same: load the command's [`scope`](Command::scope) as a view,
    /// [`decide`](crate::decide), widen the scope and start again if it asks for that, and commit.
    async fn execute(&self, command: &Command) -> Result<Outcome, BackendError>;

    /// The records in `scope` and the store's clock, as of one instant. Changes nothing.
    async fn view(&self, scope: &Scope) -> Result<View, BackendError>;

    /// Returns at once if the version is no longer `seen`, else when it may have changed, at the
    /// latest after `limit`. It may miss a step that is not [audible](crate::Decision::is_audible).
    async fn changed(&self, seen: Version, limit: Duration) -> Result<Version, BackendError>;
}

/// A shared backend is that backend.
#[async_trait]
impl<B: LockBackend + ?Sized> LockBackend for Arc<B> {
    async fn execute(&self, command: &Command) -> Result<Outcome, BackendError> {
        (**self).execute(command).await
    }

    async fn view(&self, scope: &Scope) -> Result<View, BackendError> {
        (**self).view(scope).await
    }

    async fn changed(&self, seen: Version, limit: Duration) -> Result<Version, BackendError> {
        (**self).changed(seen, limit).await
    }
}
