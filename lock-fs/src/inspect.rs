//! Looking a store over, for `lockctl doctor`: from outside, and then from inside.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use lock_core::{BackendError, Check, ErrorKind};
use rustix::{
    fd::OwnedFd,
    fs::{self, Mode, OFlags, StatVfsMountFlags},
    io::Errno,
};

use crate::{
    access, examine,
    guard::{self, Held, Turn},
    options::Options,
    permissions,
    store::{GUARD, Store},
};

/// How long the guard may be busy before that is worth a word.
const BUSY_FOR: Duration = Duration::from_secs(2);

/// Less room than this is too little: a step of many changes needs some.
const ROOM: u64 = 1 << 20;

/// Examines the store in `path`. Never makes one, and mends nothing unless told to.
pub(crate) fn inspect(path: &Path, options: &Options, repair: bool) -> Vec<Check> {
    let mut checks = vec![file_system(path, options)];
    match fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW, Mode::empty()) {
        Ok(dir) => checks.extend([permissions::check(&dir, repair), space(&dir)]),
        Err(Errno::NOENT) => {
            checks.push(Check::good("store", "not there yet; the first change makes it"));
            return checks;
        }
        // What it is instead, the store itself says best.
        Err(_) => {}
    }
    match Store::open(path, &options.clone().allow_network(true)) {
        Ok(Some(mut store)) => {
            checks.push(Check::good("store", path.display().to_string()));
            let (check, held) = turn(&store, path, repair);
            checks.push(check);
            if held.is_some() {
                checks.extend(examine::examine(&mut store, repair));
            }
        }
        Ok(None) => checks.push(Check::good("store", "empty; the first change makes it")),
        Err(error) => checks.push(Check::bad("store", error.to_string(), hint(&error))),
    }
    checks
}

/// What to do about `error`.
pub(crate) fn hint(error: &BackendError) -> &'static str {
    match error.kind() {
        ErrorKind::Corrupt => {
            "see what lies there; move it away, or the whole directory to begin anew: every lock \
             in it is lost then"
        }
        ErrorKind::Invalid => "name another directory",
        ErrorKind::Denied => "have its owner grant you access, or use a store of your own",
        ErrorKind::Unsupported => "use a version of lockctl that knows it",
        ErrorKind::Full => "free some space",
        _ => "try again; if it stays so, end the process that is in the way",
    }
}

fn file_system(path: &Path, options: &Options) -> Check {
    const NAME: &str = "file system";
    let there = path.ancestors().find(|dir| dir.exists()).unwrap_or(Path::new("."));
    if fs::statvfs(there).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::RDONLY)) {
        let what = "read-only: what is held can be seen, and nothing taken or let go";
        return Check::bad(NAME, what, "see why it is (dmesg), and mount it writable");
    }
    match network(there) {
        Ok(None) => Check::good(NAME, "local"),
        Ok(Some(name)) if options.allow_network => {
            Check::good(NAME, format!("{name}, allowed although locks are not reliable there"))
        }
        Ok(Some(name)) => Check::bad(
            NAME,
            name,
            "move the store to a local disk, or say allow-network=true if only one machine uses it",
        ),
        Err(error) => Check::bad(NAME, error.to_string(), "see whether the directory is readable"),
    }
}

fn network(dir: &Path) -> Result<Option<&'static str>, Errno> {
    #[cfg(target_os = "linux")]
    return fs::statfs(dir).map(|stat| access::network_of(&stat));
    #[cfg(not(target_os = "linux"))]
    return Ok(None);
}

fn space(dir: &OwnedFd) -> Check {
    const NAME: &str = "space";
    match fs::fstatvfs(dir) {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            // Some file systems make inodes as needed, and count none.
            let inodes = found.f_files > 0 && found.f_favail < 16;
            let text = format!("{} MiB free", free >> 20);
            match (free < ROOM, inodes) {
                (true, _) => Check::bad(NAME, text, "free some space"),
                (_, true) => Check::bad(NAME, "no inodes are left", "remove some files"),
                _ => Check::good(NAME, text),
            }
        }
        Err(error) => Check::bad(NAME, error.to_string(), "see whether the directory is readable"),
    }
}

/// The guard, held for the rest of the examination: what is seen then is no step half done.
fn turn(store: &Store, path: &Path, repair: bool) -> (Check, Option<Held<OwnedFd>>) {
    const NAME: &str = "guard";
    let turn = if repair { Turn::Alone } else { Turn::Beside };
    let begun = Instant::now();
    loop {
        let taken = store
            .guard
            .try_clone()
            .map_err(|error| error.to_string())
            .and_then(|guard| guard::try_take(guard, turn).map_err(|error| error.to_string()));
        match taken {
            Ok(Some(held)) => return (Check::good(NAME, "free"), Some(held)),
            Ok(None) if begun.elapsed() < BUSY_FOR => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Ok(None) => {
                let who = guard::holders_named(&path.join(GUARD));
                let what = format!("{who} has had it for {BUSY_FOR:?}");
                let hint = "let that process go on, or end it";
                return (Check::bad(NAME, what, hint), None);
            }
            Err(error) => {
                return (Check::bad(NAME, error, "see whether the file system knows flock"), None);
            }
        }
    }
}
