//! Whose a store is, and with which permissions its files are made.

use lock_core::{BackendError, ErrorKind};
use rustix::{
    fd::AsFd,
    fs::{self, Gid, Mode, Stat, Uid},
    io::Errno,
    process::geteuid,
};

use crate::{error::Result, options::Options};

/// The permissions that a store's files and directories are made with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access {
    files: Mode,
    dirs: Mode,
    /// Root writes in a user's store as that user: what it leaves must stay usable.
    owner: Option<(Uid, Gid)>,
}

impl Access {
    /// What a new store has.
    pub(crate) fn new(options: &Options) -> Self {
        Self::of_mode(options.mode.unwrap_or(0o700), None)
    }

    /// What an existing store has, if its directory can be trusted.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] if somebody else could have put anything there.
    pub(crate) fn of(dir: &Stat, options: &Options) -> Result<Self> {
        let me = geteuid();
        let (owner, mode) = (Uid::from_raw(dir.st_uid), dir.st_mode);
        let shared = options.mode.is_some_and(|mode| mode & 0o020 != 0) && mode & 0o020 != 0;
        if owner != me && !owner.is_root() && !me.is_root() && !shared {
            return Err(denied(format!(
                "its directory belongs to the user {}, not to you ({}); a store that a group \
                 shares is opened with mode=0770",
                owner.as_raw(),
                me.as_raw()
            )));
        }
        if mode & 0o002 != 0 {
            let hint = "everybody can write to its directory (chmod o-w)";
            return Err(denied(hint.to_owned()));
        }
        let foreign = me.is_root() && !owner.is_root();
        Ok(Self::of_mode(mode, foreign.then(|| (owner, Gid::from_raw(dir.st_gid)))))
    }

    fn of_mode(mode: u32, owner: Option<(Uid, Gid)>) -> Self {
        // A group's directories hand their group on to what is made in them.
        let dirs = (mode & 0o770) | if mode & 0o070 != 0 { 0o2000 } else { 0 };
        Self { files: Mode::from_raw_mode(mode & 0o660), dirs: Mode::from_raw_mode(dirs), owner }
    }

    /// The mode to make a file with.
    pub(crate) fn file(&self) -> Mode {
        self.files
    }

    /// The mode to make a directory with.
    pub(crate) fn dir(&self) -> Mode {
        self.dirs
    }

    /// Gives a new file its permissions, whatever the umask made of them.
    pub(crate) fn adopt_file(&self, file: impl AsFd) -> std::result::Result<Stat, Errno> {
        self.adopt(file, self.files)
    }

    /// Gives a new directory its permissions, whatever the umask made of them.
    pub(crate) fn adopt_dir(&self, dir: impl AsFd) -> std::result::Result<(), Errno> {
        self.adopt(dir, self.dirs).map(|_| ())
    }

    fn adopt(&self, file: impl AsFd, mode: Mode) -> std::result::Result<Stat, Errno> {
        if let Some((owner, group)) = self.owner {
            fs::fchown(file.as_fd(), Some(owner), Some(group))?;
        }
        let stat = fs::fstat(file.as_fd())?;
        // Examining costs a fifth of changing, and nearly always there is nothing to change.
        if Mode::from_raw_mode(stat.st_mode) != mode {
            fs::fchmod(file, mode)?;
        }
        Ok(stat)
    }
}

fn denied(why: String) -> BackendError {
    BackendError::new(ErrorKind::Denied, why)
}

/// The name of a file system that other machines can write to.
#[cfg(target_os = "linux")]
pub(crate) fn network_of(stat: &fs::StatFs) -> Option<&'static str> {
    #[allow(
        clippy::cast_sign_loss,
        clippy::unnecessary_cast,
        reason = "a magic number's width differs by platform"
    )]
    network_name(u64::from(stat.f_type as u32))
}

/// The same, by its magic number.
#[cfg(target_os = "linux")]
fn network_name(magic: u64) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "NFS",
        0xff53_4d42 => "CIFS",
        0xfe53_4d42 => "SMB",
        0x517b => "SMB",
        0x0102_1997 => "9P",
        0x5346_414f => "AFS",
        0x6b41_4653 => "AFS",
        0x7375_7245 => "Coda",
        0x564c => "NCP",
        0x00c3_6400 => "Ceph",
        0x0bd0_0bd0 => "Lustre",
        0x0116_1970 => "GFS2",
        0x7461_636f => "OCFS2",
        0x4750_4653 => "GPFS",
        0x6573_5546 => "FUSE",
        _ => return None,
    })
}
