//! Exclusive or shared.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether a lock admits others beside it.
///
/// ```
/// use lock_core::Mode::{Exclusive, Shared};
///
/// assert!(Shared.admits(Shared));
/// assert!(!Shared.admits(Exclusive) && !Exclusive.admits(Exclusive));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nobody else, on any path of the pattern.
    #[default]
    Exclusive,
    /// Beside other shared locks only.
    Shared,
}

impl Mode {
    /// Whether a lock of this mode and one of `other` may cover one path at the same time.
    pub fn admits(self, other: Self) -> bool {
        self == Self::Shared && other == Self::Shared
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exclusive => "exclusive",
            Self::Shared => "shared",
        })
    }
}
