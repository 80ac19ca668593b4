//! Which character may follow in a text that is to stay in NFC.

use unicode_normalization::{
    IsNormalized,
    char::{canonical_combining_class, compose, decompose_canonical},
    is_nfc_quick,
};

/// All of a text in NFC that decides which character may follow.
///
/// That is its last starter, if some character may compose with it, and the combining class of
/// the last mark after it: marks must stand in the order of their classes, and a mark blocks the
/// ones of its class behind it from composing with the starter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Tail {
    starter: Option<char>,
    class: u8,
}

impl Tail {
    /// The tail with `c` appended, or `None` if that would not be in NFC.
    pub(super) fn push(self, c: char) -> Option<Self> {
        if c.is_ascii() {
            return Some(Self { starter: Some(c).filter(|&c| !is_inert(c)), class: 0 });
        }
        if is_nfc_quick(std::iter::once(c)) == IsNormalized::No {
            return None;
        }
        let class = canonical_combining_class(c);
        let composes = |starter: Option<char>| starter.and_then(|s| compose(s, c)).is_some();
        if class == 0 {
            if self.class == 0 && composes(self.starter) {
                return None;
            }
            return Some(Self { starter: Some(c).filter(|&c| !is_inert(c)), class });
        }
        if self.class > class
            || (self.class < class && composes(self.starter.map(|s| without_above(s, class))))
        {
            return None;
        }
        Some(Self { class, ..self })
    }
}

/// Whether `c` never melts into what stands before it.
pub(super) fn stands_alone(c: char) -> bool {
    c.is_ascii()
        || (canonical_combining_class(c) == 0
            && is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes)
}

/// Whether `c` may stand behind anything, and anything behind it. Not all such are known here.
pub(super) fn is_inert(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, '/' | '.' | '_' | '-' | '0'..='9' | 'q');
    }
    stands_alone(c) && !may_compose(c)
}

/// Whether some character composes with `c` before it.
fn may_compose(c: char) -> bool {
    let mut decomposes = false;
    decompose_canonical(c, |part| decomposes |= part != c);
    decomposes || SECONDS.iter().any(|&(from, to)| (from..=to).any(|m| compose(c, m).is_some()))
}

/// What is left of the composite `starter` if its marks of classes above `class` are split off:
/// a mark of `class` behind it sorts before those.
fn without_above(starter: char, class: u8) -> char {
    let mut parts = Vec::new();
    decompose_canonical(starter, |part| parts.push(part));
    let settled =
        parts.iter().rposition(|&c| canonical_combining_class(c) == 0).map_or(0, |at| at + 1);
    let mut parts = parts
        .iter()
        .enumerate()
        .filter(|&(at, &c)| at < settled || canonical_combining_class(c) <= class)
        .map(|(_, &c)| c);
    let Some(first) = parts.next() else { return starter };
    parts.fold(first, |whole, part| compose(whole, part).unwrap_or(whole))
}

/// All characters that compose with one before them.
pub(super) const SECONDS: &[(char, char)] = &[
    ('\u{300}', '\u{304}'),
    ('\u{306}', '\u{30c}'),
    ('\u{30f}', '\u{30f}'),
    ('\u{311}', '\u{311}'),
    ('\u{313}', '\u{314}'),
    ('\u{31b}', '\u{31b}'),
    ('\u{323}', '\u{328}'),
    ('\u{32d}', '\u{32e}'),
    ('\u{330}', '\u{331}'),
    ('\u{338}', '\u{338}'),
    ('\u{342}', '\u{342}'),
    ('\u{345}', '\u{345}'),
    ('\u{653}', '\u{655}'),
    ('\u{93c}', '\u{93c}'),
    ('\u{9be}', '\u{9be}'),
    ('\u{9d7}', '\u{9d7}'),
    ('\u{b3e}', '\u{b3e}'),
    ('\u{b56}', '\u{b57}'),
    ('\u{bbe}', '\u{bbe}'),
    ('\u{bd7}', '\u{bd7}'),
    ('\u{c56}', '\u{c56}'),
    ('\u{cc2}', '\u{cc2}'),
    ('\u{cd5}', '\u{cd6}'),
    ('\u{d3e}', '\u{d3e}'),
    ('\u{d57}', '\u{d57}'),
    ('\u{dca}', '\u{dca}'),
    ('\u{dcf}', '\u{dcf}'),
    ('\u{ddf}', '\u{ddf}'),
    ('\u{102e}', '\u{102e}'),
    ('\u{1161}', '\u{1175}'),
    ('\u{11a8}', '\u{11c2}'),
    ('\u{1b35}', '\u{1b35}'),
    ('\u{3099}', '\u{309a}'),
    ('\u{110ba}', '\u{110ba}'),
    ('\u{11127}', '\u{11127}'),
    ('\u{1133e}', '\u{1133e}'),
    ('\u{11357}', '\u{11357}'),
    ('\u{113b8}', '\u{113b8}'),
    ('\u{113bb}', '\u{113bb}'),
    ('\u{113c2}', '\u{113c2}'),
    ('\u{113c5}', '\u{113c5}'),
    ('\u{113c7}', '\u{113c9}'),
    ('\u{114b0}', '\u{114b0}'),
    ('\u{114ba}', '\u{114ba}'),
    ('\u{114bd}', '\u{114bd}'),
    ('\u{115af}', '\u{115af}'),
    ('\u{11930}', '\u{11930}'),
    ('\u{1611e}', '\u{16129}'),
    ('\u{16d67}', '\u{16d68}'),
];
