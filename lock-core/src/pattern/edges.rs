//! How the paths of a pattern begin and end: a few bytes, to tell most patterns apart at a glance.

use super::program::{Op, Program};

/// The most bytes of either edge.
const MOST: usize = 16;

/// What the first and the last bytes of all paths of a pattern are, as far as it is plain there.
///
/// A path ends with a NUL here, so that a plain one is not taken for the beginning of others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edges {
    /// The first byte is the lowest one.
    first: [u64; 2],
    /// The last byte is the lowest one.
    last: [u64; 2],
    first_length: u8,
    last_length: u8,
}

impl Edges {
    pub(super) fn of(program: &Program) -> Self {
        let mut first = Edge::default();
        let mut at = program.node(0);
        while let Some(c) = plain(at.op).filter(|_| !first.is_full()) {
            first.push(c);
            match at.op {
                Op::End => break,
                _ => at = program.node(at.next),
            }
        }
        // Where paths part, the last nodes are not those of all of them.
        let parts = program.nodes.iter().any(|node| matches!(node.op, Op::Split(_) | Op::Jump));
        let mut last = Edge::default();
        for node in program.nodes.iter().rev().filter(|_| !parts) {
            match plain(node.op).filter(|_| !last.is_full()) {
                Some(c) => last.push_back(c),
                None => break,
            }
        }
        Self::from(first, last)
    }

    /// Those of one path.
    pub(super) fn plain(path: &[u8]) -> Self {
        let (mut first, mut last) = (Edge::default(), Edge::default());
        path.iter().chain([&0]).take(MOST).for_each(|byte| first.byte(*byte));
        [0].iter().chain(path.iter().rev()).take(MOST).for_each(|byte| last.byte(*byte));
        Self::from(first, last)
    }

    fn from(first: Edge, last: Edge) -> Self {
        Self {
            first: first.bytes,
            last: last.bytes,
            first_length: first.length,
            last_length: last.length,
        }
    }

    /// Whether some path may have the edges of both; nearly always enough to say that none has.
    #[inline]
    pub(super) fn agree(&self, other: &Self) -> bool {
        agree(self.first, other.first, self.first_length.min(other.first_length))
            && agree(self.last, other.last, self.last_length.min(other.last_length))
    }
}

#[inline]
fn agree(a: [u64; 2], b: [u64; 2], length: u8) -> bool {
    let mask = |length: u8| match length {
        0 => 0,
        length => u64::MAX >> (64 - 8 * u32::from(length.min(8))),
    };
    let ([a, c], [b, d]) = (a, b);
    ((a ^ b) & mask(length)) | ((c ^ d) & mask(length.saturating_sub(8))) == 0
}

/// One edge in the making.
#[derive(Default)]
struct Edge {
    bytes: [u64; 2],
    length: u8,
}

impl Edge {
    fn is_full(&self) -> bool {
        usize::from(self.length) == MOST
    }

    fn byte(&mut self, byte: u8) {
        let [low, high] = &mut self.bytes;
        match self.length {
            0..8 => *low |= u64::from(byte) << (8 * self.length),
            8..16 => *high |= u64::from(byte) << (8 * (self.length - 8)),
            _ => return,
        }
        self.length += 1;
    }

    fn push(&mut self, c: char) {
        c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| self.byte(byte));
    }

    /// For an edge that is read from its end.
    fn push_back(&mut self, c: char) {
        c.encode_utf8(&mut [0; 4]).bytes().rev().for_each(|byte| self.byte(byte));
    }
}

/// The character that a node takes and nothing else, NUL at the end.
fn plain(op: Op) -> Option<char> {
    match op {
        Op::Char(c) => Some(c),
        Op::Slash => Some('/'),
        Op::End => Some('\0'),
        _ => None,
    }
}
