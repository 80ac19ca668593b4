//! Everything that can keep a command from an answer.

use std::{io, path::Path};

use lock_core::{
    BackendError, Error, InvalidAgent, InvalidDuration, InvalidReason, root::RootError,
};

use crate::escape::Shown;

/// Why a command has no answer. [`crate::exit`] says what each one means to a script.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line makes no sense.
    Usage { message: String, hint: String },
    /// Something is larger, longer or more than it may be.
    Limit { message: String },
    /// An agent was needed, and nothing names one.
    NoAgent,
    /// A store would be made, and nothing says where the work tree begins.
    NoRoot,
    /// `lockctl.toml` cannot be read, or says something that it cannot.
    Config { message: String, hint: String },
    /// An argument names nothing inside the root.
    Root(RootError),
    /// An agent's name is none.
    Agent { from: &'static str, error: InvalidAgent },
    /// A length of time is none.
    Duration { from: String, error: InvalidDuration },
    /// A lease is too short to be kept alive while a command runs.
    ShortLease { from: String },
    /// A command could not be started.
    NotStarted { program: String, error: io::Error },
    /// A reason is too long.
    Reason(InvalidReason),
    /// What lock-core says.
    Core(Error),
    /// The answer could not be written.
    Output(io::Error),
    /// A part of lockctl broke a promise to another.
    Bug(String),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: hint.into() }
    }

    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::Limit { message: message.into() }
    }

    pub(crate) fn config(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Config { message: message.into(), hint: hint.into() }
    }

    /// The file at `path` could not be read or written.
    pub(crate) fn file(path: &Path, what: &str, error: &io::Error) -> Self {
        let path = path.to_string_lossy();
        Self::usage(format!("cannot {what} {}: {error}", Shown(&path)), "check the path")
    }

    /// The backend answered a question that nobody asked.
    pub(crate) fn unfitting(answer: &lock_core::Answer) -> Self {
        Self::Bug(format!("the backend gave an answer of the wrong kind: {answer:?}"))
    }
}

impl From<RootError> for Failure {
    fn from(error: RootError) -> Self {
        Self::Root(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<BackendError> for Failure {
    fn from(error: BackendError) -> Self {
        Self::Core(error.into())
    }
}

impl From<InvalidReason> for Failure {
    fn from(error: InvalidReason) -> Self {
        Self::Reason(error)
    }
}
