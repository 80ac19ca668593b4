//! Files that should be records and are not, and how any file is read without trusting it.

use lock_core::{AgentId, Lock, Mode, Nonce, Pattern, RecordId, Timestamp, Token, Ttl};
use rustix::{
    fd::AsFd,
    fs::{FileType, Mode as FileMode, OFlags, fstat},
    io::Errno,
};

use crate::{
    error::{Doing as _, Result},
    name,
    place::Spot,
    record::LARGEST,
    sys,
};

/// What a file turned out to be.
#[derive(Debug)]
pub(crate) enum Content {
    /// It is not there.
    Missing,
    /// It has this to say.
    Text(Vec<u8>, Timestamp),
    /// Too large, not a regular file, or not readable for us; there since then.
    Unreadable(Timestamp),
}

/// Reads the file at `spot`. Whatever lies there, it takes neither long nor much memory.
///
/// # Errors
/// What is wrong with the system and not with the file.
pub(crate) fn read(dir: impl AsFd, spot: &Spot) -> Result<Content> {
    let path = spot.path();
    let file = match sys::open_below(
        dir.as_fd(),
        &path,
        OFlags::RDONLY | sys::CAREFULLY,
        FileMode::empty(),
    ) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(Content::Missing),
        // A symlink, a socket, a device without a driver, another user's file.
        Err(
            Errno::LOOP | Errno::NXIO | Errno::NODEV | Errno::ACCESS | Errno::PERM | Errno::NOTDIR,
        ) => {
            return unreadable(dir, spot);
        }
        Err(errno) => return Err(errno).doing(|| format!("opening {path}")),
    };
    let stat = fstat(&file).doing(|| format!("examining {path}"))?;
    let since = sys::written_at(&stat);
    let size = usize::try_from(stat.st_size).unwrap_or(usize::MAX);
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || size > LARGEST {
        return Ok(Content::Unreadable(since));
    }
    let mut bytes = vec![0; size];
    let length = sys::read_at(&file, &mut bytes, 0).doing(|| format!("reading {path}"))?;
    bytes.truncate(length);
    Ok(Content::Text(bytes, since))
}

fn unreadable(dir: impl AsFd, spot: &Spot) -> Result<Content> {
    let flags = sys::DIRECTORY;
    let stat = sys::open_below(dir, &spot.dir, flags, FileMode::empty())
        .and_then(|parent| sys::stat(parent, &spot.name));
    match stat {
        Ok(stat) => Ok(Content::Unreadable(sys::written_at(&stat))),
        // A parent is a symlink or a file: nothing of ours can lie behind it.
        Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => Ok(Content::Missing),
        Err(errno) => Err(errno).doing(|| format!("examining {}", spot.path())),
    }
}

/// The lock that stands for an unreadable record: what its name says is held, by nobody known, until
/// the default lease has passed since the file was written.
pub(crate) fn lock(spot: &Spot, pattern: Pattern, since: Timestamp) -> Option<Lock> {
    let ttl = Ttl::default();
    Some(Lock {
        // The same at every look, so that a command can name it.
        id: RecordId::new(Nonce::from_bits(name::hash(spot.path().as_bytes())), u16::MAX),
        pattern,
        agent: AgentId::new(Lock::UNKNOWN_AGENT).ok()?,
        holder: None,
        mode: Mode::Exclusive,
        reason: None,
        ttl,
        acquired_at: since,
        waited_since: None,
        refreshed_at: since,
        expires_at: since + ttl.duration(),
        token: Token::ZERO,
        processes: Vec::new(),
        damaged: true,
        extra: serde_json::Map::new(),
    })
}
