//! From the system's error numbers to what a caller can do about them.

use std::io;

use lock_core::{BackendError, ErrorKind};
use rustix::io::Errno;

pub(crate) type Result<T> = std::result::Result<T, BackendError>;

/// What kind of trouble `errno` is, when nothing has happened yet.
pub(crate) fn kind_of(errno: Errno) -> ErrorKind {
    match errno {
        Errno::NOSPC | Errno::DQUOT | Errno::FBIG => ErrorKind::Full,
        Errno::ACCESS | Errno::PERM | Errno::ROFS | Errno::LOOP | Errno::BADF => ErrorKind::Denied,
        Errno::NOTDIR | Errno::ISDIR | Errno::NAMETOOLONG | Errno::NOTEMPTY => ErrorKind::Corrupt,
        Errno::NOSYS | Errno::OPNOTSUPP => ErrorKind::Unsupported,
        _ => ErrorKind::Unavailable,
    }
}

/// What went wrong when it may have happened all the same.
pub(crate) fn unknown(errno: Errno, context: String) -> BackendError {
    BackendError::new(ErrorKind::Unknown, context).with_source(io::Error::from(errno))
}

/// Says what was being done when a system call failed.
pub(crate) trait Doing<T> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Doing<T> for std::result::Result<T, Errno> {
    fn doing(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|errno| {
            BackendError::new(kind_of(errno), what()).with_source(io::Error::from(errno))
        })
    }
}
