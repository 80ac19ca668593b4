//! What to do when others were faster.

use std::time::{Duration, Instant};

use lock_core::{BackendError, Change, Decision, ErrorKind, Timestamp};

use crate::seen::Seen;

/// How long to try again when others are always faster. Each failure is another's success, so this
/// is not a store that does not answer: a crowd that comes at once takes its time.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a step that moves within the line, or out of it, tries again at once.
const TRIES: u32 = 10;

/// Whether a step takes turns with others, and whose it is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Turn {
    /// It is given one if it loses a race.
    #[default]
    Lost,
    /// It stands in line already, and should not have to stand in another: it tries again at once.
    InLine,
    /// It comes into line, and may have been given a turn that began then.
    Comes(Option<Timestamp>),
}

impl Turn {
    /// As the script takes it: the time at which it began, or a number that is none.
    #[allow(clippy::cast_precision_loss, reason = "times are below 2^53")]
    pub(crate) fn number(self) -> f64 {
        match self {
            Self::Lost => -1.0,
            Self::InLine => -2.0,
            Self::Comes(begun) => begun.map_or(0.0, |begun| begun.as_micros() as f64),
        }
    }
}

/// The races of one step. Whoever loses one is given a turn by the script, first come, first
/// served: a moment at which the others who have lost will not try. So is whoever comes into line while
/// turns are given out.
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

    /// Whose turn it is when this is to be committed.
    pub(crate) fn turn(&self, decision: &Decision) -> Turn {
        let turn = |change: &Change| match change {
            Change::Enqueue { .. } => Some(Turn::Comes(self.turn)),
            // A hundred who may all go at once take turns after all.
            Change::Renew { .. } | Change::Leave { .. } if self.lost < TRIES => Some(Turn::InLine),
            _ => None,
        };
        decision.changes().iter().find_map(turn).unwrap_or_default()
    }

    /// Nothing was committed: what was `seen` is not so any more, or it is the turn of others. Waits for
    /// the turn that the script gave with what there is `now`; says whether it has, so that what there was is old.
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
