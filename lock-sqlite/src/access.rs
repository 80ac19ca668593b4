//! Whether anybody else could have put something where the store is.

use lock_core::BackendError;

use crate::file::Place;

/// Refuses a directory or a file that everybody can write to, or that another user owns: SQLite
/// follows whatever link it finds in place of its log. A group that may write to both shares them.
///
/// # Errors
/// [`lock_core::ErrorKind::Denied`], naming which and why.
#[cfg(unix)]
pub(crate) fn refuse_open_to_others(place: &Place) -> Result<(), BackendError> {
    use std::{fs, os::unix::fs::MetadataExt as _};

    use lock_core::ErrorKind;

    const ROOT: u32 = 0;
    for path in [&place.dir, &place.file] {
        let Ok(found) = fs::symlink_metadata(path) else { continue };
        let what = path.display();
        let (me, owner) = (rustix::process::geteuid().as_raw(), found.uid());
        let shared = found.mode() & 0o020 != 0;
        if ![me, ROOT].contains(&owner) && me != ROOT && !shared {
            let why = format!("{what} belongs to the user {owner}, not to you ({me})");
            return Err(BackendError::new(ErrorKind::Denied, why));
        }
        if found.mode() & 0o002 != 0 {
            // Nobody takes that right from a directory like /tmp.
            let way = match found.is_dir() && found.mode() & 0o1000 != 0 {
                true => "put the store into a directory of its own there",
                false => "chmod o-w, or move the store",
            };
            let why = format!("everybody can write to {what} ({way})");
            return Err(BackendError::new(ErrorKind::Denied, why));
        }
    }
    Ok(())
}

/// Who may write where is not for this crate to ask there.
#[cfg(not(unix))]
pub(crate) fn refuse_open_to_others(_place: &Place) -> Result<(), BackendError> {
    Ok(())
}
