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
                c if c.is_control() || is_invisible(c) => write!(f, "{}", c.escape_unicode())?,
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

/// The same JSON, with the control characters that JSON itself lets through (DEL and C1)
/// escaped: a terminal obeys some of them.
pub(crate) fn json(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    text.chars().fold(String::with_capacity(text.len() + 16), |mut out, c| {
        if c.is_control() {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
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
        assert!(!shown.contains(|c: char| c.is_control() || is_invisible(c)), "{shown:?}");
        assert!(shown.starts_with("a\\u{1b}[31m\\u{7}\\r\\n\\t") && shown.ends_with('é'));
    }

    #[test]
    fn escaped_json_means_the_same() {
        let text = "a\u{7f}\u{9b}\u{1b}\nb";
        let escaped = json(serde_json::to_string(text).unwrap());
        assert!(!escaped.contains(char::is_control), "{escaped}");
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
    }
}
