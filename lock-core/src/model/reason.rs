//! Why somebody locks.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};

/// Why somebody locks: any text up to 1,024 bytes, for people to read.
///
/// ```
/// use lock_core::Reason;
///
/// assert_eq!(Reason::new("rename Foo").unwrap().as_str(), "rename Foo");
/// assert!(Reason::new(&"x".repeat(1_025)).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Reason(Arc<str>);

impl Reason {
    /// The longest reason, in bytes.
    pub const MAX_BYTES: usize = 1_024;

    /// A reason with this text.
    ///
    /// # Errors
    /// [`InvalidReason`] if it is longer than [`Reason::MAX_BYTES`].
    pub fn new(text: &str) -> Result<Self, InvalidReason> {
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidReason { bytes: text.len() });
        }
        Ok(Self(text.into()))
    }

    /// The text, as it was given: escape it before a terminal sees it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl TryFrom<String> for Reason {
    type Error = InvalidReason;

    fn try_from(text: String) -> Result<Self, InvalidReason> {
        Self::new(&text)
    }
}

impl TryFrom<&str> for Reason {
    type Error = InvalidReason;

    fn try_from(text: &str) -> Result<Self, InvalidReason> {
        Self::new(text)
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl From<Reason> for String {
    fn from(reason: Reason) -> Self {
        reason.0.as_ref().to_owned()
    }
}

/// A reason longer than [`Reason::MAX_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reason has at most 1024 bytes, not {bytes}")]
#[non_exhaustive]
pub struct InvalidReason {
    /// How long the text is.
    pub bytes: usize,
}
