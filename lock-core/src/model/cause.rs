//! How a lock ended.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a lock ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// Its agent let it go.
    Released,
    /// Its lease ran out.
    Expired,
    /// Its lease ran out, and a grant to another took its place.
    TakenOver,
    /// An operator ended it while it lived.
    Broken,
    /// A cleanup removed it.
    Cleaned,
    /// Its recorded process was proved dead.
    HolderDead,
    /// The agent never held this pattern, as far as the store remembers.
    NeverHeld,
    /// It was held once, and how it ended has been forgotten.
    #[serde(other)]
    Unknown,
}

impl Cause {
    /// The name in JSON: `released`, `taken_over`, ….
    ///
    /// ```
    /// assert_eq!(lock_core::Cause::TakenOver.as_str(), "taken_over");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Expired => "expired",
            Self::TakenOver => "taken_over",
            Self::Broken => "broken",
            Self::Cleaned => "cleaned",
            Self::HolderDead => "holder_dead",
            Self::NeverHeld => "never_held",
            Self::Unknown => "unknown",
        }
    }
}

impl Cause {
    /// The cause of this name; [`Cause::Unknown`] for a name that is none.
    ///
    /// ```
    /// use lock_core::Cause;
    ///
    /// assert_eq!(Cause::named("taken_over"), Cause::TakenOver);
    /// assert_eq!(Cause::named("sigh"), Cause::Unknown);
    /// ```
    pub fn named(name: &str) -> Self {
        let known = [
            Self::Released,
            Self::Expired,
            Self::TakenOver,
            Self::Broken,
            Self::Cleaned,
            Self::HolderDead,
            Self::NeverHeld,
        ];
        known.into_iter().find(|cause| cause.as_str() == name).unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
