//! Who locks.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};

/// Who locks: 1 to 128 bytes, printable, without spaces. Case matters; `*` is just a character.
///
/// ```
/// use lock_core::AgentId;
///
/// assert_eq!(AgentId::new("agent-7").unwrap().as_str(), "agent-7");
/// assert!(AgentId::new("agent 7").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct AgentId(Arc<str>);

impl AgentId {
    /// The longest agent id, in bytes.
    pub const MAX_BYTES: usize = 128;

    /// The agent of this name.
    ///
    /// # Errors
    /// [`InvalidAgent`] says which rule the name breaks.
    pub fn new(name: &str) -> Result<Self, InvalidAgent> {
        if name.is_empty() {
            return Err(InvalidAgent::Empty);
        }
        if name.len() > Self::MAX_BYTES {
            return Err(InvalidAgent::TooLong);
        }
        match name.chars().find(|c| !is_printable(*c)) {
            Some(c) => Err(InvalidAgent::Character(c)),
            None => Ok(Self(name.into())),
        }
    }

    /// Nobody: for questions that are asked in no agent's name. No agent can be called so, and no
    /// store can keep it.
    pub(crate) fn nobody() -> Self {
        Self("a stranger".into())
    }

    pub(crate) fn is_nobody(&self) -> bool {
        self.0.contains(' ')
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Printable, in the sense that it can neither move a cursor nor hide nor look like a separator.
fn is_printable(c: char) -> bool {
    let invisible = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}');
    !c.is_control() && !c.is_whitespace() && !invisible
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl TryFrom<String> for AgentId {
    type Error = InvalidAgent;

    fn try_from(name: String) -> Result<Self, InvalidAgent> {
        Self::new(&name)
    }
}

impl TryFrom<&str> for AgentId {
    type Error = InvalidAgent;

    fn try_from(name: &str) -> Result<Self, InvalidAgent> {
        Self::new(name)
    }
}

impl std::str::FromStr for AgentId {
    type Err = InvalidAgent;

    fn from_str(name: &str) -> Result<Self, InvalidAgent> {
        Self::new(name)
    }
}

impl Serialize for AgentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl From<AgentId> for String {
    fn from(agent: AgentId) -> Self {
        agent.0.as_ref().to_owned()
    }
}

/// A name that no agent can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAgent {
    /// It has no characters.
    #[error("an agent id cannot be empty")]
    Empty,
    /// It is longer than [`AgentId::MAX_BYTES`].
    #[error("an agent id has at most 128 bytes")]
    TooLong,
    /// It contains this character.
    #[error("an agent id has printable characters and no spaces, not {0:?}")]
    Character(char),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_limits() {
        assert!(AgentId::new(&"a".repeat(128)).is_ok() && AgentId::new("*").is_ok());
        assert!(AgentId::new(AgentId::nobody().as_str()).is_err() && AgentId::nobody().is_nobody());
        assert_eq!(AgentId::new(""), Err(InvalidAgent::Empty));
        assert_eq!(AgentId::new(&"a".repeat(129)), Err(InvalidAgent::TooLong));
        for bad in ['\n', '\0', ' ', '\u{1b}', '\u{a0}', '\u{202e}', '\u{200b}'] {
            assert_eq!(AgentId::new(&format!("a{bad}")), Err(InvalidAgent::Character(bad)));
        }
    }
}
