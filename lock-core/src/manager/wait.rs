//! Standing in line.

use std::time::{Duration, Instant};

use super::{Error, Grant, Leases, LockManager, acquire::unfitting};
use crate::{
    Action, Answer, Blocker, Command, Leave, Nonce, Outcome, RecordId, Refusal, Timestamp,
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
    ) -> Result<Grant, Error> {
        let place = match &command.action {
            Action::Acquire(acquire) => acquire.wait,
            _ => None,
        };
        // A wait "without limit" may be longer than an instant can tell.
        let deadline = Instant::now().checked_add(limit);
        loop {
            let Outcome { version, now, answer, .. } = self.settle(&command).await?;
            let refusal = match answer {
                Answer::Granted(granted) => return Ok(Grant::Held(Leases { granted })),
                Answer::Deadlock { cycle, refusal } => {
                    return Ok(Grant::Deadlock { cycle, refusal });
                }
                Answer::Waiting { refusal, .. } => refusal,
                other => return Err(unfitting(&other).into()),
            };
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                self.leave(place).await?;
                return Ok(Grant::TimedOut(refusal));
            }
            let pause = POLL.min(earliest_end(&refusal, now)).min(left.unwrap_or(POLL));
            self.backend.changed(version, pause).await?;
            // Each look is a command of its own; the place in line is what stays.
            command = Command { nonce: Nonce::random(), ..command };
        }
    }

    async fn leave(&self, place: Option<RecordId>) -> Result<(), Error> {
        if let Some(waiter) = place {
            self.execute(Leave { waiter }).await?;
        }
        Ok(())
    }
}

/// How long until the first of the locks in the way runs out.
fn earliest_end(refusal: &Refusal, now: Timestamp) -> Duration {
    let ends = refusal.conflicts.iter().filter_map(|conflict| match &conflict.blocker {
        Blocker::Held(lock) => Some(lock.expires_at.since(now)),
        Blocker::Waiting { waiter, .. } => Some(waiter.expires_at.since(now)),
    });
    // At least a moment: an expiry that lies exactly at `now` must not spin.
    ends.min().unwrap_or(POLL).max(Duration::from_millis(1))
}
