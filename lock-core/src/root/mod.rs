//! The directory that names are against, and what an argument names in it.
//!
//! The one room here that touches the file system: patterns are only text, and one file has many
//! names. [`Root::pattern`] turns what a person types into the one name that everybody else's
//! argument for the same file comes to, too.
//!
//! ```
//! use lock_core::root::{Reading, Root};
//! use std::fs;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let top = tempfile::tempdir()?;
//! fs::create_dir(top.path().join("src"))?;
//! fs::write(top.path().join("src/[id].tsx"), "")?;
//!
//! let root = Root::at(top.path())?;
//! let sub = root.path().join("src");
//! let name = |argument: &str| root.pattern(argument.as_ref(), &sub, Reading::Auto);
//!
//! assert_eq!(name("new.rs")?.pattern.as_str(), "src/new.rs");
//! assert_eq!(name("../src/*.rs")?.pattern.as_str(), "src/*.rs");
//! assert_eq!(name("[id].tsx")?.pattern.as_str(), r"src/\[id\].tsx");
//! assert_eq!(name(".")?.pattern.as_str(), "src/");
//! assert!(name("../../elsewhere").is_err());
//! # Ok(())
//! # }
//! ```

mod argument;
mod discover;
mod disk;
mod error;
mod git;
mod note;
mod place;
mod read;
mod readings;
mod show;
mod spelling;
mod typed;
mod walk;

use std::path::{Path, PathBuf};

pub use error::RootError;
pub use note::Note;

use crate::Pattern;

/// The top directory of a namespace: what stored names are relative to.
///
/// Its path is absolute and has no symlink in it, so that it is the same text for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    path: PathBuf,
    origin: Origin,
}

/// What made a directory the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// Somebody said so.
    Explicit,
    /// It is the top of a git work tree.
    Git,
    /// It is the outermost directory with a `lockctl.toml`.
    Config,
    /// It is the outermost directory with a store.
    Store,
}

/// How to read an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reading {
    /// By what exists: an existing directory is that directory and everything below it, an
    /// existing file is that file whatever characters are in its name, and the rest is a glob.
    #[default]
    Auto,
    /// As a path without special characters, whatever exists.
    Literal,
    /// As a glob, whatever exists.
    Glob,
}

/// What an argument names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The one name of it.
    pub pattern: Pattern,
    /// What to tell a person about how the argument was read, when that was not plain.
    pub note: Option<Note>,
}

impl Root {
    /// Where the configuration of a namespace is.
    pub const CONFIG: &str = "lockctl.toml";
    /// Where a namespace's store is, unless told otherwise.
    pub const STORE: &str = ".agent_locks";

    /// The directory `dir` as root, whatever is in it.
    ///
    /// # Errors
    /// [`RootError::Io`] when it cannot be looked up, [`RootError::NotADirectory`] when it is
    /// something else.
    ///
    /// ```
    /// use lock_core::root::{Origin, Root};
    ///
    /// let dir = tempfile::tempdir().unwrap();
    /// let root = Root::at(dir.path()).unwrap();
    /// assert_eq!(root.path(), dir.path().canonicalize().unwrap());
    /// assert_eq!(root.origin(), Origin::Explicit);
    /// ```
    pub fn at(dir: &Path) -> Result<Self, RootError> {
        let path = dir.canonicalize().map_err(|error| RootError::io("look up", dir, error))?;
        if !path.is_dir() {
            return Err(RootError::NotADirectory { path });
        }
        Ok(Self { path, origin: Origin::Explicit })
    }

    /// The directory: absolute, and without symlinks.
    ///
    /// ```
    /// let root = lock_core::root::Root::at(std::env::temp_dir().as_path()).unwrap();
    /// assert!(root.path().is_absolute());
    /// ```
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What made it the root.
    ///
    /// ```
    /// use lock_core::root::{Origin, Root};
    ///
    /// let dir = std::env::temp_dir();
    /// assert_eq!(Root::at(&dir).unwrap().origin(), Origin::Explicit);
    /// ```
    pub fn origin(&self) -> Origin {
        self.origin
    }
}
