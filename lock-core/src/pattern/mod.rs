//! What is locked: one path, or one glob.
//!
//! # What a pattern means
//!
//! | written | matches |
//! |---|---|
//! | `*` | any run of characters within a segment, also none; a segment is never empty |
//! | `?` | one character within a segment |
//! | `[a-z_]` | one of these; `[!…]` and `[^…]` one of all others; never a `/`, not even in a range |
//! | `**` | zero or more whole segments; one or more where it is the last |
//! | `{a,b/{c,d}}` | the union of its expansions: `a`, `b/c`, `b/d` |
//! | `\x` | the character `x`, even if it is special |
//! | `src/` | `src` itself and everything below it (`src/**` is only what is below) |
//! | `.` | everything; stored as `**` |
//!
//! A character is a Unicode scalar value of the text in NFC. Case matters. Wildcards match leading
//! dots. In a class, a `]` that comes first is a member, so is a `-` that comes first or last. A
//! `}` or `,` outside braces and a `]` outside a class are themselves. A class of which nothing is
//! left matches nothing; that is no error. What a `**`, an empty or a `.` segment is, is judged
//! after expansion: `a{/**,}` is fine. A leading `./` is dropped before.
//!
//! # What is refused
//!
//! Malformed text: an unclosed `[` or `{`, a range that runs backwards, a `/` in a class, a `**`
//! that is no whole segment, a trailing `\`. What is no path below the root: nothing, a leading
//! `/`, a `..` segment, and control characters; all of that in any expansion. And what is beyond
//! [`MAX_BYTES`], [`MAX_STARS`] or [`MAX_EXPANSIONS`]. See [`PatternError`].
//!
//! # When two patterns are one
//!
//! If their normal texts are equal. That unifies NFC, `//`, `./`, `**/**`, `[^` and escapes, and
//! nothing else: `[ab]` and `[ba]` are two patterns that mean the same.
//!
//! # When two patterns meet
//!
//! If some [valid path](is_valid_path) matches both: that is decided exactly. So `?` does not meet
//! `[.]`, as `.` is no path, and `e?` does not meet `?[\u{301}]`, as those two characters are one
//! in NFC.
//!
//! ```
//! use lock_core::pattern::Pattern;
//!
//! let sources = Pattern::parse("src/**/*.rs")?;
//! let tests = Pattern::parse("{src,tests}/**/*_test.*")?;
//! assert_eq!(sources.witness(&tests).as_deref(), Some("src/_test.rs"));
//! # Ok::<(), lock_core::pattern::PatternError>(())
//! ```
//!
//! # How
//!
//! A pattern is a small machine, a graph in which braces are branches, so that its size does not
//! grow with the number of expansions. Most pairs are told apart by their first and last bytes, or by
//! the bytes that stand side by side in all their paths.
//! Otherwise both machines are walked side by side, for a bounded number of moves; what is not
//! decided then is decided by a table that takes one row of bits for each node of one machine, so
//! that no pair is slow. The same table knows which characters may not stand together in NFC.

#[cfg(test)]
mod agreement;
mod anchor;
mod before;
mod braces;
mod builder;
mod class;
mod columns;
mod compile;
mod dots;
mod edges;
mod error;
mod fold;
#[cfg(test)]
mod hostile;
mod letters;
mod limits;
mod matches;
mod meet;
mod nfc;
mod pairs;
mod path;
mod plain;
mod print;
mod program;
mod rows;
mod scan;
mod seconds;
mod table;
mod take;
mod text;
mod walk;
mod work;

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

pub use anchor::Span;
use edges::Edges;
pub use error::PatternError;
pub use limits::{MAX_BYTES, MAX_EXPANSIONS, MAX_STARS};
use pairs::Pairs;
pub use path::is_valid_path;
use program::Program;
use scan::Kind;

/// One path or one glob, in its normal form.
///
/// Equality, order and hash are those of its [text](Self::as_str), which is also how it is shown
/// and serialized. Cloning copies a few words. A pattern that exists is well-formed and within the
/// limits; deserializing reads it as [`parse`](Self::parse) does.
#[derive(Clone)]
pub struct Pattern {
    /// Beside the pointer, so that most patterns are told apart without following it.
    edges: Edges,
    pairs: Pairs,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    text: String,
    program: Program,
    /// Whether it matches exactly the path that its only span is anchored at.
    literal: bool,
    /// The length of the anchor, which begins the first span's.
    anchor: usize,
    spans: Vec<Span>,
}

impl Pattern {
    /// Reads `text` as a glob relative to the root; see the [module](self) for what it may hold.
    ///
    /// # Errors
    ///
    /// If it means nothing, or is beyond a limit: [`PatternError::is_limit`] tells them apart.
    ///
    /// # Cost
    ///
    /// A fraction of a microsecond for a plain path, a few for globs that people write; linear in
    /// the text but for the [spans](Self::spans).
    ///
    /// ```
    /// use lock_core::pattern::Pattern;
    ///
    /// assert_eq!(Pattern::parse("./src//**/**/[^a]*")?.as_str(), "src/**/[!a]*");
    /// assert!(Pattern::parse("src/{a,b").is_err());
    /// # Ok::<(), lock_core::pattern::PatternError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if plain::is_plain(text) { Ok(Self::plain(text)) } else { Self::read(text) }
    }

    /// A path that is written as itself.
    fn plain(path: &str) -> Self {
        let span = Span { anchor: path.to_owned(), below: false };
        let inner = Inner {
            text: path.to_owned(),
            program: plain::program(path),
            literal: true,
            anchor: path.len(),
            spans: vec![span],
        };
        let bytes = path.as_bytes();
        Self { edges: Edges::plain(bytes), pairs: Pairs::plain(bytes), inner: Arc::new(inner) }
    }

    fn read(text: &str) -> Result<Self, PatternError> {
        let normal: String;
        let text = if text.is_ascii() {
            text
        } else {
            normal = text.nfc().collect();
            &normal
        };
        let tokens = fold::fold(scan::scan(text)?);
        let text = print::print(&tokens);
        if text.len() > MAX_BYTES {
            return Err(PatternError::TooLong { bytes: text.len() });
        }
        let program = compile::compile(&tokens)?;
        let spans = anchor::spans(&program);
        let anchor = anchor::common(&spans);
        let braces = tokens.iter().any(|token| token.kind == Kind::Open);
        // What is not in NFC is no path.
        let is_path = |span: &Span| !span.below && (!program.melts || is_valid_path(&span.anchor));
        let literal = !braces && spans.iter().all(is_path);
        let program = dots::exclude(program);
        let (edges, pairs) = (Edges::of(&program), Pairs::of(&program));
        let inner = Inner { text, program, literal, anchor, spans };
        Ok(Self { edges, pairs, inner: Arc::new(inner) })
    }

    /// The path `path`, none of whose characters is special.
    ///
    /// # Errors
    ///
    /// If it is no [valid path](is_valid_path) once in NFC, holds a control character, or is
    /// beyond a limit when escaped.
    ///
    /// ```
    /// use lock_core::pattern::Pattern;
    ///
    /// let page = Pattern::literal("pages/[id].tsx")?;
    /// assert_eq!(page.as_str(), "pages/\\[id\\].tsx");
    /// assert!(page.matches("pages/[id].tsx") && !page.matches("pages/i.tsx"));
    /// # Ok::<(), lock_core::pattern::PatternError>(())
    /// ```
    pub fn literal(path: &str) -> Result<Self, PatternError> {
        if plain::is_plain(path) {
            return Ok(Self::plain(path));
        }
        Self::parse(&escape(path)?)
    }

    /// The directory `path`, none of whose characters is special, and everything below it. The
    /// root is `.` or empty.
    ///
    /// # Errors
    ///
    /// As [`literal`](Self::literal).
    ///
    /// ```
    /// use lock_core::pattern::Pattern;
    ///
    /// let src = Pattern::directory("src")?;
    /// assert_eq!(src.as_str(), "src/");
    /// assert!(src.matches("src") && src.matches("src/a/b.rs"));
    /// assert_eq!(Pattern::directory(".")?.as_str(), "**");
    /// # Ok::<(), lock_core::pattern::PatternError>(())
    /// ```
    pub fn directory(path: &str) -> Result<Self, PatternError> {
        if matches!(path, "" | ".") {
            return Self::parse("**");
        }
        Self::parse(&(escape(path)? + "/"))
    }

    /// The normal text: what is stored and shown, and what reads as the same pattern again.
    pub fn as_str(&self) -> &str {
        &self.inner.text
    }

    /// The path, unescaped, if it is a plain one: no wildcard, class, brace or trailing slash.
    ///
    /// ```
    /// use lock_core::pattern::Pattern;
    ///
    /// assert_eq!(Pattern::parse("a\\*")?.literal_path(), Some("a*"));
    /// assert_eq!(Pattern::parse("a*")?.literal_path(), None);
    /// # Ok::<(), lock_core::pattern::PatternError>(())
    /// ```
    pub fn literal_path(&self) -> Option<&str> {
        let plain = self.inner.spans.first().filter(|_| self.inner.literal);
        plain.map(|span| span.anchor.as_str())
    }

    /// Whether it matches `path`, which is to be a [valid path](is_valid_path): what the answer is
    /// for other text is not promised.
    ///
    /// # Cost
    ///
    /// A few nanoseconds a character, and never more than the length of the path times the length
    /// of the pattern, in bits.
    ///
    /// ```
    /// use lock_core::pattern::Pattern;
    ///
    /// let tests = Pattern::parse("**/*_test.{rs,py}")?;
    /// assert!(tests.matches("a_test.rs") && tests.matches("src/deep/b_test.py"));
    /// assert!(!tests.matches("src/test.rs"));
    /// # Ok::<(), lock_core::pattern::PatternError>(())
    /// ```
    pub fn matches(&self, path: &str) -> bool {
        matches::matches(&self.inner.program, path)
    }

    /// Whether some [valid path](is_valid_path) matches both.
    ///
    /// # Cost
    ///
    /// A few nanoseconds for most pairs, which their edges tell apart; a fraction of a microsecond
    /// for others that people write; milliseconds for the worst within the limits.
    ///
    /// ```
    /// use lock_core::pattern::Pattern;
    ///
    /// let [sources, lib, docs] =
    ///     ["src/*.rs", "src/lib.*", "docs/"].map(|text| Pattern::parse(text).unwrap());
    /// assert!(sources.meets(&lib) && lib.meets(&sources));
    /// assert!(!sources.meets(&docs));
    /// ```
    pub fn meets(&self, other: &Self) -> bool {
        if !self.may_meet(other) {
            return false;
        }
        match (self.literal_path(), other.literal_path()) {
            (Some(path), Some(other)) => path == other,
            (Some(path), None) => other.matches(path),
            (None, Some(path)) => self.matches(path),
            (None, None) => meet::meets(&self.inner.program, &other.inner.program),
        }
    }

    /// Whether a glance at both does not tell them apart.
    #[inline]
    fn may_meet(&self, other: &Self) -> bool {
        self.pairs.agree(&other.pairs) && self.edges.agree(&other.edges)
    }

    /// A [valid path](is_valid_path) that both match; none exactly if they do not
    /// [meet](Self::meets).
    ///
    /// It holds no control characters if such a path exists, and reads as well as is easily had.
    /// Costs what [`meets`](Self::meets) costs, and the text.
    ///
    /// ```
    /// use lock_core::pattern::Pattern;
    ///
    /// let [sources, lib] = ["src/*.rs", "src/lib.*"].map(|text| Pattern::parse(text).unwrap());
    /// assert_eq!(sources.witness(&lib).as_deref(), Some("src/lib.rs"));
    /// ```
    pub fn witness(&self, other: &Self) -> Option<String> {
        if !self.may_meet(other) {
            return None;
        }
        if let Some(path) = self.literal_path().or_else(|| other.literal_path()) {
            return (self.matches(path) && other.matches(path)).then(|| path.to_owned());
        }
        meet::witness(&self.inner.program, &other.inner.program)
    }

    /// The longest literal directory that is an ancestor of, or equal to, all that it matches;
    /// unescaped, empty for the root. A plain path is its own, and so is `src` for `src/`.
    ///
    /// ```
    /// use lock_core::pattern::Pattern;
    ///
    /// for (text, anchor) in
    ///     [("src/*.rs", "src"), ("src/", "src"), ("a/b.rs", "a/b.rs"), ("{a,b}/*", "")]
    /// {
    ///     assert_eq!(Pattern::parse(text)?.anchor(), anchor);
    /// }
    /// # Ok::<(), lock_core::pattern::PatternError>(())
    /// ```
    pub fn anchor(&self) -> &str {
        let first = self.inner.spans.first();
        first.and_then(|span| span.anchor.get(..self.inner.anchor)).unwrap_or("")
    }

    /// Where patterns that may meet it can be [anchored](Self::anchor): one span per expansion,
    /// each once, sorted; or a single one that covers them all where they are very long.
    ///
    /// ```
    /// use lock_core::pattern::{Pattern, Span};
    ///
    /// let pattern = Pattern::parse("{Cargo.toml,src/*.rs}")?;
    /// assert_eq!(pattern.spans(), [
    ///     Span { anchor: "Cargo.toml".into(), below: false },
    ///     Span { anchor: "src".into(), below: true },
    /// ]);
    /// # Ok::<(), lock_core::pattern::PatternError>(())
    /// ```
    pub fn spans(&self) -> &[Span] {
        &self.inner.spans
    }
}

/// `path` with its special characters escaped.
fn escape(path: &str) -> Result<String, PatternError> {
    let path: String = path.nfc().collect();
    if path.len() > MAX_BYTES {
        return Err(PatternError::TooLong { bytes: path.len() });
    }
    if !is_valid_path(&path) {
        return Err(PatternError::NotAPath { path });
    }
    let mut out = String::with_capacity(path.len() + 8);
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(out)
}
