//! Which anchors to look at for the locks that may meet some patterns.

use std::collections::BTreeSet;

use lock_core::Pattern;

/// Which anchors to look at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Anchors {
    /// Everything: some pattern may meet any other.
    pub(crate) all: bool,
    /// Exactly these.
    pub(crate) at: BTreeSet<String>,
    /// These directories' contents; none of them lies in another.
    pub(crate) below: BTreeSet<String>,
}

impl Anchors {
    /// For each span its own anchor and all above it, and what lies below where the span says so.
    pub(crate) fn of(patterns: &[Pattern]) -> Self {
        let mut anchors = Self::default();
        for span in patterns.iter().flat_map(Pattern::spans) {
            if span.below && span.anchor.is_empty() {
                return Self { all: true, ..Self::default() };
            }
            if span.below {
                anchors.below.insert(span.anchor.clone());
            }
            for above in ancestors(&span.anchor) {
                anchors.at.insert(above.to_owned());
            }
        }
        // Nothing is looked at twice.
        let tops = anchors.below.clone();
        let inside =
            |path: &str| ancestors(path).any(|above| above != path && tops.contains(above));
        anchors.at.retain(|path| !inside(path));
        anchors.below.retain(|path| !inside(path));
        anchors
    }
}

/// The path itself, the directories above it, and the root, which is empty.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let slashes = path.bytes().zip(0..).filter(|(byte, _)| *byte == b'/').map(|(_, at)| at);
    let above = slashes.filter_map(|at: usize| path.get(..at));
    let itself = (!path.is_empty()).then_some(path);
    std::iter::once("").chain(above).chain(itself)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchors(patterns: &[&str]) -> (Vec<String>, Vec<String>, bool) {
        let patterns: Vec<_> = patterns.iter().map(|text| Pattern::parse(text).unwrap()).collect();
        let Anchors { all, at, below } = Anchors::of(&patterns);
        (at.into_iter().collect(), below.into_iter().collect(), all)
    }

    #[test]
    fn a_path_looks_up_and_a_glob_looks_down_too() {
        let (at, below, all) = anchors(&["src/a/b.rs"]);
        assert_eq!(at, ["", "src", "src/a", "src/a/b.rs"]);
        assert!(below.is_empty() && !all);
        let (at, below, _) = anchors(&["src/a/*.rs"]);
        assert_eq!(at, ["", "src", "src/a"]);
        assert_eq!(below, ["src/a"]);
        assert!(anchors(&["*.rs"]).2 && anchors(&["x", "**"]).2);
    }

    #[test]
    fn nothing_is_looked_at_twice() {
        let (at, below, _) = anchors(&["src/*.rs", "src/a/*.rs", "src/a/b.rs", "src2/c"]);
        assert_eq!(at, ["", "src", "src2", "src2/c"]);
        assert_eq!(below, ["src"]);
    }
}
