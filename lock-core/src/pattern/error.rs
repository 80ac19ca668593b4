//! Why a text is no pattern.

use super::{MAX_BYTES, MAX_EXPANSIONS, MAX_STARS};

/// Why a text is no pattern: one line each, naming the offending part and where it stands.
///
/// Positions count characters of the NFC form from 1. No message holds a raw control character.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// There is nothing in it.
    #[error("the pattern is empty")]
    Empty,
    /// It has more than [`MAX_BYTES`] bytes.
    #[error("the pattern has {bytes} bytes, the limit is {MAX_BYTES}")]
    TooLong {
        /// How many bytes it has.
        bytes: usize,
    },
    /// It has more than [`MAX_STARS`] stars.
    #[error("the pattern has {stars} `*`, the limit is {MAX_STARS}")]
    TooManyStars {
        /// How many it has.
        stars: usize,
    },
    /// Its braces stand for more than [`MAX_EXPANSIONS`] texts.
    #[error("the braces of the pattern stand for more than {MAX_EXPANSIONS} alternatives")]
    TooManyExpansions,
    /// A control character stands in it.
    #[error("control character {} at character {at}", .character.escape_unicode())]
    ControlCharacter {
        /// Which one.
        character: char,
        /// Where.
        at: usize,
    },
    /// It, or one of its alternatives, begins with `/`.
    #[error("the pattern begins with `/` at character {at}; patterns are relative to the root")]
    Absolute {
        /// Where.
        at: usize,
    },
    /// A segment of it, or of one of its alternatives, is `..`.
    #[error("a `..` segment ends before character {at}; patterns hold no `..`")]
    ParentSegment {
        /// The position just after it.
        at: usize,
    },
    /// A `[` has no `]`.
    #[error("the `[` at character {at} is never closed; a literal one is written `\\[`")]
    UnclosedClass {
        /// Where the `[` stands.
        at: usize,
    },
    /// A `{` has no `}`.
    #[error("the `{{` at character {at} is never closed; a literal one is written `\\{{`")]
    UnclosedBrace {
        /// Where the `{` stands.
        at: usize,
    },
    /// A range in a class runs backwards.
    #[error("the range `{from}-{to}` at character {at} runs backwards")]
    ReversedRange {
        /// Its first end as written.
        from: char,
        /// Its second end as written.
        to: char,
        /// Where it begins.
        at: usize,
    },
    /// A `/` is written in a class.
    #[error("the `/` at character {at} stands in a class; only `**` matches a `/`")]
    SlashInClass {
        /// Where the `/` stands.
        at: usize,
    },
    /// It ends with a `\` that escapes nothing.
    #[error("the pattern ends with a `\\` that escapes nothing; a literal one is written `\\\\`")]
    TrailingEscape,
    /// A `**` is not a whole segment.
    #[error("`**` before character {at} is not a whole segment")]
    StarsInSegment {
        /// The position just after it.
        at: usize,
    },
    /// One of its alternatives is empty.
    #[error("one alternative of the pattern is empty")]
    EmptyExpansion,
    /// A text to be taken literally is no relative path without `.` and `..` segments.
    #[error("`{}` is no path relative to the root", .path.escape_debug())]
    NotAPath {
        /// The text.
        path: String,
    },
}

impl PatternError {
    /// Whether the text is only beyond a limit, and not malformed.
    ///
    /// ```
    /// use lock_core::pattern::Pattern;
    ///
    /// assert!(Pattern::parse(&"a".repeat(5000)).unwrap_err().is_limit());
    /// assert!(!Pattern::parse("[a").unwrap_err().is_limit());
    /// ```
    pub fn is_limit(&self) -> bool {
        matches!(self, Self::TooLong { .. } | Self::TooManyStars { .. } | Self::TooManyExpansions)
    }
}
