//! What others wrote, made safe to show.

use std::fmt::{self, Write as _};

/// A text from outside in which whatever cannot be seen is written as its escape: control
/// characters, marks that turn the direction of writing, combining marks without a base.
/// Backslashes and quotes stay, so that a pattern can be typed as it is shown.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\\' | '\'' | '"' => f.write_char(c)?,
                c => write!(f, "{}", c.escape_debug())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_shown_and_what_is_typed_stays() {
        let text = Escaped("a\u{1b}[31m\u{202e}\u{200b}\n \\[é\u{301}'\"").to_string();
        assert_eq!(text, "a\\u{1b}[31m\\u{202e}\\u{200b}\\n \\[é\\u{301}'\"");
    }
}
