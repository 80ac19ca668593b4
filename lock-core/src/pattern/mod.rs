//! What is locked: one path, or one glob.

use serde::{Deserialize, Serialize};

/// Placeholder until the real one lands: literal paths only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Pattern(std::sync::Arc<str>);
/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no pattern")]
pub struct PatternError;
/// Where records that may meet a pattern can be anchored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The directory.
    pub anchor: String,
    /// Whether records below it may meet too.
    pub below: bool,
}
#[allow(missing_docs)]
impl Pattern {
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        Ok(Self(text.into()))
    }
    pub fn literal(text: &str) -> Result<Self, PatternError> {
        Ok(Self(text.into()))
    }
    pub fn directory(text: &str) -> Result<Self, PatternError> {
        Ok(Self(format!("{text}/").into()))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn literal_path(&self) -> Option<&str> {
        Some(&self.0)
    }
    pub fn matches(&self, path: &str) -> bool {
        *self.0 == *path
    }
    pub fn meets(&self, other: &Self) -> bool {
        self.0 == other.0
    }
    pub fn witness(&self, other: &Self) -> Option<String> {
        self.meets(other).then(|| self.0.to_string())
    }
    pub fn anchor(&self) -> &str {
        &self.0
    }
    pub fn spans(&self) -> &[Span] {
        &[]
    }
}
impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl From<String> for Pattern {
    fn from(s: String) -> Self {
        Self(s.into())
    }
}
impl From<Pattern> for String {
    fn from(p: Pattern) -> Self {
        p.0.to_string()
    }
}
