//! Which two bytes stand side by side in every path of a pattern, to tell apart those that begin and
//! end alike.

use super::program::{Op, Program};

/// Pairs of neighbouring bytes, as a Bloom filter (Bloom 1970, "Space/time trade-offs in hash coding
/// with allowable errors") of one hash in 64 bits: two pairs may share a bit, and then a difference
/// is not seen here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pairs {
    /// In every path.
    in_all: u64,
    /// In some path: those of a plain one, and any at all in those of a glob.
    in_some: u64,
}

impl Pairs {
    pub(super) fn of(program: &Program) -> Self {
        let mut run = Run::default();
        let mut plain = true;
        for node in &program.nodes {
            match node.op {
                Op::Char(c) => run.push(c),
                Op::Slash => run.byte(b'/'),
                Op::End => {}
                Op::Any | Op::Class(_) | Op::Star | Op::Deep | Op::DeepIn => {
                    plain = false;
                    run.before = None;
                }
                // A path may end here.
                Op::Tree | Op::Rest => {
                    plain = false;
                    break;
                }
                // Where paths part, few nodes are of all of them: the edges know the first.
                Op::Split(_) | Op::Jump => return Self { in_all: 0, in_some: u64::MAX },
            }
        }
        Self { in_all: run.pairs, in_some: if plain { run.pairs } else { u64::MAX } }
    }

    /// Those of one path.
    pub(super) fn plain(path: &[u8]) -> Self {
        let mut run = Run::default();
        path.iter().for_each(|byte| run.byte(*byte));
        Self { in_all: run.pairs, in_some: run.pairs }
    }

    /// Whether some path may hold the pairs of both; often enough to say that none does.
    #[inline]
    pub(super) fn agree(&self, other: &Self) -> bool {
        (self.in_all & !other.in_some) | (other.in_all & !self.in_some) == 0
    }
}

/// Bytes that stand side by side.
#[derive(Default)]
struct Run {
    pairs: u64,
    before: Option<u8>,
}

impl Run {
    fn byte(&mut self, byte: u8) {
        if let Some(before) = self.before.replace(byte) {
            self.pairs |= 1 << bit(before, byte);
        }
    }

    fn push(&mut self, c: char) {
        match u8::try_from(c).ok().filter(u8::is_ascii) {
            Some(byte) => self.byte(byte),
            None => c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| self.byte(byte)),
        }
    }
}

/// The upper bits of a product depend on all bits of the pair (Knuth, "The art of computer
/// programming", volume 3, 6.4).
fn bit(before: u8, byte: u8) -> u32 {
    u32::from(u16::from_be_bytes([before, byte])).wrapping_mul(0x9e37_79b1) >> 26
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::super::Pattern;

    fn agree(p: &str, q: &str) -> bool {
        let [p, q] = [p, q].map(|text| Pattern::parse(text).unwrap());
        p.pairs.agree(&q.pairs)
    }

    /// What a glob is made of, each with something that it matches.
    const PIECES: [(&str, &str); 12] = [
        ("a", "a"),
        ("b", "b"),
        ("é", "é"),
        ("?", "c"),
        ("?", "é"),
        ("*", ""),
        ("*", "cd"),
        ("[a-z]", "c"),
        ("{a,ef}", "ef"),
        ("/", "/"),
        ("/**/", "/"),
        ("/**/", "/c/d/"),
    ];

    proptest! {
        /// What is told apart at a glance is never asked whether it meets.
        #[test]
        fn what_meets_agrees(pieces in vec(0..PIECES.len(), 1..10)) {
            let pieces = pieces.iter().map(|piece| PIECES[*piece]);
            let (glob, path): (String, String) = pieces.unzip();
            if let (Ok(glob), Ok(path)) = (Pattern::parse(&glob), Pattern::literal(&path)) {
                prop_assert!(glob.pairs.agree(&path.pairs), "{glob} {path}");
            }
        }
    }

    /// A store that holds ten thousand of them asks each of them, for every path.
    #[test]
    fn nearly_all_of_ten_thousand_that_begin_and_end_alike_are_told_apart() {
        let path = Pattern::literal("src/core/module42/lib.rs").unwrap();
        let globs = (0..10_000).map(|n| format!("src/**/module{n}/*.rs"));
        let globs = globs.map(|glob| Pattern::parse(&glob).unwrap());
        let alike = globs.filter(|glob| glob.edges.agree(&path.edges) && glob.may_meet(&path));
        assert!((1..200).contains(&alike.count()));
    }

    #[test]
    fn what_stands_between_stars_tells_apart() {
        assert!(!agree("src/**/module7/*.rs", "src/core/module42/lib.rs"));
        assert!(!agree("src/core/module42/lib.rs", "src/*é*/lib.rs"));
        assert!(!agree("src/a/lib.rs", "src/b/lib.rs"));
    }

    #[test]
    fn globs_that_may_share_a_path_are_not_told_apart() {
        assert!(agree("src/*a*", "src/*b*"), "src/ab");
        assert!(agree("src/?a", "src/b*"), "src/ba");
        assert!(agree("src/{a,b}*", "src/*c"), "src/ac");
        assert!(agree("src/**/a", "src/a"), "no segment between");
    }
}
