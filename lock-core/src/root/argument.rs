//! Arguments as text.

use std::ffi::OsStr;

use unicode_normalization::UnicodeNormalization;

use super::RootError;
use crate::pattern::PatternError;

/// What a glob gives meaning to.
pub(super) const SPECIAL: [char; 5] = ['*', '?', '[', '{', '\\'];

/// The text of an argument. What the file system is asked about holds no control character.
pub(super) fn text(argument: &OsStr) -> Result<&str, RootError> {
    let text = argument.to_str();
    let text = text.ok_or_else(|| RootError::NotUtf8 { argument: argument.to_owned() })?;
    if text.is_empty() {
        return Err(RootError::pattern(text, PatternError::Empty));
    }
    if text.contains(char::is_control)
        && let Some((at, character)) = text.nfc().enumerate().find(|(_, c)| c.is_control())
    {
        let error = PatternError::ControlCharacter { character, at: at + 1 };
        return Err(RootError::pattern(text, error));
    }
    Ok(text)
}

/// Whether it may mean something else as a glob than as a path.
pub(super) fn is_special(text: &str) -> bool {
    text.contains(SPECIAL)
}

/// Whether only a directory is written like this.
pub(super) fn is_written_as_directory(path: &str) -> bool {
    let last = path.rsplit('/').next();
    matches!(last, Some("" | "." | ".."))
}

/// A glob, parted where its first wildcard is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parted<'a> {
    /// The path of the directory that all of it is in, unescaped, up to and including a `/`;
    /// without a wildcard, the whole path.
    pub(super) path: String,
    /// How `path` was written.
    pub(super) written: &'a str,
    /// From the first segment with a wildcard on; empty if there is none.
    pub(super) rest: &'a str,
}

/// Parts `glob` before its first segment with a wildcard, a class or braces.
pub(super) fn part(glob: &str) -> Parted<'_> {
    let mut path = String::with_capacity(glob.len());
    // The ends of the last directory, unescaped and as written.
    let mut directory = (0, 0);
    let mut chars = glob.char_indices();
    while let Some((at, c)) = chars.next() {
        let literal = match c {
            '\\' => chars.next(),
            c if SPECIAL.contains(&c) => None,
            c => Some((at, c)),
        };
        // A wildcard; or a `\` that escapes nothing, and the pattern will say so.
        let Some((at, c)) = literal else {
            path.truncate(directory.0);
            let (written, rest) = glob.split_at(directory.1);
            return Parted { path, written, rest };
        };
        path.push(c);
        if c == '/' {
            directory = (path.len(), at + 1);
        }
    }
    Parted { path, written: glob, rest: "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_parts_before_its_first_wildcard() {
        for (glob, path, rest) in [
            ("src/*.rs", "src/", "*.rs"),
            ("*", "", "*"),
            ("/a/b?c/d", "/a/", "b?c/d"),
            ("a/{b/c,d}/e", "a/", "{b/c,d}/e"),
            ("a/b[/]c", "a/", "b[/]c"),
            ("../x/**", "../x/", "**"),
            (r"a\*b/c/*", "a*b/c/", "*"),
            (r"a\/b/*", "a/b/", "*"),
            (r"é\[/\é*", "é[/", r"\é*"),
            (r"a/b\", "a/", r"b\"),
            (r"pages/\[id].tsx", "pages/[id].tsx", ""),
            ("plain/", "plain/", ""),
        ] {
            let parted = part(glob);
            assert_eq!((parted.path.as_str(), parted.rest), (path, rest), "{glob}");
            assert_eq!(format!("{}{}", parted.written, parted.rest), glob);
        }
    }

    #[test]
    fn some_paths_can_only_be_directories() {
        for path in ["/", "a/", ".", "..", "./", "a/.", "a/..", "a//"] {
            assert!(is_written_as_directory(path), "{path}");
        }
        for path in ["a", "...", ".a", "a.", "a/..b", "a./b"] {
            assert!(!is_written_as_directory(path), "{path}");
        }
    }
}
