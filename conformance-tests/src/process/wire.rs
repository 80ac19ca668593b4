//! What a child tells: one line of JSON each.

use serde::{Deserialize, Serialize};

use super::{answer::Told, asked::Question};
use crate::plan::Plan;

/// What a child is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    /// The store.
    pub(super) address: String,
    /// What to do there.
    pub(super) plan: Plan,
}

/// One line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Line {
    /// Connected, and waiting for the start.
    Ready,
    /// A call begins.
    Begin { call: usize, at: u64, asked: Box<Question> },
    /// A call was answered.
    End { call: usize, at: u64, answer: Box<Told> },
    /// All is done; or what went wrong.
    Done(Option<String>),
}
