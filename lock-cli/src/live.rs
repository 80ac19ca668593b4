//! One line on the terminal that is written over and over, and gone in the end.

use std::io::{self, IsTerminal as _, Write as _};

use rustix::termios::tcgetwinsize;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::args::Global;

/// How wide a terminal is that does not say.
const USUAL_WIDTH: usize = 80;

/// A line on the terminal that stderr is; cleared when dropped.
#[derive(Debug)]
pub(crate) struct LiveLine {
    shown: bool,
}

impl LiveLine {
    /// None where nobody would see it, or it would get in the way: stderr is no terminal or one
    /// that cannot clear a line, the answer is for scripts, notes are not wanted, or a log is.
    pub(crate) fn new(global: &Global) -> Option<Self> {
        let wanted = !global.json && !global.quiet && global.verbose == 0;
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        (wanted && !dumb && io::stderr().is_terminal()).then(|| Self { shown: false })
    }

    /// Shows `text`, in which nothing may move the cursor, instead of what it showed before.
    pub(crate) fn show(&mut self, text: &str) {
        self.shown = true;
        // Asked for each time: windows change.
        let width = tcgetwinsize(io::stderr()).map_or(0, |size| usize::from(size.ws_col));
        let width = if width == 0 { USUAL_WIDTH } else { width };
        // A full last column would make some terminals begin a new line.
        write(&format!("\r{}\x1b[K", cut(text, width.saturating_sub(1))));
    }
}

impl Drop for LiveLine {
    fn drop(&mut self) {
        if self.shown {
            write("\r\x1b[K");
        }
    }
}

/// If nobody can see it, nobody misses it.
fn write(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// What of `text` fits into so many columns.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let mut out: String = text
        .chars()
        .take_while(|c| match left.checked_sub(c.width().unwrap_or(0)) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        })
        .collect();
    if columns > 0 {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_to_the_columns_there_are() {
        for (text, columns, cut_text) in [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
        ] {
            assert_eq!(cut(text, columns), cut_text, "{text} in {columns}");
        }
    }
}
