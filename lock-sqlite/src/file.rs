//! Where the database and its guard lie, and whether they are still the same files.

use std::{
    fs::{self, Metadata, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// The database file, the guard and the counts beside it, and the directory they are in.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) dir: PathBuf,
    pub(crate) file: PathBuf,
    pub(crate) guard: PathBuf,
    pub(crate) refusals: PathBuf,
}

/// What tells a file from another one that has taken its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
}

impl Place {
    /// The place of the database at `path`: one spelling for all that lead to it, so that all who
    /// open it stand before one guard. What is not there yet is spelt as given.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let file = real(&std::path::absolute(path)?)?;
        let dir = file.parent().ok_or(io::ErrorKind::IsADirectory)?.to_owned();
        let (guard, refusals) = (with_suffix(&file, ".guard"), with_suffix(&file, ".refusals"));
        Ok(Self { dir, file, guard, refusals })
    }

    /// Which file stands there now; `None` if there is none.
    pub(crate) fn id(&self) -> io::Result<Option<FileId>> {
        id_at(&self.file)
    }

    /// The files that SQLite keeps beside the database.
    pub(crate) fn companions(&self) -> [PathBuf; 3] {
        ["-wal", "-shm", "-journal"].map(|suffix| with_suffix(&self.file, suffix))
    }
}

/// `path` with `suffix` behind it, whatever its extension.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(suffix);
    text.into()
}

/// Which file `path` names, not followed if it is a symlink; `None` if there is none.
pub(crate) fn id_at(path: &Path) -> io::Result<Option<FileId>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => Ok(Some(FileId::of(&found?))),
    }
}

impl FileId {
    #[cfg(unix)]
    pub(crate) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self { device: metadata.dev(), inode: metadata.ino() }
    }

    /// Open files cannot be replaced there.
    #[cfg(not(unix))]
    pub(crate) fn of(_metadata: &Metadata) -> Self {
        Self { device: 0, inode: 0 }
    }
}

/// For files that nobody else may read or write, and that are no way to somewhere else.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options
}

/// Makes the directories above `file` that are missing, for their owner only.
pub(crate) fn make_dir_of(file: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    file.parent().map_or(Ok(()), |dir| builder.create(dir))
}

/// `path` without symlinks, as far as it exists.
fn real(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
                return Err(error);
            };
            Ok(real(parent)?.join(name))
        }
        found => found,
    }
}
