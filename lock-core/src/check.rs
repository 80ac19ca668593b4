//! One finding of an examination.

use serde::Serialize;

/// One finding of an examination of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, in a word or two.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was seen.
    pub detail: String,
    /// What to do about it; empty if there is nothing to do.
    pub hint: String,
}

impl Check {
    /// A finding that is as it should be.
    ///
    /// ```
    /// let check = lock_core::Check::good("clock", "follows the system's");
    /// assert!(check.ok && check.hint.is_empty());
    /// ```
    pub fn good(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), ok: true, detail: detail.into(), hint: String::new() }
    }

    /// A finding that needs attention.
    ///
    /// ```
    /// let check = lock_core::Check::bad("guard", "missing", "lockctl doctor --repair");
    /// assert!(!check.ok);
    /// ```
    pub fn bad(
        name: impl Into<String>,
        detail: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { name: name.into(), ok: false, detail: detail.into(), hint: hint.into() }
    }
}
