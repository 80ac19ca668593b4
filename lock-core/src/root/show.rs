//! Showing text that may hold anything.

use std::{ffi::OsStr, fmt, path::Path};

/// Between backquotes, on one line: control characters, marks that reverse the direction of
/// writing and bytes that are no text are written as escapes.
pub(super) struct Shown<'a>(&'a OsStr);

pub(super) fn show<T: AsRef<OsStr> + ?Sized>(text: &T) -> Shown<'_> {
    Shown(text.as_ref())
}

pub(super) fn show_path(path: &Path) -> Shown<'_> {
    Shown(path.as_os_str())
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;

        f.write_char('`')?;
        for chunk in self.0.as_encoded_bytes().utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\\' | '\'' | '"' => f.write_char(c)?,
                    // Escapes what cannot be seen, and combining marks without a base, too.
                    c => c.escape_debug().try_for_each(|c| f.write_char(c))?,
                }
            }
            chunk.invalid().iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))?;
        }
        f.write_char('`')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_raw_gets_through() {
        assert_eq!(show("a\\[b] 'c' é").to_string(), "`a\\[b] 'c' é`");
        assert_eq!(show("a\n\u{1b}[31m\u{202e}").to_string(), "`a\\n\\u{1b}[31m\\u{202e}`");
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            assert_eq!(show(OsStr::from_bytes(b"a\xffb")).to_string(), "`a\\xffb`");
        }
    }
}
