//! What SQLite's and the system's errors mean for whoever asked.

use std::{fmt::Display, io};

use lock_core::{BackendError, ErrorKind};
use rusqlite::ErrorCode;

/// Why a step did not come to an end.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Somebody else has the file just now; nothing happened, and trying again may help.
    Busy,
    /// Trying again does not help.
    Final(BackendError),
}

pub(crate) type Step<T> = Result<T, Fault>;

impl From<BackendError> for Fault {
    fn from(error: BackendError) -> Self {
        Self::Final(error)
    }
}

/// Says what was being done when it went wrong.
pub(crate) trait Doing<T> {
    /// Nothing was committed: the error is that of a statement inside a transaction.
    fn doing(self, what: impl Display) -> Step<T>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, what: impl Display) -> Step<T> {
        self.map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::Busy,
            code => BackendError::new(kind(code), what.to_string()).with_source(error).into(),
        })
    }
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl Display) -> Step<T> {
        self.map_err(|error| {
            BackendError::new(io_kind(&error), what.to_string()).with_source(error).into()
        })
    }
}

/// The kind of an error that left nothing behind.
fn kind(code: Option<ErrorCode>) -> ErrorKind {
    match code {
        Some(ErrorCode::DiskFull) => ErrorKind::Full,
        Some(
            ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::AuthorizationForStatementDenied,
        ) => ErrorKind::Denied,
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted
            | ErrorCode::FileLockingProtocolFailed,
        ) => ErrorKind::Unavailable,
        Some(ErrorCode::TooBig) => ErrorKind::Invalid,
        // A file that is no database, a page that makes no sense, a table or a column that is not
        // there, a value of another type: the file is not what this crate wrote.
        _ => ErrorKind::Corrupt,
    }
}

fn io_kind(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::Denied,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::Full,
        io::ErrorKind::Unsupported => ErrorKind::Unsupported,
        _ => ErrorKind::Unavailable,
    }
}

/// What an error of `COMMIT` itself means.
///
/// A full disk stops it before its last frame is whole, and a busy one before it began. After any
/// other error the last frame may be in the log already, where whoever opens the file next finds
/// it: only the nonce can tell.
pub(crate) fn of_commit(error: rusqlite::Error) -> Fault {
    const DOING: &str = "committing";
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::Busy,
        Some(ErrorCode::DiskFull) => {
            BackendError::new(ErrorKind::Full, DOING).with_source(error).into()
        }
        _ => BackendError::new(ErrorKind::Unknown, DOING).with_source(error).into(),
    }
}

/// The file is not what this crate wrote.
pub(crate) fn corrupt(context: impl Into<String>) -> Fault {
    BackendError::new(ErrorKind::Corrupt, context).into()
}

impl Fault {
    /// The error, where nobody waits.
    pub(crate) fn unwaited(self) -> BackendError {
        match self {
            Self::Busy => BackendError::new(ErrorKind::Unavailable, "the file is busy"),
            Self::Final(error) => error,
        }
    }
}
