//! Sending a command, and once more if its reply was lost.

use super::LockManager;
use crate::{Action, BackendError, Command, Decision, ErrorKind, Outcome, View, decide};

impl LockManager {
    /// Carries out `action`. A lost reply is settled by a second try under the same nonce.
    ///
    /// # Errors
    /// Whatever the backend says; [`ErrorKind::Unknown`] only after the second try.
    pub async fn execute(&self, action: impl Into<Action>) -> Result<Outcome, BackendError> {
        self.settle(&Command::new(action)).await
    }

    pub(super) async fn settle(&self, command: &Command) -> Result<Outcome, BackendError> {
        if speaks_for_nobody(&command.action) {
            return Err(BackendError::new(ErrorKind::Invalid, "a stranger cannot hold locks"));
        }
        match self.backend.execute(command).await {
            Err(error) if error.kind() == ErrorKind::Unknown => {
                tracing::debug!(%error, "the reply was lost; asking again under the same nonce");
                self.backend.execute(&command.again()).await.map_err(still_unknown)
            }
            answered => answered,
        }
    }

    /// What `action` would come to if it were carried out now. Changes nothing.
    pub(super) async fn foresee(
        &self,
        action: impl Into<Action>,
    ) -> Result<(Decision, View), BackendError> {
        let command = Command::new(action);
        let mut scope = command.scope();
        loop {
            let view = self.backend.view(&scope).await?;
            match decide(&command, &view) {
                Ok(decision) => return Ok((decision, view)),
                Err(wider) => scope = wider,
            }
        }
    }
}

/// Whether it would make, keep or free a lock that belongs to no agent.
fn speaks_for_nobody(action: &Action) -> bool {
    match action {
        Action::Acquire(acquire) => acquire.agent.is_nobody(),
        Action::Refresh(refresh) => refresh.agent.is_nobody(),
        Action::Release(release) => release.agent.is_nobody(),
        Action::Break(_)
        | Action::Cleanup(_)
        | Action::Renew(_)
        | Action::Leave(_)
        | Action::Note(_) => false,
    }
}

/// Whatever keeps the second try from an answer, the first may have been carried out.
fn still_unknown(error: BackendError) -> BackendError {
    BackendError::new(ErrorKind::Unknown, "the first reply was lost, and so was the second")
        .with_source(error)
}
