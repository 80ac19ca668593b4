//! How characters melt into each other under NFC.

use unicode_normalization::{
    IsNormalized,
    char::{canonical_combining_class, compose, decompose_canonical},
    is_nfc_quick,
};

use super::seconds::SECONDS;

/// Whether `c` never melts into what stands before it.
pub(super) fn stands_alone(c: char) -> bool {
    c.is_ascii()
        || (canonical_combining_class(c) == 0
            && is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes)
}

/// The characters of ASCII that may stand behind anything, and anything behind them: `/`, `.`, `_`,
/// `-`, `q` and the digits, one bit each. Not all such are here.
pub(super) const INERT: u128 = 1 << '/' as u32
    | 1 << '.' as u32
    | 1 << '_' as u32
    | 1 << '-' as u32
    | 1 << 'q' as u32
    | 0x3ff << '0' as u32;

/// Whether `c` may stand behind anything, and anything behind it. Not all such are known here.
pub(super) fn is_inert(c: char) -> bool {
    if c.is_ascii() {
        return INERT & (1 << c as u32) != 0;
    }
    stands_alone(c) && !may_compose(c)
}

/// Whether some character composes with `c` before it.
fn may_compose(c: char) -> bool {
    let mut decomposes = false;
    decompose_canonical(c, |part| decomposes |= part != c);
    decomposes || SECONDS.iter().any(|&(from, to)| (from..=to).any(|m| compose(c, m).is_some()))
}

/// Whether `starter` and a later `c` melt, if nothing between them keeps them apart.
///
/// A starter is kept apart by anything between; a mark by a mark of its own combining class.
pub(super) fn melt(starter: char, c: char) -> bool {
    let class = canonical_combining_class(c);
    let starter = if class == 0 { starter } else { without_above(starter, class) };
    compose(starter, c).is_some()
}

/// Whether `c` occurs in texts in NFC at all.
pub(super) fn occurs(c: char) -> bool {
    c.is_ascii() || is_nfc_quick(std::iter::once(c)) != IsNormalized::No
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_seconds_is_that_of_this_unicode() {
        let in_table = |c| SECONDS.iter().any(|&(from, to)| (from..=to).contains(&c));
        for c in '\0'..=char::MAX {
            let maybe = is_nfc_quick(std::iter::once(c)) == IsNormalized::Maybe;
            assert_eq!(in_table(c), maybe, "{c:?}");
        }
    }

    #[test]
    fn nothing_melts_into_what_is_inert() {
        let seconds = || SECONDS.iter().flat_map(|&(from, to)| from..=to);
        for c in ('\0'..'\u{3000}').filter(|&c| is_inert(c)) {
            assert!(!seconds().any(|second| melt(c, second)), "{c:?}");
        }
        assert!(is_inert('q') && !is_inert('e') && !is_inert('é') && !is_inert('\u{301}'));
    }
}
