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
        let (first, first_length) = collect(first_bytes(program));
        let (last, last_length) = collect(last_bytes(program));
        Self { first, last, first_length, last_length }
    }

    /// Those of one path.
    pub(super) fn plain(path: &[u8]) -> Self {
        let (first, first_length) = collect(path.iter().copied().chain([0]));
        let (last, last_length) = collect([0].into_iter().chain(path.iter().rev().copied()));
        Self { first, last, first_length, last_length }
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

fn collect(bytes: impl Iterator<Item = u8>) -> ([u64; 2], u8) {
    let (mut low, mut high, mut length) = (0, 0, 0u8);
    for byte in bytes.take(MOST) {
        match length {
            0..8 => low |= u64::from(byte) << (8 * length),
            _ => high |= u64::from(byte) << (8 * (length - 8)),
        }
        length += 1;
    }
    ([low, high], length)
}

fn first_bytes(program: &Program) -> impl Iterator<Item = u8> + '_ {
    let mut at = Some(0);
    let plain = std::iter::from_fn(move || {
        let node = program.node(at?);
        at = (node.op != Op::End).then_some(node.next);
        plain(node.op)
    });
    plain.flat_map(Encoded::new)
}

fn last_bytes(program: &Program) -> impl Iterator<Item = u8> + '_ {
    // Where paths part, the last nodes are not those of all of them.
    let parts = program.nodes.iter().any(|node| matches!(node.op, Op::Split(_) | Op::Jump));
    let nodes = program.nodes.iter().rev().filter(move |_| !parts);
    nodes.map_while(|node| plain(node.op)).flat_map(|c| Encoded::new(c).rev())
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

/// The bytes of a character.
struct Encoded {
    bytes: [u8; 4],
    left: std::ops::Range<usize>,
}

impl Encoded {
    fn new(c: char) -> Self {
        let mut bytes = [0; 4];
        let length = c.encode_utf8(&mut bytes).len();
        Self { bytes, left: 0..length }
    }
}

impl Iterator for Encoded {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.bytes.get(self.left.next()?).copied()
    }
}

impl DoubleEndedIterator for Encoded {
    fn next_back(&mut self) -> Option<u8> {
        self.bytes.get(self.left.next_back()?).copied()
    }
}
