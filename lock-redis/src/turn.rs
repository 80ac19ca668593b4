//! What to do when others were faster.

use std::time::{Duration, Instant};

use lock_core::{BackendError, ErrorKind, Timestamp};

use crate::seen::Seen;

/// How long to try again when others are always faster. Each failure is another's success, so this
/// is not a store that does not answer: a crowd that comes at once takes its time.
const PATIENCE: Duration = Duration::from_secs(30);

/// The races of one step. Whoever loses one is given a turn by the script, first come, first
/// served: a moment at which the others who have lost will not try.
#[derive(Debug)]
pub(crate) struct Races {
    begun: Instant,
    lost: u32,
    /// When the last turn began that it was given, by the server's clock.
    turn: Option<Timestamp>,
}

impl Races {
    pub(crate) fn new() -> Self {
        Self { begun: Instant::now(), lost: 0, turn: None }
    }

    /// When the last turn began that it was given.
    pub(crate) fn turn(&self) -> Option<Timestamp> {
        self.turn
    }

    /// A commit found something else than was `seen`. Waits for the turn that the script gave with
    /// what there is `now`; says whether it has, so that what there was is old.
    ///
    /// # Errors
    /// That it has been too often.
    pub(crate) async fn lost(
        &mut self,
        seen: &Seen,
        now: &Seen,
        store: &impl std::fmt::Display,
    ) -> Result<bool, BackendError> {
        self.lost += u32::from(!seen.predicted);
        if self.begun.elapsed() > PATIENCE {
            let what = format!("{store}: others were faster {} times", self.lost);
            return Err(BackendError::new(ErrorKind::Unavailable, what));
        }
        if now.turn.is_zero() {
            return Ok(false);
        }
        tokio::time::sleep(now.turn).await;
        self.turn = Some(now.view.now + now.turn);
        Ok(true)
    }
}
