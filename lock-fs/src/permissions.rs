//! Who may look into a store, and who may change it: for `lockctl doctor`.

use lock_core::Check;
use rustix::{
    fd::OwnedFd,
    fs::{self, FileType, Gid, Mode, Stat, Uid},
    process::geteuid,
};

use crate::sys;

/// Whether the directory is closed to others, and all that lies directly in it belongs to its
/// owner. What lies deeper is behind these doors.
pub(crate) fn check(dir: &OwnedFd, repair: bool) -> Check {
    const NAME: &str = "permissions";
    let found = fs::fstat(dir).and_then(|stat| wrong(dir, &stat, repair));
    match found {
        Ok(wrong) if wrong.is_empty() => Check::good(NAME, "closed to others"),
        Ok(wrong) => {
            let hint = "lockctl doctor --repair, as its owner or as root";
            Check::bad(NAME, wrong.join("; "), hint)
        }
        Err(error) => Check::bad(NAME, error.to_string(), "see whether the directory is readable"),
    }
}

fn wrong(dir: &OwnedFd, stat: &Stat, repair: bool) -> Result<Vec<String>, rustix::io::Errno> {
    let mut wrong = Vec::new();
    if stat.st_mode & 0o007 != 0 {
        let closed = Mode::from_raw_mode(stat.st_mode & 0o2770);
        if !(repair && fs::fchmod(dir, closed).is_ok()) {
            wrong.push(format!("open to everybody ({:04o})", stat.st_mode & 0o7777));
        }
    }
    // A group's store has files of all its members.
    if stat.st_mode & 0o020 != 0 {
        return Ok(wrong);
    }
    let (owner, group) = (Uid::from_raw(stat.st_uid), Gid::from_raw(stat.st_gid));
    for (name, _) in sys::names(dir, ".")? {
        let Ok(file) = sys::stat(dir, &name) else { continue };
        if file.st_uid == stat.st_uid {
            continue;
        }
        let given =
            || fs::chownat(dir, &*name, Some(owner), Some(group), fs::AtFlags::SYMLINK_NOFOLLOW);
        let plain = FileType::from_raw_mode(file.st_mode) != FileType::Symlink && file.st_nlink < 2
            || FileType::from_raw_mode(file.st_mode).is_dir();
        if !(repair && plain && geteuid().is_root() && given().is_ok()) {
            wrong.push(format!("{name} belongs to user {}", file.st_uid));
        }
    }
    Ok(wrong)
}
