//! What one argument names.

use std::{ffi::OsStr, path::Path};

use unicode_normalization::UnicodeNormalization;

use super::{
    Note, Reading, Resolved, Root, RootError,
    argument::{self, Parted},
    disk::Kind,
    place::Way,
};
use crate::{Pattern, pattern::PatternError};

impl Root {
    /// What `argument` names for somebody who stands in `cwd`.
    ///
    /// A path is walked as the operating system does: from `cwd` or from the top, through every
    /// symlink, the last one too, back over `..`; an absolute one is as good if it leads into the
    /// root. What does not exist yet has a name as well: from there on `..` takes back what is
    /// before it, and letters are as written. What exists has its spelling on disk, where case is
    /// folded; all names are in NFC. So a file has one name, whatever leads to it.
    ///
    /// Of a glob, the directories before its first wildcard are such a path; what follows is
    /// matched against names and not looked up, so that symlinks there mean nothing, and nor do
    /// those in braces. A glob without any wildcard, such as `pages/\[id\].tsx`, is a path.
    ///
    /// A `/`, `.` or `..` at the end means the directory and everything below it, whether it
    /// exists or not; the root itself is `**`.
    ///
    /// Costs two lookups for each segment that exists, and one for the first that does not; in
    /// [`Reading::Auto`] the same again for a glob. Directories are read only where case is
    /// folded, or to find a name beyond ASCII that seems not to exist.
    ///
    /// # Errors
    /// [`RootError::OutsideRoot`] for what leads out of the root, be it through a symlink;
    /// [`RootError::Pattern`] for text that no reading gives a meaning, or beyond a limit;
    /// [`RootError::NotUtf8`], [`RootError::LinkLoop`]; [`RootError::Io`] for what may not be
    /// looked up: its real name is unknown then.
    ///
    /// ```
    /// use lock_core::root::{Reading, Root};
    ///
    /// let top = tempfile::tempdir().unwrap();
    /// let root = Root::at(top.path()).unwrap();
    /// std::fs::create_dir(root.path().join("src")).unwrap();
    /// # #[cfg(unix)]
    /// std::os::unix::fs::symlink("src", root.path().join("lib")).unwrap();
    ///
    /// let name = |argument: &str| {
    ///     let cwd = root.path().join("src");
    ///     root.pattern(argument.as_ref(), &cwd, Reading::Auto).unwrap().pattern
    /// };
    /// assert_eq!(name("a.rs").as_str(), "src/a.rs");
    /// # #[cfg(unix)]
    /// assert_eq!(name("../lib/./a.rs"), name("a.rs"));
    /// assert_eq!(name("../*.md").as_str(), "*.md");
    /// assert_eq!(name("..").as_str(), "**");
    /// ```
    pub fn pattern(
        &self,
        argument: &OsStr,
        cwd: &Path,
        reading: Reading,
    ) -> Result<Resolved, RootError> {
        let text = argument::text(argument)?;
        let special = argument::is_special(text);
        match reading {
            Reading::Literal => self.read_path(text, text, cwd, reading),
            Reading::Auto if !special => self.read_path(text, text, cwd, reading),
            Reading::Auto => match self.existing(text, cwd) {
                Some(resolved) => resolved,
                None => self.read_glob(text, cwd, reading),
            },
            Reading::Glob => self.read_glob(text, cwd, reading),
        }
    }

    /// What has exactly this name, special characters and all; none if nothing does.
    fn existing(&self, text: &str, cwd: &Path) -> Option<Result<Resolved, RootError>> {
        let place = self.locate(Path::new(text), cwd, Way::Real).ok().filter(|it| !it.strayed)?;
        let directory = place.kind? == Kind::Directory;
        let pattern = if directory || argument::is_written_as_directory(text) {
            Pattern::directory(&place.name)
        } else {
            Pattern::literal(&place.name)
        };
        let note = Some(Note::Literal { argument: text.to_owned(), directory });
        Some(
            pattern
                .map(|pattern| Resolved { pattern, note })
                .map_err(|e| RootError::pattern(text, e)),
        )
    }

    /// What `path` names; `argument` is how it was written.
    fn read_path(
        &self,
        path: &str,
        argument: &str,
        cwd: &Path,
        reading: Reading,
    ) -> Result<Resolved, RootError> {
        let place = self.locate(Path::new(path), cwd, Way::Real)?;
        let is_directory = place.kind == Some(Kind::Directory);
        let argument_of = || argument.to_owned();
        let (pattern, note) = if argument::is_written_as_directory(path) || place.name.is_empty() {
            (Pattern::directory(&place.name), None)
        } else if is_directory && reading == Reading::Auto {
            (Pattern::directory(&place.name), Some(Note::Directory { argument: argument_of() }))
        } else {
            let note = is_directory.then(|| Note::OnlyItself { argument: argument_of() });
            (Pattern::literal(&place.name), note)
        };
        let pattern = pattern.map_err(|error| RootError::pattern(argument, error))?;
        Ok(Resolved { pattern, note })
    }

    fn read_glob(&self, text: &str, cwd: &Path, reading: Reading) -> Result<Resolved, RootError> {
        let parted = argument::part(text);
        if parted.rest.is_empty() {
            return self.read_path(&parted.path, text, cwd, reading);
        }
        let pattern = self.wild(text, &parted, cwd, Way::Real)?;
        Ok(Resolved { pattern, note: None })
    }

    /// The pattern of a glob with a wildcard.
    pub(super) fn wild(
        &self,
        text: &str,
        parted: &Parted<'_>,
        cwd: &Path,
        way: Way,
    ) -> Result<Pattern, RootError> {
        let place = self.locate(Path::new(&parted.path), cwd, way);
        let place = place.map_err(|error| error.of(text))?;
        let pattern = if place.name.is_empty() {
            Pattern::parse(parted.rest)
        } else {
            let directory = Pattern::literal(&place.name);
            directory.and_then(|dir| Pattern::parse(&format!("{dir}/{}", parted.rest)))
        };
        pattern.map_err(|error| RootError::pattern(text, placed(parted, error)))
    }
}

/// The same error, if the glob has it as it was written: it names positions.
fn placed(parted: &Parted<'_>, error: PatternError) -> PatternError {
    let before = parted.written.nfc().count();
    let padding = "x".repeat(before.saturating_sub(1));
    let slash = if before > 0 { "/" } else { "" };
    Pattern::parse(&format!("{padding}{slash}{}", parted.rest)).err().unwrap_or(error)
}
