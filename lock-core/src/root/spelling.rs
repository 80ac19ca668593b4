//! How a name is spelled on disk.
//!
//! A file may be found under another spelling than its own: where the file system folds case or
//! Unicode forms, and, because stored names are in NFC, wherever its own is not.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::Path,
};

use unicode_normalization::UnicodeNormalization;

use super::disk::{Disk, Entry};

/// What is called `name` in `dir`, and how it is spelled there; none if nothing is.
///
/// Costs one lookup, and another one to see whether case is folded here, if the name has any.
/// Only if it is, or a name beyond ASCII is not found, the directory is read.
pub(super) fn find(
    disk: &impl Disk,
    dir: &Path,
    name: &OsStr,
) -> io::Result<Option<(OsString, Entry)>> {
    if let Some(entry) = look(disk, dir, name)? {
        let name = on_disk(disk, dir, name, entry);
        return Ok(Some((name, entry)));
    }
    let Some(text) = name.to_str().filter(|text| !text.is_ascii()) else { return Ok(None) };
    let nfc: String = text.nfc().collect();
    let listed = || {
        let names = disk.names(dir).unwrap_or_default();
        names
            .into_iter()
            .find(|other| other.to_str().is_some_and(|other| other.nfc().eq(nfc.chars())))
    };
    let forms = [nfc.clone(), text.nfd().collect()];
    let forms = forms.into_iter().filter(|form| form != text).map(OsString::from);
    for form in forms.chain(std::iter::once_with(listed).flatten()) {
        if let Some(entry) = look(disk, dir, &form)? {
            let name = on_disk(disk, dir, &form, entry);
            return Ok(Some((name, entry)));
        }
    }
    Ok(None)
}

/// None if nothing can have this name: it is too long, or `dir` is a file.
fn look(disk: &impl Disk, dir: &Path, name: &OsStr) -> io::Result<Option<Entry>> {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};

    match disk.look(&dir.join(name)) {
        Ok(entry) => Ok(Some(entry)),
        Err(error) if matches!(error.kind(), NotFound | NotADirectory | InvalidFilename) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// How what was found as `name` is spelled. A directory that may not be read keeps its secret.
fn on_disk(disk: &impl Disk, dir: &Path, name: &OsStr, entry: Entry) -> OsString {
    let folds = || {
        let other = look(disk, dir, swap_case(name.to_str()?)?.as_ref()).ok()??;
        // Where the case matters, this is somebody else, or a second link to the same file.
        (other.id.is_some() && other.id == entry.id).then_some(())
    };
    let listed = || {
        let names = disk.names(dir).ok()?;
        if names.iter().any(|other| other == name) {
            return None;
        }
        let key = folded(name)?;
        names.into_iter().find(|other| folded(other).is_some_and(|other| other == key))
    };
    folds().and_then(|()| listed()).unwrap_or_else(|| name.to_owned())
}

/// `name` with the case of each letter swapped; none if that is no other name.
fn swap_case(name: &str) -> Option<String> {
    let swapped: String = name
        .chars()
        .map(|c| {
            let mut other = if c.is_lowercase() { one(c.to_uppercase()) } else { None };
            if c.is_uppercase() {
                other = one(c.to_lowercase());
            }
            other.unwrap_or(c)
        })
        .collect();
    (swapped != name).then_some(swapped)
}

fn one(mut chars: impl Iterator<Item = char>) -> Option<char> {
    chars.next().filter(|_| chars.next().is_none())
}

/// Equal for names that differ in case or Unicode form only: upper case first, because more
/// letters share theirs (`ſ` and `s`, `ß` and `ss`).
fn folded(name: &OsStr) -> Option<String> {
    let upper: String = name.to_str()?.nfd().flat_map(char::to_uppercase).collect();
    Some(upper.to_lowercase().nfc().collect())
}
