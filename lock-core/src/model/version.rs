//! How often a namespace has changed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A namespace's version: it rises with every step that changes something, except when a waiter
/// only renews its place.
///
/// An outcome carries the version that its step made, or, if it changed nothing, the one it saw:
/// sorted by version, with the step that made a version first, outcomes stand in the order in
/// which they happened.
///
/// ```
/// use lock_core::Version;
///
/// assert!(Version::new(1) < Version::new(1).next());
/// ```
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Version(u64);

impl Version {
    /// The version with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The version after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
