//! Why there is no root, or an argument names nothing in it.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use super::show::{show, show_path};
use crate::pattern::PatternError;

/// Why there is no root, or an argument names nothing in it.
///
/// One line each; nothing in it is a raw control character.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// Nothing says what the root is.
    #[error("not in a git work tree, and no `lockctl.toml` or `.agent_locks` here or above")]
    NoRoot,
    /// The root would be something else than a directory.
    #[error("the root {} is not a directory", show_path(.path))]
    NotADirectory {
        /// What it would be.
        path: PathBuf,
    },
    /// The argument leads out of the root.
    #[error("{} is {}, outside the root {}", show(.argument), show_path(.path), show_path(.root))]
    OutsideRoot {
        /// The argument.
        argument: OsString,
        /// Where it leads.
        path: PathBuf,
        /// The root.
        root: PathBuf,
    },
    /// The argument, or what it leads to, is not UTF-8, and stored names are.
    #[error("{} is not UTF-8", show(.argument))]
    NotUtf8 {
        /// The argument, or the path that it leads to.
        argument: OsString,
    },
    /// Symlinks lead to symlinks without end.
    #[error("{} leads through too many symlinks, most likely in a circle", show_path(.path))]
    LinkLoop {
        /// The symlink at which the search was given up.
        path: PathBuf,
    },
    /// The argument is neither a path nor a glob.
    #[error("{}: {source}", show(.argument))]
    Pattern {
        /// The argument.
        argument: OsString,
        /// What is wrong with it.
        source: PatternError,
    },
    /// The file system refused to say what something is.
    #[error("cannot {action} {}: {source}", show_path(.path))]
    Io {
        /// What was to be done.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// Why it was not.
        source: io::Error,
    },
}

impl RootError {
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }

    pub(super) fn pattern(argument: &str, source: PatternError) -> Self {
        Self::Pattern { argument: argument.into(), source }
    }

    /// The same error, of the whole argument and not only of the directory that it begins with.
    pub(super) fn of(mut self, whole: &str) -> Self {
        if let Self::OutsideRoot { argument, .. } = &mut self {
            *argument = whole.into();
        }
        self
    }

    /// Whether the argument is only beyond a limit, and not malformed.
    ///
    /// ```
    /// use lock_core::root::{Reading, Root};
    ///
    /// let dir = std::env::temp_dir();
    /// let root = Root::at(&dir).unwrap();
    /// let error = |argument: &str| root.pattern(argument.as_ref(), &dir, Reading::Auto).unwrap_err();
    /// assert!(error(&"a".repeat(5000)).is_limit());
    /// assert!(!error("[a").is_limit());
    /// ```
    pub fn is_limit(&self) -> bool {
        matches!(self, Self::Pattern { source, .. } if source.is_limit())
    }
}
