//! What can go wrong in a store.

use std::{error::Error, fmt};

/// Why a store could not answer.
///
/// A conflict is an answer, not an error. An error never means "free" and never "granted".
///
/// ```
/// use lock_core::{BackendError, ErrorKind};
///
/// let error = BackendError::new(ErrorKind::Full, "writing the lock of a.rs");
/// assert_eq!(error.kind(), ErrorKind::Full);
/// assert_eq!(error.to_string(), "the store is full: writing the lock of a.rs");
/// ```
#[derive(Debug)]
pub struct BackendError {
    kind: ErrorKind,
    context: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What kind of trouble it is: what a caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The store could not be reached, or did not answer in time. Nothing happened.
    Unavailable,
    /// The store may or may not have carried out the command. A retry with the same nonce finds
    /// out.
    Unknown,
    /// The store refused: permissions, a password, a foreign owner. Nothing happened.
    Denied,
    /// The store has no room left. Nothing happened.
    Full,
    /// The store, or its format, is not what it should be. Nothing happened.
    Corrupt,
    /// The store cannot do this, here or at all. Nothing happened.
    Unsupported,
    /// The command or the store's URL makes no sense. Nothing happened.
    Invalid,
}

impl ErrorKind {
    fn headline(self) -> &'static str {
        match self {
            Self::Unavailable => "the store is unavailable",
            Self::Unknown => "the outcome is unknown",
            Self::Denied => "the store refused",
            Self::Full => "the store is full",
            Self::Corrupt => "the store is damaged",
            Self::Unsupported => "the store cannot do this",
            Self::Invalid => "invalid",
        }
    }
}

impl BackendError {
    /// An error of this kind; `context` says what was being done.
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    /// The same, with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of trouble it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What was being done.
    pub fn context(&self) -> &str {
        &self.context
    }
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.headline(), self.context)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl Error for BackendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
