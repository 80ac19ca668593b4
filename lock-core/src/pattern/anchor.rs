//! Where records that may meet a pattern stand in a tree of directories.

use super::{
    MAX_BYTES,
    program::{Op, Program},
};

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

/// The most bytes of anchors that a pattern keeps. What people write needs a hundredth of it.
const MOST_BYTES: usize = 16 * MAX_BYTES;

/// The spans of all expansions, sorted, each once; or one that covers them all, if they are long.
pub(super) fn spans(program: &Program) -> Vec<Span> {
    let mut spans = Vec::with_capacity(1);
    let mut untried = Vec::new();
    let mut next = Some((0, String::with_capacity(program.nodes.len())));
    while let Some((at, anchor)) = next {
        spans.push(span(program, at, anchor, &mut untried));
        next = untried.pop();
    }
    spans.sort_unstable();
    spans.dedup();
    if spans.iter().map(|span| span.anchor.len()).sum::<usize>() > MOST_BYTES {
        let common = common(&spans);
        spans.truncate(1);
        for span in &mut spans {
            span.anchor.truncate(common);
            span.below = true;
        }
    }
    spans
}

/// The span of the first expansion from `at` on, behind `anchor`; where others part from it goes
/// to `untried`.
fn span(
    program: &Program,
    mut at: u32,
    mut anchor: String,
    untried: &mut Vec<(u32, String)>,
) -> Span {
    loop {
        let node = program.node(at);
        match node.op {
            Op::Char(c) => anchor.push(c),
            Op::Slash => anchor.push('/'),
            Op::Jump => {}
            Op::Split(other) => untried.push((other, anchor.clone())),
            Op::End => return Span { anchor, below: false },
            Op::Tree => return Span { anchor, below: true },
            _ => {
                anchor.truncate(anchor.rfind('/').unwrap_or(0));
                return Span { anchor, below: true };
            }
        }
        at = node.next;
    }
}

/// The length of the longest directory that all anchors are, or are below: it begins each.
pub(super) fn common(spans: &[Span]) -> usize {
    let mut anchors = spans.iter().map(|span| span.anchor.as_str());
    let first = anchors.next().unwrap_or("");
    anchors.fold(first.len(), |common, anchor| {
        let mut end = 0;
        let mut at = 0;
        for (a, b) in first.get(..common).unwrap_or("").split('/').zip(anchor.split('/')) {
            if a != b {
                break;
            }
            end = at + a.len();
            at = end + 1;
        }
        end
    })
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;

    #[test]
    fn the_anchors_of_a_hostile_pattern_are_kept_short() {
        let text = "a/".to_owned() + &"{b,c}".repeat(8) + "/" + &"d".repeat(4000) + "/e";
        let pattern = Pattern::parse(&text).unwrap();
        assert_eq!(pattern.anchor(), "a");
        assert!(matches!(pattern.spans(), [span] if span.anchor == "a" && span.below));
        let short = Pattern::parse("a/{b,c}{b,c}/d").unwrap();
        assert_eq!(short.spans().len(), 4);
    }
}
