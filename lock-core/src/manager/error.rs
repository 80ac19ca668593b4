//! Why there was no answer.

use crate::{BackendError, InvalidAgent, InvalidDuration, InvalidReason, pattern::PatternError};

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was to be locked is no pattern.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// The agent has no proper name.
    #[error(transparent)]
    Agent(#[from] InvalidAgent),
    /// The reason is too long.
    #[error(transparent)]
    Reason(#[from] InvalidReason),
    /// The lease is too short or too long.
    #[error(transparent)]
    Duration(#[from] InvalidDuration),
    /// A request names no pattern, or more than [`Error::MAX_PATTERNS`].
    #[error("a request names 1 to 1000 patterns, not {0}")]
    PatternCount(usize),
    /// It was asked for as an error that something is not granted.
    #[error(transparent)]
    NotGranted(#[from] super::NotGranted),
    /// The store could not answer.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

impl Error {
    /// How many patterns one request may name.
    pub const MAX_PATTERNS: usize = 1_000;
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}
