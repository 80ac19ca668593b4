//! The walk that keeps its path in NFC, for the few pairs whose quick witness is not.

use std::collections::HashSet;

use super::{
    nfc::Tail,
    program::Op,
    table::Table,
    take::candidates,
    walk::{Pair, Walk},
};

/// A path in NFC that both take, if there is one.
pub(super) fn search(walk: Walk<'_>, table: &Table) -> Option<String> {
    let mut text = String::new();
    let mut seen: HashSet<(Pair, Tail)> = HashSet::new();
    let mut untried = vec![((0, 0), None, Tail::default(), 0)];
    while let Some((at, c, tail, length)) = untried.pop() {
        if !table.lives(at) || !seen.insert((at, tail)) {
            continue;
        }
        text.truncate(length);
        text.extend(c);
        if walk.ends(at) {
            return Some(text);
        }
        let (a, b) = (walk.p.node(at.0).op, walk.q.node(at.1).op);
        let length = text.len();
        let mut reach = |to, c: Option<char>| {
            let after = c.map_or(Some(tail), |c| tail.push(c));
            untried.extend(after.map(|after| (to, c, after, length)));
        };
        // Two loops need not take anything together, but to part what must not stand together.
        if is_loop(a) && is_loop(b) && tail != Tail::default() {
            reach(at, Some('q'));
        }
        for &(to, c) in walk.moves(at).iter().flatten().rev() {
            match (c, a.takes(walk.p), b.takes(walk.q)) {
                (Some(c), Some(a), Some(b)) if c != '/' => {
                    let candidates = candidates(a, b, walk.controls);
                    candidates.into_iter().rev().for_each(|c| reach(to, Some(c)));
                }
                (c, ..) => reach(to, c),
            }
        }
    }
    None
}

fn is_loop(op: Op) -> bool {
    matches!(op, Op::Star | Op::DeepIn | Op::Rest)
}
