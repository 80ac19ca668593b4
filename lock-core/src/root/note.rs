//! What to tell a person about a reading.

use std::fmt;

use super::show::show;

/// How an argument was read, when that was not plain. Displays as one line.
///
/// ```
/// use lock_core::root::{Note, Reading, Root};
///
/// let top = tempfile::tempdir().unwrap();
/// std::fs::create_dir(top.path().join("src")).unwrap();
/// let root = Root::at(top.path()).unwrap();
/// let note = root.pattern("src".as_ref(), root.path(), Reading::Auto).unwrap().note.unwrap();
/// assert!(matches!(note, Note::Directory { .. }));
/// assert_eq!(note.to_string(), "`src` is a directory: taken with everything below it");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// It reads as a glob, too, but is the name of something that exists.
    Literal {
        /// The argument.
        argument: String,
        /// Whether a directory has that name.
        directory: bool,
    },
    /// It is the name of a directory, and not written like one.
    Directory {
        /// The argument.
        argument: String,
    },
    /// It is the name of a directory, but nothing below that directory was to be taken.
    OnlyItself {
        /// The argument.
        argument: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal { argument, directory: false } => {
                write!(f, "{} exists: taken literally, not as a glob", show(argument))
            }
            Self::Literal { argument, directory: true } => write!(
                f,
                "{} is a directory: taken literally, not as a glob, with everything below it",
                show(argument)
            ),
            Self::Directory { argument } => {
                write!(f, "{} is a directory: taken with everything below it", show(argument))
            }
            Self::OnlyItself { argument } => write!(
                f,
                "{} is a directory, but nothing below it is taken: a `/` at its end does that",
                show(argument)
            ),
        }
    }
}
