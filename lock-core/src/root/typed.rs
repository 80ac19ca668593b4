//! The way back: how a stored name is typed.

use std::path::Path;

use super::{Root, argument::SPECIAL};
use crate::Pattern;

impl Root {
    /// How somebody who stands in `cwd` types `pattern`, a name in this root: what
    /// [`readings`](Self::readings) makes of it there has the pattern among them. For printing a
    /// command that can be typed as it stands.
    ///
    /// ```
    /// use lock_core::{Pattern, root::Root};
    ///
    /// let top = tempfile::tempdir().unwrap();
    /// let root = Root::at(top.path()).unwrap();
    /// let sub = root.path().join("src/deep");
    /// let pattern = Pattern::parse("src/*.rs")?;
    /// assert_eq!(root.typed(&pattern, root.path()), "src/*.rs");
    /// assert_eq!(root.typed(&pattern, &sub), "../../src/*.rs");
    /// # Ok::<(), lock_core::pattern::PatternError>(())
    /// ```
    pub fn typed(&self, pattern: &Pattern, cwd: &Path) -> String {
        let Ok(below) = cwd.strip_prefix(&self.path) else {
            return format!("{}/{pattern}", escaped(&self.path));
        };
        match below.components().count() {
            // It must not look like an option.
            0 if pattern.as_str().starts_with('-') => format!("./{pattern}"),
            depth => format!("{}{pattern}", "../".repeat(depth)),
        }
    }
}

/// A path as a glob that means only this path.
fn escaped(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.chars().flat_map(|c| SPECIAL.contains(&c).then_some('\\').into_iter().chain([c])).collect()
}
