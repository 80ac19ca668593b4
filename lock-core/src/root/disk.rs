//! The file system, as far as names need it.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    Link,
    /// A file, or anything else.
    File,
}

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    /// Which one it is, where that can be told: two names of one thing have the same.
    pub(super) id: Option<(u64, u64)>,
}

/// A file system. There is a real one, and one that folds case in the tests.
pub(super) trait Disk {
    /// What this path is; a symlink itself, if it is one.
    fn look(&self, path: &Path) -> io::Result<Entry>;
    /// Where this symlink leads.
    fn target(&self, link: &Path) -> io::Result<PathBuf>;
    /// The names in this directory, as they are spelled there.
    fn names(&self, dir: &Path) -> io::Result<Vec<OsString>>;
}

/// The real one.
pub(super) struct Os;

impl Disk for Os {
    fn look(&self, path: &Path) -> io::Result<Entry> {
        let found = fs::symlink_metadata(path)?;
        let kind = if found.is_symlink() {
            Kind::Link
        } else if found.is_dir() {
            Kind::Directory
        } else {
            Kind::File
        };
        Ok(Entry { kind, id: id(&found) })
    }

    fn target(&self, link: &Path) -> io::Result<PathBuf> {
        fs::read_link(link)
    }

    fn names(&self, dir: &Path) -> io::Result<Vec<OsString>> {
        fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name())).collect()
    }
}

/// Which file this is.
pub(super) fn id(found: &fs::Metadata) -> Option<(u64, u64)> {
    #[cfg(unix)]
    return Some((std::os::unix::fs::MetadataExt::dev(found), {
        std::os::unix::fs::MetadataExt::ino(found)
    }));
    #[cfg(not(unix))]
    {
        let _ = found;
        None
    }
}
