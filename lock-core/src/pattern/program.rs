//! The machine that a pattern is matched by: a graph whose paths are the expansions.
//!
//! Braces are branches of the graph, so that its size grows with the text and not with the number
//! of expansions. Its nodes stand in topological order: every edge leads to a later node, but for
//! the loop of [`Op::DeepIn`].

use super::{class::CharSet, nfc::stands_alone};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Op {
    /// Takes this character.
    Char(char),
    /// Takes any one character of a segment.
    Any,
    /// Takes one character of this class.
    Class(u32),
    /// Takes a `/`.
    Slash,
    /// Takes any run of characters of a segment.
    Star,
    /// Stands at the start of a segment; takes any number of whole segments with their slashes.
    Deep,
    /// Within a segment that the [`Op::Deep`] just before it takes.
    DeepIn,
    /// Takes whatever follows, and may end here.
    Rest,
    /// May end here, or goes on behind a `/`.
    Tree,
    /// Ends here.
    End,
    /// Goes on at the next node or at this one.
    Split(u32),
    /// Goes on at the next node.
    Jump,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) op: Op,
    pub(super) next: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) nodes: Vec<Node>,
    pub(super) classes: Vec<CharSet>,
    /// Whether a witness made of what it takes may turn out not to be in NFC.
    pub(super) melts: bool,
    /// Whether a witness may need a control character.
    pub(super) controls: bool,
}

impl Program {
    pub(super) fn new(nodes: Vec<Node>, classes: Vec<CharSet>) -> Self {
        let melts = nodes.iter().any(|node| matches!(node.op, Op::Char(c) if !stands_alone(c)))
            || classes.iter().any(CharSet::melts);
        let controls = classes.iter().any(CharSet::may_leave_controls);
        Self { nodes, classes, melts, controls }
    }

    /// The node at `at`. There is none behind an edge that does not exist.
    pub(super) fn node(&self, at: u32) -> Node {
        self.nodes.get(at as usize).copied().unwrap_or(Node { op: Op::End, next: at })
    }

    pub(super) fn class(&self, class: u32) -> Option<&CharSet> {
        self.classes.get(class as usize)
    }

    pub(super) fn class_contains(&self, class: u32, c: char) -> bool {
        self.class(class).is_some_and(|set| set.contains(c))
    }

    pub(super) fn ends(&self, at: u32) -> bool {
        matches!(self.node(at).op, Op::End | Op::Rest | Op::Tree)
    }
}
