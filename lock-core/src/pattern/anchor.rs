//! Where records that may meet a pattern stand in a tree of directories.

use super::program::{Op, Program};

/// A part of the tree of directories in which an expansion of a pattern can meet something.
///
/// Two patterns can only meet if the anchor of one is the anchor of the other or an ancestor of
/// it. So what may meet an expansion is anchored at the anchor, at an ancestor of it, or, where
/// `below`, at something below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// A directory, or the path of a plain expansion; unescaped; empty for the root.
    pub anchor: String,
    /// Whether what is anchored below it may meet the expansion too: unless this is a plain path.
    pub below: bool,
}

/// The spans of all expansions, sorted, each once.
pub(super) fn spans(program: &Program) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut todo = vec![(0, String::new())];
    while let Some((mut at, mut text)) = todo.pop() {
        loop {
            let node = program.node(at);
            match node.op {
                Op::Char(c) => text.push(c),
                Op::Slash => text.push('/'),
                Op::Jump => {}
                Op::Split(other) => todo.push((other, text.clone())),
                Op::End => {
                    spans.push(Span { anchor: text, below: false });
                    break;
                }
                Op::Tree => {
                    spans.push(Span { anchor: text, below: true });
                    break;
                }
                _ => {
                    text.truncate(text.rfind('/').unwrap_or(0));
                    spans.push(Span { anchor: text, below: true });
                    break;
                }
            }
            at = node.next;
        }
    }
    spans.sort();
    spans.dedup();
    spans
}

/// The longest directory that all anchors are, or are below.
pub(super) fn common(spans: &[Span]) -> &str {
    let mut spans = spans.iter().map(|span| span.anchor.as_str());
    let first = spans.next().unwrap_or("");
    spans.fold(first, |common, anchor| {
        let mut end = 0;
        let mut at = 0;
        for (a, b) in common.split('/').zip(anchor.split('/')) {
            if a != b {
                break;
            }
            end = at + a.len();
            at = end + 1;
        }
        common.get(..end).unwrap_or("")
    })
}
