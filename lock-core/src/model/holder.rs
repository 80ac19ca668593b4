//! One run or one guard of an agent.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};

use super::Nonce;

/// One `run` or one guard of an agent. Two holders of one agent exclude each other, except that a
/// holder made [inside](HolderId::nested) another never conflicts with it.
///
/// The text of a nested holder begins with that of the holder it is in, so the text alone says
/// who is inside whom.
///
/// ```
/// use lock_core::HolderId;
///
/// let outer = HolderId::random();
/// let inner = outer.nested().unwrap();
/// assert!(inner.is_related_to(&outer) && outer.is_related_to(&inner));
/// assert!(!outer.is_related_to(&HolderId::random()));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct HolderId(Arc<str>);

impl HolderId {
    /// The longest holder id, in bytes: about twenty holders inside each other.
    pub const MAX_BYTES: usize = 256;

    /// A new holder, inside no other.
    pub fn random() -> Self {
        Self(segment().into())
    }

    /// A new holder inside this one; `None` when they are nested too deep.
    pub fn nested(&self) -> Option<Self> {
        Self::new(&format!("{}.{}", self.0, segment()))
    }

    /// The holder of this name; `None` unless it is up to [`HolderId::MAX_BYTES`] letters, digits
    /// and dots.
    pub fn new(name: &str) -> Option<Self> {
        let fits = !name.is_empty() && name.len() <= Self::MAX_BYTES;
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        (fits && plain).then(|| Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether one of the two is the other, or inside it.
    pub fn is_related_to(&self, other: &Self) -> bool {
        let (short, long) =
            if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        long.0.strip_prefix(&*short.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// Twelve hexadecimal digits: unique among the holders of one agent.
fn segment() -> String {
    Nonce::random().to_string().chars().take(12).collect()
}

impl fmt::Display for HolderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for HolderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for HolderId {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::new(&name).ok_or("not a holder's name")
    }
}

impl Serialize for HolderId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl From<HolderId> for String {
    fn from(holder: HolderId) -> Self {
        holder.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_beginning_is_not_nesting() {
        let name = |text| HolderId::new(text).unwrap();
        assert!(name("ab").is_related_to(&name("ab.c")));
        assert!(!name("ab").is_related_to(&name("abc")));
        assert!(!name("ab.c").is_related_to(&name("ab.d")));
    }

    #[test]
    fn nesting_ends() {
        let mut holder = Some(HolderId::random());
        let depth = std::iter::from_fn(|| {
            holder = holder.as_ref()?.nested();
            holder.clone()
        });
        assert_eq!(depth.count(), 18);
    }
}
