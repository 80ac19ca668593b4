//! Answers as people read them.

pub(crate) mod conflict;
pub(crate) mod lock;
pub(crate) mod next;
pub(crate) mod progress;
pub(crate) mod removed;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod time;

/// Writes a line to a string, which cannot fail.
macro_rules! say {
    ($out:expr, $($text:tt)*) => {{
        use std::fmt::Write as _;
        let _ = writeln!($out, $($text)*);
    }};
}

pub(crate) use say;
