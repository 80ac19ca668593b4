//! What a stored path is.

use unicode_normalization::is_nfc;

/// Whether `path` is a valid stored path: relative, `/`-separated, without empty, `.` or `..`
/// segments, in Unicode NFC and without NUL.
///
/// Linear in its length.
///
/// ```
/// use lock_core::pattern::is_valid_path;
///
/// assert!(is_valid_path("src/.hidden/b.rs"));
/// for no in ["", "/a", "a/", "a//b", "./a", "a/../b", "e\u{301}"] {
///     assert!(!is_valid_path(no));
/// }
/// ```
pub fn is_valid_path(path: &str) -> bool {
    path.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
        && !path.contains('\0')
        && (path.is_ascii() || is_nfc(path))
}
