//! A request that was not granted at once.

use serde::{Deserialize, Serialize};

use crate::{Action, Answer, Blocker, Command, Outcome, Pattern, Refusal, Timestamp, Version};

/// One request that was not granted at once.
///
/// To execute it takes no step and changes no record: a store counts it if that is cheap, and
/// loses it otherwise. A store that knows nothing of it loses it of its own accord, because
/// [`decide`](crate::decide) makes no changes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What became of the request.
    #[serde(rename = "noted")]
    pub what: Noted,
    /// The patterns that stood in its way, at most [`Note::HOT`] of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hot: Vec<Pattern>,
}

/// What became of a request that was not granted at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noted {
    /// It was refused.
    Conflict,
    /// It stood in line, or would have, and its time was up.
    Timeout,
    /// It was refused, because its wait would never have ended.
    Deadlock,
    /// It stands in line. What becomes of it is noted later, without patterns.
    Wait,
}

impl Note {
    /// How many patterns a note names at most: one request may meet a hundred thousand locks.
    pub const HOT: usize = 4;

    /// The request that met `refusal`: the patterns held, or, where somebody is only ahead in
    /// line, the pattern asked for.
    pub(crate) fn of(what: Noted, refusal: &Refusal) -> Self {
        let mut hot: Vec<Pattern> = Vec::new();
        for conflict in &refusal.conflicts {
            let pattern = match &conflict.blocker {
                Blocker::Held(lock) => &lock.pattern,
                Blocker::Waiting { .. } => &conflict.requested,
            };
            if hot.len() < Self::HOT && !hot.contains(pattern) {
                hot.push(pattern.clone());
            }
        }
        Self { what, hot }
    }

    /// The note that `command` is, if it is one: for stores that take it aside.
    pub fn in_command(command: &Command) -> Option<&Self> {
        match &command.action {
            Action::Note(note) => Some(note),
            _ => None,
        }
    }

    /// The outcome of a note, counted or lost. It tells of no version and no time.
    pub fn outcome() -> Outcome {
        let (version, now) = (Version::default(), Timestamp::default());
        Outcome { version, changed: false, now, answer: Answer::Noted }
    }
}
