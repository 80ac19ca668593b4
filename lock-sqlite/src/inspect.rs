//! Looking a store over, for `lockctl doctor`: from outside, and then from inside.

use std::{path::Path, time::Duration};

use futures_lite::future::block_on;
use lock_core::{BackendError, Check, ErrorKind, host::keepers_named};

use crate::{
    Options, SqliteBackend, examine,
    file::{Place, id_at},
    guard::{Gate, Turn},
    network,
};

/// How long a guard may be busy before that is worth a word.
const BUSY_FOR: Duration = Duration::from_secs(2);

/// Less room than this is too little: a step needs a few pages, taking in the log some megabytes.
const ROOM: u64 = 16 << 20;

/// Examines the store in `file`. Never makes one, and mends nothing unless told to.
pub(crate) fn inspect(file: &Path, options: &Options, repair: bool) -> Vec<Check> {
    let place = match Place::of(file) {
        Ok(place) => place,
        Err(error) => return vec![Check::bad("store", error.to_string(), "correct its path")],
    };
    let mut checks = vec![file_system(&place, options)];
    if matches!(place.id(), Ok(None)) {
        checks.push(Check::good("store", "not there yet; the first change makes it"));
        return checks;
    }
    checks.extend([permissions(&place, repair), guard(&place), space(&place)]);
    let quick = options.clone().patience(BUSY_FOR).allow_network(true);
    match block_on(SqliteBackend::connect(file, &quick)) {
        Ok(backend) => {
            let (sqlite, file) = (rusqlite::version(), place.file.display());
            checks.push(Check::good("store", format!("{file}, by SQLite {sqlite}")));
            checks.extend(examine::examine(&backend.store, repair));
        }
        Err(error) => checks.push(Check::bad("store", error.to_string(), hint(&error))),
    }
    checks
}

fn hint(error: &BackendError) -> &'static str {
    match error.kind() {
        ErrorKind::Corrupt => {
            "end all that use it; try `sqlite3 FILE .recover`; or move FILE and FILE-wal away \
             together to begin anew: every lock in it is lost then"
        }
        ErrorKind::Invalid => "name another file",
        ErrorKind::Denied => "have its owner grant you access, or use a store of your own",
        ErrorKind::Unsupported => "use a version of lockctl that knows it",
        ErrorKind::Full => "free some space",
        _ => "try again; if it stays so, end the process that is in the way",
    }
}

fn file_system(place: &Place, options: &Options) -> Check {
    const NAME: &str = "file system";
    let there = place.dir.ancestors().find(|dir| dir.exists()).unwrap_or(&place.dir);
    if is_read_only(there) {
        let what = "read-only: nothing can be taken or let go";
        return Check::bad(NAME, what, "see why it is (dmesg), and mount it writable");
    }
    match network::name(there) {
        Ok(None) => Check::good(NAME, "local"),
        Ok(Some(name)) if options.allow_network => {
            Check::good(NAME, format!("{name}, allowed although locks are not reliable there"))
        }
        Ok(Some(name)) => Check::bad(NAME, name, "move the store to a local disk"),
        Err(error) => Check::bad(NAME, error.to_string(), "see whether the directory is readable"),
    }
}

#[cfg(unix)]
fn is_read_only(dir: &Path) -> bool {
    use rustix::fs::StatVfsMountFlags;
    rustix::fs::statvfs(dir).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::RDONLY))
}

#[cfg(not(unix))]
fn is_read_only(_dir: &Path) -> bool {
    false
}

#[cfg(unix)]
fn permissions(place: &Place, repair: bool) -> Check {
    use std::{fs, os::unix::fs::PermissionsExt as _};
    const NAME: &str = "permissions";
    let files = [&place.file, &place.guard].into_iter().cloned().chain(place.companions());
    let mut open = Vec::new();
    for file in files {
        // Its own bits, and never through a link.
        let Ok(found) = fs::symlink_metadata(&file) else { continue };
        let mode = found.permissions().mode();
        if !found.is_file() || mode & 0o007 == 0 {
            continue;
        }
        let closed = fs::Permissions::from_mode(mode & 0o770);
        if !(repair && fs::set_permissions(&file, closed).is_ok()) {
            open.push(format!("{} ({:04o})", file.display(), mode & 0o7777));
        }
    }
    if open.is_empty() {
        return Check::good(NAME, "closed to others");
    }
    Check::bad(NAME, format!("open to everybody: {}", open.join(", ")), "lockctl doctor --repair")
}

#[cfg(not(unix))]
fn permissions(_place: &Place, _repair: bool) -> Check {
    Check::good("permissions", "as the directory's")
}

fn guard(place: &Place) -> Check {
    const NAME: &str = "guard";
    if matches!(id_at(&place.guard), Ok(None)) {
        return Check::good(NAME, "not there; the next step makes it");
    }
    let gate = Gate::new(&place.guard);
    let begun = std::time::Instant::now();
    loop {
        match gate.try_turn().map(Turn::try_enter) {
            Some(Ok(Ok(_held))) => return Check::good(NAME, "free"),
            Some(Err(error)) => {
                let what = format!("{}: {error}", place.guard.display());
                return Check::bad(NAME, what, "see what it is; a plain file belongs there");
            }
            _ if begun.elapsed() < BUSY_FOR => std::thread::sleep(Duration::from_millis(5)),
            _ => {
                let who = keepers_named(&place.guard).unwrap_or_else(|| "somebody".to_owned());
                let what = format!("{who} has had it for {BUSY_FOR:?}");
                return Check::bad(NAME, what, "let that process go on, or end it");
            }
        }
    }
}

#[cfg(unix)]
fn space(place: &Place) -> Check {
    const NAME: &str = "space";
    match rustix::fs::statvfs(&place.dir) {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let text = format!("{} MiB free", free >> 20);
            if free < ROOM {
                return Check::bad(NAME, text, "free some space");
            }
            Check::good(NAME, text)
        }
        Err(error) => Check::bad(NAME, error.to_string(), "see whether the directory is readable"),
    }
}

#[cfg(not(unix))]
fn space(_place: &Place) -> Check {
    Check::good("space", "not looked at")
}
