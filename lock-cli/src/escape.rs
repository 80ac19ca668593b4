//! What others wrote, made safe to show.

use std::fmt::{self, Write as _};

/// A text from outside, in which every character that could move a cursor, hide, or turn the
/// line around is shown as its escape.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\n' | '\r' | '\t' => write!(f, "{}", c.escape_default())?,
                c if is_unsafe(c) => write!(f, "{}", c.escape_unicode())?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Characters that hide, or change the direction of what follows; the line separators too.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a terminal would obey the character, or show it in a misleading way.
fn is_unsafe(c: char) -> bool {
    c.is_control() || is_invisible(c)
}

/// The same JSON, with what JSON itself lets through and no terminal should see (DEL, C1, marks
/// that hide or turn the line around) escaped.
pub(crate) fn json(text: String) -> String {
    if !text.contains(is_unsafe) {
        return text;
    }
    text.chars().fold(String::with_capacity(text.len() + 16), |mut out, c| {
        if is_unsafe(c) {
            // JSON counts in UTF-16. Writing to a string cannot fail.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let hostile = "a\u{1b}[31m\u{7}\r\n\t\u{9b}2J\u{7f}\u{202e}é";
        let shown = Shown(hostile).to_string();
        assert!(!shown.contains(is_unsafe), "{shown:?}");
        assert!(shown.starts_with("a\\u{1b}[31m\\u{7}\\r\\n\\t") && shown.ends_with('é'));
    }

    #[test]
    fn escaped_json_means_the_same() {
        let text = "a\u{7f}\u{9b}\u{1b}\n\u{202e}\u{200b}\u{e0041}b";
        let escaped = json(serde_json::to_string(text).unwrap());
        assert!(!escaped.contains(is_unsafe), "{escaped}");
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
    }
}
