//! What is locked: one path, or one glob.

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
mod path;
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
pub use path::is_valid_path;
use program::Program;
use scan::Kind;

/// One path or one glob, in its normal form.
#[derive(Clone)]
pub struct Pattern {
    /// Beside the pointer, so that most patterns are told apart without following it.
    edges: Edges,
    inner: Arc<Inner>,
}

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
    /// Reads `text` as a glob relative to the root.
    ///
    /// # Errors
    /// If it means nothing, or is beyond a limit.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
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
        let literal = !braces
            && spans
                .iter()
                .all(|span| !span.below && (!program.melts || is_valid_path(&span.anchor)));
        let program = dots::exclude(program);
        let edges = Edges::of(&program);
        Ok(Self { edges, inner: Arc::new(Inner { text, program, literal, anchor, spans }) })
    }

    /// The path `path`, none of whose characters is special.
    ///
    /// # Errors
    /// If it is no relative path without `.` and `..` segments, or is beyond a limit.
    pub fn literal(path: &str) -> Result<Self, PatternError> {
        Self::parse(&escape(path)?)
    }

    /// The directory `path`, none of whose characters is special, and everything below it. The
    /// root is `.` or empty.
    ///
    /// # Errors
    /// As [`literal`](Self::literal).
    pub fn directory(path: &str) -> Result<Self, PatternError> {
        if matches!(path, "" | ".") {
            return Self::parse("**");
        }
        Self::parse(&(escape(path)? + "/"))
    }

    /// The normal text: what is stored and shown.
    pub fn as_str(&self) -> &str {
        &self.inner.text
    }

    /// The path, unescaped, if this is a plain one.
    pub fn literal_path(&self) -> Option<&str> {
        let plain = self.inner.spans.first().filter(|_| self.inner.literal);
        plain.map(|span| span.anchor.as_str())
    }

    /// Whether it matches the valid stored path `path`.
    pub fn matches(&self, path: &str) -> bool {
        matches::matches(&self.inner.program, path)
    }

    /// Whether some valid stored path matches both.
    pub fn meets(&self, other: &Self) -> bool {
        if !self.edges.agree(&other.edges) {
            return false;
        }
        match (self.literal_path(), other.literal_path()) {
            (Some(path), Some(other)) => path == other,
            (Some(path), None) => other.matches(path),
            (None, Some(path)) => self.matches(path),
            (None, None) => meet::meets(&self.inner.program, &other.inner.program),
        }
    }

    /// A valid stored path that matches both; none exactly if they do not meet.
    pub fn witness(&self, other: &Self) -> Option<String> {
        if !self.edges.agree(&other.edges) {
            return None;
        }
        if let Some(path) = self.literal_path().or_else(|| other.literal_path()) {
            return (self.matches(path) && other.matches(path)).then(|| path.to_owned());
        }
        meet::witness(&self.inner.program, &other.inner.program)
    }

    /// The longest literal directory that is an ancestor of, or equal to, all that it matches.
    pub fn anchor(&self) -> &str {
        let first = self.inner.spans.first();
        first.and_then(|span| span.anchor.get(..self.inner.anchor)).unwrap_or("")
    }

    /// Where records that may meet it can be anchored: one span per expansion, each once.
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
        if matches!(c, '*' | '?' | '[' | '{' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(out)
}
