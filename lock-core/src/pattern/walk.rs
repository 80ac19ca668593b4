//! Walking two machines side by side: the quick way to a path that both take.
//!
//! The moves leave out what leads nowhere new: two loops never take a character together if one of
//! them can go on instead. So no walk is endless, and a state from which both can end still has a
//! move to such a state.

use super::{
    program::{Node, Op, Program},
    take::pick,
    work,
};

/// Where the two machines are.
pub(super) type Pair = (u32, u32);

/// One move: where it leads, and the character taken on the way.
pub(super) type Move = (Pair, Option<char>);

/// Two programs, and whether a witness may hold control characters.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    pub(super) p: &'a Program,
    pub(super) q: &'a Program,
    pub(super) controls: bool,
}

/// What a walk within its bounds found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Yes,
    No,
    /// Neither: it would have taken too long.
    Unknown,
}

/// How many moves a walk may make. Nearly all pairs need a tenth of that, and all others are
/// cheaper to decide as a whole.
const MOST_MOVES: usize = 1000;

/// How many untried moves may be left behind.
const MOST_UNTRIED: usize = 24;

impl Walk<'_> {
    /// Looks for a path that both take; `text` becomes that path, or anything at all.
    pub(super) fn run(self, mut text: impl Text) -> Found {
        let mut untried = [((0, 0), None, 0); MOST_UNTRIED];
        let mut left = 0;
        let mut at = (0, 0);
        for _ in 0..MOST_MOVES {
            work::note(1);
            if self.ends(at) {
                return Found::Yes;
            }
            let (a, b) = (self.p.node(at.0), self.q.node(at.1));
            // What most moves are.
            if a.op == b.op
                && let Op::Char(_) | Op::Slash = a.op
            {
                text.push(if let Op::Char(c) = a.op { c } else { '/' });
                at = (a.next, b.next);
                continue;
            }
            let moves = self.moves_of(a, b, at);
            let mut some = moves.iter().flatten();
            let first = some.next();
            // Those to try last go in first.
            for &(to, c) in some.rev() {
                match untried.get_mut(left) {
                    Some(slot) => *slot = (to, c, text.len()),
                    None => return Found::Unknown,
                }
                left += 1;
            }
            let (to, c) = match first {
                Some(&first) => first,
                None => {
                    let Some(before) = left.checked_sub(1) else { return Found::No };
                    left = before;
                    let Some(&(to, c, length)) = untried.get(left) else { return Found::Unknown };
                    text.truncate(length);
                    (to, c)
                }
            };
            if let Some(c) = c {
                text.push(c);
            }
            at = to;
        }
        Found::Unknown
    }

    pub(super) fn ends(self, (i, j): Pair) -> bool {
        self.p.ends(i) && self.q.ends(j)
    }

    /// The moves from `at`, the ones that make the better witness first.
    pub(super) fn moves(self, at: Pair) -> [Option<Move>; 3] {
        self.moves_of(self.p.node(at.0), self.q.node(at.1), at)
    }

    #[inline]
    fn moves_of(self, a: Node, b: Node, (i, j): Pair) -> [Option<Move>; 3] {
        let skip_a = Some(((a.next, j), None));
        let skip_b = Some(((i, b.next), None));
        match (a.op, b.op) {
            (Op::Jump, _) => [skip_a, None, None],
            (_, Op::Jump) => [skip_b, None, None],
            (Op::Split(other), _) => [skip_a, Some(((other, j), None)), None],
            (_, Op::Split(other)) => [skip_b, Some(((i, other), None)), None],
            (Op::Star, Op::Star) | (Op::Deep, Op::Deep) => [skip_a, skip_b, None],
            (Op::Star | Op::Deep, Op::Rest) => [skip_a, None, None],
            (Op::Rest, Op::Star | Op::Deep) => [skip_b, None, None],
            (Op::Star, Op::Deep) => [skip_a, skip_b, self.both(a, b, (i, j + 1))],
            (Op::Deep, Op::Star) => [skip_a, skip_b, self.both(a, b, (i + 1, j))],
            (Op::Star, Op::DeepIn) => [skip_a, None, None],
            (Op::DeepIn, Op::Star) => [skip_b, None, None],
            // A `*` that stands for something reads better than one that stands for nothing.
            (Op::Star, Op::Any) => [self.both(a, b, (i, b.next)), skip_a, None],
            (Op::Any, Op::Star) => [self.both(a, b, (a.next, j)), skip_b, None],
            // What follows a `*` seldom fits: no need to find that out later.
            (Op::Star, _) if !may_share(self.p.node(a.next).op, b.op) => {
                [self.both(a, b, (i, b.next)), None, None]
            }
            (_, Op::Star) if !may_share(a.op, self.q.node(b.next).op) => {
                [self.both(a, b, (a.next, j)), None, None]
            }
            (Op::Star, _) => [skip_a, self.both(a, b, (i, b.next)), None],
            (_, Op::Star) => [skip_b, self.both(a, b, (a.next, j)), None],
            (Op::Deep, _) => [skip_a, self.both(a, b, (i + 1, b.next)), None],
            (_, Op::Deep) => [skip_b, self.both(a, b, (a.next, j + 1)), None],
            (Op::DeepIn | Op::Rest, Op::DeepIn | Op::Rest)
            | (_, Op::Slash | Op::Tree)
            | (Op::Slash | Op::Tree, _) => [self.slash(a, b, (i, j)), None, None],
            (Op::DeepIn | Op::Rest, _) => [self.both(a, b, (i, b.next)), None, None],
            (_, Op::DeepIn | Op::Rest) => [self.both(a, b, (a.next, j)), None, None],
            _ => [self.both(a, b, (a.next, b.next)), None, None],
        }
    }

    /// The move in which both take the same character of a segment.
    fn both(self, a: Node, b: Node, to: Pair) -> Option<Move> {
        // The most frequent cases by far.
        match (a.op, b.op) {
            (Op::Char(x), Op::Char(y)) => return (x == y).then_some((to, Some(x))),
            (Op::Char(c), other) | (other, Op::Char(c)) if other.takes_any() => {
                return Some((to, Some(c)));
            }
            _ => {}
        }
        let c = pick(a.op.takes(self.p)?, b.op.takes(self.q)?, self.controls)?;
        Some((to, Some(c)))
    }

    /// The move in which both take a slash.
    fn slash(self, a: Node, b: Node, (i, j): Pair) -> Option<Move> {
        let to = |node: Node, at: u32| if node.op == Op::Rest { at } else { node.next };
        (a.op.takes_slash() && b.op.takes_slash()).then(|| ((to(a, i), to(b, j)), Some('/')))
    }
}

/// Whether two machines may go on from here; nearly always right, and never wrongly `false`.
fn may_share(a: Op, b: Op) -> bool {
    match (a, b) {
        (Op::Char(x), Op::Char(y)) => x == y,
        (Op::Char(_), Op::Slash | Op::End) | (Op::Slash | Op::End, Op::Char(_)) => false,
        (Op::Slash, Op::End) | (Op::End, Op::Slash) => false,
        _ => true,
    }
}

/// Where a walk writes down its path, if anyone wants it.
pub(super) trait Text {
    fn len(&self) -> usize;
    fn push(&mut self, c: char);
    fn truncate(&mut self, length: usize);
}

/// Nobody does.
impl Text for () {
    fn len(&self) -> usize {
        0
    }
    fn push(&mut self, _: char) {}
    fn truncate(&mut self, _: usize) {}
}

impl Text for &mut String {
    fn len(&self) -> usize {
        String::len(self)
    }
    fn push(&mut self, c: char) {
        String::push(self, c);
    }
    fn truncate(&mut self, length: usize) {
        String::truncate(self, length);
    }
}
