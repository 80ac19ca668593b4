//! Showing text that may hold anything.

use std::{ffi::OsStr, fmt, path::Path};

use crate::escape::Escaped;

/// Between backquotes, on one line: control characters, marks that reverse the direction of
/// writing and bytes that are no text are written as escapes. Of a long text the middle is left
/// out: whoever typed it knows it, and the line is about what is wrong with it.
pub(super) struct Shown<'a>(&'a OsStr);

/// How many characters are shown of a long text, and how many of them are from its end.
const MAX: usize = 240;
const TAIL: usize = 40;

pub(super) fn show<T: AsRef<OsStr> + ?Sized>(text: &T) -> Shown<'_> {
    Shown(text.as_ref())
}

pub(super) fn show_path(path: &Path) -> Shown<'_> {
    Shown(path.as_os_str())
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = escaped(self.0);
        match (text.char_indices().nth(MAX), text.char_indices().nth_back(TAIL)) {
            (Some(_), Some((tail, _))) => {
                let head = text.char_indices().nth(MAX - TAIL).map_or(0, |(at, _)| at);
                let (head, tail) = (text.get(..head), text.get(tail..));
                write!(f, "`{}…{}`", head.unwrap_or_default(), tail.unwrap_or_default())
            }
            _ => write!(f, "`{text}`"),
        }
    }
}

fn escaped(text: &OsStr) -> String {
    use fmt::Write;

    let mut out = String::new();
    for chunk in text.as_encoded_bytes().utf8_chunks() {
        // Writing to a string cannot fail.
        let _ = write!(out, "{}", Escaped(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
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

    #[test]
    fn the_middle_of_a_long_text_is_left_out() {
        let whole = "é".repeat(MAX);
        assert_eq!(show(&whole).to_string(), format!("`{whole}`"));
        let long = format!("first{}last", "é".repeat(5_000));
        let shown = show(&long).to_string();
        assert!(shown.starts_with("`firsté") && shown.contains("é…é") && shown.ends_with("last`"));
        assert!(shown.chars().count() < MAX + 10, "{shown}");
    }
}
