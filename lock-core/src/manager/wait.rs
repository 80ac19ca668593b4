//! Standing in line.

use std::time::{Duration, Instant};

use super::{
    AcquireRequest, Error, Grant, InLine, Leases, LockManager, acquire::unfitting,
    in_line::Listener,
};
use crate::{
    Action, Answer, Blocker, Command, Leave, Nonce, Noted, Outcome, RecordId, Refusal, Timestamp,
    host::Moment, keeper,
};

/// A waiter looks again at least this often, whatever it was told or not told.
const POLL: Duration = Duration::from_secs(1);

impl LockManager {
    /// Asks again whenever something may have changed, keeping its place, until it is granted or
    /// `limit` is over.
    pub(super) async fn wait_in_line(
        &self,
        mut command: Command,
        limit: Duration,
        mut listener: Option<Listener>,
    ) -> Result<(Grant, Moment), Error> {
        let place = match &command.action {
            Action::Acquire(acquire) => acquire.wait.as_ref().map(|place| place.name),
            _ => None,
        };
        // A wait "without limit" may be longer than an instant can tell.
        let deadline = Instant::now().checked_add(limit);
        let mut place = Standing { manager: self, waiter: place };
        let mut stands = false;
        loop {
            let sent = Moment::now();
            let Outcome { version, now, answer, .. } = self.settle(&command).await?;
            let refusal = match answer {
                Answer::Granted(granted) => {
                    place.waiter = None;
                    return Ok((Grant::Held(Leases { granted }), sent));
                }
                Answer::Deadlock { cycle, refusal } => {
                    place.waiter = None;
                    self.note(Noted::Deadlock, (!stands).then_some(&refusal));
                    return Ok((Grant::Deadlock { cycle, refusal }, sent));
                }
                Answer::Waiting { position, refusal, .. } => {
                    let line = InLine { position, refusal, now };
                    if let Some(listener) = &mut listener {
                        listener.tell(&line);
                    }
                    line.refusal
                }
                other => return Err(unfitting(&other).into()),
            };
            if !stands {
                self.note(Noted::Wait, Some(&refusal));
                stands = true;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                place.leave().await?;
                self.note(Noted::Timeout, None);
                return Ok((Grant::TimedOut(refusal), sent));
            }
            let pause = POLL.min(earliest_end(&refusal, now)).min(left.unwrap_or(POLL));
            self.backend.changed(version, pause).await?;
            // Each look is a command of its own; the place in line is what stays.
            command = Command { nonce: Nonce::random(), ..command };
        }
    }

    /// Waits until `request` would be granted, for as long as it is willing to
    /// [wait](super::AcquireRequest::wait), and says what still stands against it then; nothing
    /// if it would be granted. Takes no lock and no place in line: others may be quicker.
    ///
    /// # Errors
    /// As for the request.
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// assert!(locks.wait_until_free(locks.acquire("a.rs")).await?.is_empty());
    /// assert!(locks.who_has("a.rs").await?.locks.is_empty());
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub async fn wait_until_free(&self, request: AcquireRequest) -> Result<Refusal, Error> {
        let (action, limit) = (request.parts?, request.wait.unwrap_or_default());
        let deadline = Instant::now().checked_add(limit);
        loop {
            let (decision, view) = self.foresee(action.clone()).await?;
            let refusal = match decision.outcome(view.now, view.version).answer {
                Answer::Refused(refusal) => refusal,
                _ => return Ok(Refusal::default()),
            };
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(refusal);
            }
            let pause = POLL.min(earliest_end(&refusal, view.now)).min(left.unwrap_or(POLL));
            self.backend.changed(view.version, pause).await?;
        }
    }
}

/// A place in line, left when it is dropped: whoever stops waiting must not hold up the others.
struct Standing<'a> {
    manager: &'a LockManager,
    waiter: Option<RecordId>,
}

impl Standing<'_> {
    async fn leave(mut self) -> Result<(), Error> {
        if let Some(waiter) = self.waiter {
            self.manager.execute(Leave { waiter }).await?;
            self.waiter = None;
        }
        Ok(())
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter {
            let (manager, pending) = (self.manager.clone(), self.manager.pending());
            keeper::spawn(async move {
                if let Err(error) = manager.execute(Leave { waiter }).await {
                    tracing::warn!(%error, "a place in line ends only with its lease");
                }
                drop(pending);
            });
        }
    }
}

/// How long until the first of the locks in the way runs out.
fn earliest_end(refusal: &Refusal, now: Timestamp) -> Duration {
    let ends = refusal.conflicts.iter().map(|conflict| match &conflict.blocker {
        Blocker::Held(lock) => lock.expires_at.since(now),
        Blocker::Waiting { waiter, .. } => waiter.expires_at.since(now),
    });
    // At least a moment: an expiry that lies exactly at `now` must not spin.
    ends.min().unwrap_or(POLL).max(Duration::from_millis(1))
}
