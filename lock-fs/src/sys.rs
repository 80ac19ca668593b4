//! System calls as this store needs them: relative to its directory, and never through a symlink.

use std::sync::atomic::{AtomicBool, Ordering};

use lock_core::Timestamp;
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{self, AtFlags, Mode, OFlags, Stat},
    io::{Errno, retry_on_intr},
};

type Result<T> = std::result::Result<T, Errno>;

/// For a directory that other calls are relative to.
pub(crate) const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY);

/// For a file that somebody may have planted: opening it neither blocks nor takes a terminal.
pub(crate) const CAREFULLY: OFlags = OFlags::NONBLOCK.union(OFlags::NOCTTY);

/// Opens `path` below `dir`. A symlink anywhere in it is an error.
pub(crate) fn open_below(dir: impl AsFd, path: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::ResolveFlags;
        /// Kernels before 5.6 do not have the call, and some sandboxes deny it.
        static REFUSED: AtomicBool = AtomicBool::new(false);
        if !REFUSED.load(Ordering::Relaxed) {
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            let opened = retry_on_intr(|| fs::openat2(dir.as_fd(), path, flags, mode, resolve));
            match opened {
                Err(Errno::NOSYS | Errno::PERM) => {
                    let probe = fs::openat2(dir.as_fd(), ".", DIRECTORY, Mode::empty(), resolve);
                    if probe.is_ok() {
                        return opened;
                    }
                    REFUSED.store(true, Ordering::Relaxed);
                }
                opened => return opened,
            }
        }
    }
    step_by_step(dir, path, flags, mode)
}

fn step_by_step(dir: impl AsFd, path: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    let (parents, last) = match path.rsplit_once('/') {
        Some((parents, last)) => (parents, last),
        None => ("", path),
    };
    let mut at: Option<OwnedFd> = None;
    let step = DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    for segment in parents.split('/').filter(|segment| !segment.is_empty()) {
        let from = at.as_ref().map_or(dir.as_fd(), AsFd::as_fd);
        at = Some(retry_on_intr(|| fs::openat(from, segment, step, Mode::empty()))?);
    }
    let from = at.as_ref().map_or(dir.as_fd(), AsFd::as_fd);
    retry_on_intr(|| fs::openat(from, last, flags, mode))
}

/// Reads from `offset` until `bytes` is full or the file ends.
pub(crate) fn read_at(file: impl AsFd, bytes: &mut [u8], offset: u64) -> Result<usize> {
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        let at = offset.saturating_add(done as u64);
        match retry_on_intr(|| rustix::io::pread(file.as_fd(), &mut *rest, at))? {
            0 => break,
            read => done += read,
        }
    }
    Ok(done)
}

/// Writes all of `bytes` at `offset`.
pub(crate) fn write_at(file: impl AsFd, mut bytes: &[u8], mut offset: u64) -> Result<()> {
    while !bytes.is_empty() {
        let written = retry_on_intr(|| rustix::io::pwrite(file.as_fd(), bytes, offset))?;
        if written == 0 {
            return Err(Errno::IO);
        }
        bytes = bytes.get(written..).unwrap_or_default();
        offset = offset.saturating_add(written as u64);
    }
    Ok(())
}

/// What is known of `name` in `dir`, itself and not what it points to.
pub(crate) fn stat(dir: impl AsFd, name: &str) -> Result<Stat> {
    retry_on_intr(|| fs::statat(dir.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW))
}

/// Removes the file `name`, if it is there; says whether it was.
pub(crate) fn unlink(dir: impl AsFd, name: &str) -> Result<bool> {
    match retry_on_intr(|| fs::unlinkat(dir.as_fd(), name, AtFlags::empty())) {
        Ok(()) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// When the file was last written. A time of last writing can be set at will, and one in the
/// future would last for ever; the time of the last change to the inode cannot.
pub(crate) fn written_at(stat: &Stat) -> Timestamp {
    let micros =
        |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000).saturating_add(nanos / 1_000);
    #[allow(clippy::useless_conversion, clippy::unnecessary_cast, reason = "differs by platform")]
    let (modified, changed) = (
        micros(stat.st_mtime.into(), stat.st_mtime_nsec as i64),
        micros(stat.st_ctime.into(), stat.st_ctime_nsec as i64),
    );
    Timestamp::from_micros(modified.min(changed))
}

/// Whether the open file still has a name: one without has been removed or replaced.
pub(crate) fn is_named(file: &OwnedFd) -> bool {
    named_size(file).is_some()
}

/// How long the open file is, if it still has a name.
pub(crate) fn named_size(file: &OwnedFd) -> Option<u64> {
    let stat = fs::fstat(file).ok().filter(|stat| stat.st_nlink > 0)?;
    u64::try_from(stat.st_size).ok()
}

/// The names in the directory at `path` below `dir`; none if it is not there.
pub(crate) fn names(dir: impl AsFd, path: &str) -> Result<Vec<(String, bool)>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let opened = match open_below(dir, path, flags, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(Vec::new()),
        opened => opened?,
    };
    let mut names = Vec::new();
    let mut unsure = Vec::new();
    let mut entries = fs::Dir::new(opened)?;
    for entry in &mut entries {
        let entry = entry?;
        // What is not UTF-8, and what is hidden, is not ours.
        if let Ok(name) = entry.file_name().to_str()
            && !name.starts_with('.')
        {
            // Some file systems do not say here what an entry is.
            match entry.file_type() {
                fs::FileType::Unknown => unsure.push(name.to_owned()),
                kind => names.push((name.to_owned(), kind == fs::FileType::Directory)),
            }
        }
    }
    for name in unsure {
        match stat(entries.fd()?, &name) {
            Ok(stat) => names.push((name, fs::FileType::from_raw_mode(stat.st_mode).is_dir())),
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(names)
}
