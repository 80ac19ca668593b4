//! As much of git's layout as it takes to find a work tree and its repository
//! (`gitrepository-layout(5)`).

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Root;

/// Whether `dir` is the top of a work tree.
///
/// Git ignores a `.git` directory that is no repository, and so must this, or an empty one left
/// behind would move the root. But one that may not be looked into is taken for a repository:
/// those who may look find one there, and all must find the same root.
pub(super) fn is_top(dir: &Path) -> bool {
    let git = dir.join(".git");
    match git.metadata() {
        Ok(found) if found.is_dir() => ["HEAD", "objects"].iter().all(|part| {
            let found = git.join(part).symlink_metadata();
            found.map_or_else(|error| !is_missing(&error), |_| true)
        }),
        Ok(found) if found.is_file() => link(&git).is_some(),
        _ => false,
    }
}

impl Root {
    /// The git directory that all work trees of the root's repository share; none when the root
    /// is not the top of a work tree, or its repository is not where it should be.
    ///
    /// Costs about four small system calls and a lookup.
    ///
    /// ```
    /// use lock_core::root::Root;
    /// use std::fs;
    ///
    /// let top = tempfile::tempdir().unwrap();
    /// let git = top.path().join(".git");
    /// fs::create_dir_all(git.join("worktrees/side")).unwrap();
    /// fs::write(git.join("worktrees/side/commondir"), "../..\n").unwrap();
    /// let side = top.path().join("side");
    /// fs::create_dir(&side).unwrap();
    /// fs::write(side.join(".git"), "gitdir: ../.git/worktrees/side\n").unwrap();
    ///
    /// let common = Root::at(&side).unwrap().common_git_dir().unwrap();
    /// assert_eq!(common, git.canonicalize().unwrap());
    /// ```
    pub fn common_git_dir(&self) -> Option<PathBuf> {
        let git = self.path.join(".git");
        let git = if git.is_dir() { git } else { self.path.join(link(&git)?) };
        let common = match fs::read_to_string(git.join("commondir")) {
            Ok(text) => git.join(text.trim_end_matches(['\n', '\r'])),
            Err(error) if is_missing(&error) => git,
            Err(_) => return None,
        };
        common.canonicalize().ok().filter(|dir| dir.is_dir())
    }
}

/// Where a `.git` file leads: that of a further work tree, or of a submodule.
fn link(file: &Path) -> Option<PathBuf> {
    let text = fs::read(file).ok()?;
    let path = text.strip_prefix(b"gitdir:")?.trim_ascii();
    (!path.is_empty()).then(|| path_of(path))
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    PathBuf::from(OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
