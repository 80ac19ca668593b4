//! What one step of a machine takes, and which character of it a witness shows.

use super::{
    class::CharSet,
    nfc::{INERT, is_inert, stands_alone},
    program::{Op, Program},
};

/// The characters that one step may take.
#[derive(Debug, Clone, Copy)]
pub(super) enum Take<'a> {
    One(char),
    Set(&'a CharSet),
    /// Anything within a segment.
    Name,
}

impl Op {
    /// What a step takes that is no slash, if anything.
    pub(super) fn takes(self, program: &Program) -> Option<Take<'_>> {
        match self {
            Self::Char(c) => Some(Take::One(c)),
            Self::Class(class) => program.class(class).map(Take::Set),
            _ if self.takes_any() => Some(Take::Name),
            _ => None,
        }
    }

    /// Whether a step takes whatever a segment may hold.
    pub(super) fn takes_any(self) -> bool {
        matches!(self, Self::Any | Self::Star | Self::Deep | Self::DeepIn | Self::Rest)
    }

    /// Whether a step may take a slash.
    pub(super) fn takes_slash(self) -> bool {
        matches!(self, Self::Slash | Self::Tree | Self::DeepIn | Self::Rest)
    }
}

impl Take<'_> {
    fn contains(self, c: char) -> bool {
        match self {
            Self::One(one) => one == c,
            Self::Set(set) => set.contains(c),
            Self::Name => true,
        }
    }
}

/// The character that both take which reads best; a control character only if `controls`.
pub(super) fn pick(a: Take<'_>, b: Take<'_>, controls: bool) -> Option<char> {
    match (a, b) {
        // No pattern holds a control character outside a class.
        (Take::One(c), other) | (other, Take::One(c)) => other.contains(c).then_some(c),
        (Take::Set(a), Take::Set(b)) => best(a.ascii() & b.ascii(), a.common(b), controls),
        (Take::Set(set), Take::Name) | (Take::Name, Take::Set(set)) => {
            best(set.ascii(), set.ranges(), controls)
        }
        (Take::Name, Take::Name) => Some('a'),
    }
}

/// Bits of ASCII, from what people like to read to what they would rather not.
const LIKED: [u128; 5] = [
    bits(b'a', b'z'),
    bits(b'A', b'Z'),
    bits(b'0', b'9'),
    bits(b'_', b'_') | bits(b'-', b'-'),
    bits(b'!', b'~'),
];

const fn bits(from: u8, to: u8) -> u128 {
    (u128::MAX >> (127 - (to - from))) << from
}

fn best(
    ascii: u128,
    ranges: impl Iterator<Item = (u32, u32)> + Clone,
    controls: bool,
) -> Option<char> {
    if let Some(liked) = LIKED.iter().map(|liked| ascii & liked).find(|liked| *liked != 0) {
        return char::from_u32(liked.trailing_zeros());
    }
    let chars = || members(ranges.clone()).filter(|c| controls || !c.is_control());
    chars().find(|&c| stands_alone(c) && !c.is_control()).or_else(|| chars().next())
}

fn members(ranges: impl Iterator<Item = (u32, u32)>) -> impl Iterator<Item = char> {
    ranges.flat_map(|(from, to)| (from..=to).filter_map(char::from_u32))
}

/// Whether both take some character; a control character counts only if `controls`.
pub(super) fn share(a: Take<'_>, b: Take<'_>, controls: bool) -> bool {
    let printable = |from: u32, to: u32| {
        controls || (from..=to.min(from.saturating_add(0xa0))).any(is_printable)
    };
    match (a, b) {
        (Take::One(c), other) | (other, Take::One(c)) => other.contains(c),
        (Take::Set(a), Take::Set(b)) => {
            let ascii = a.ascii() & b.ascii() & bits(b' ', b'~');
            ascii != 0 || a.common(b).any(|(from, to)| printable(from, to))
        }
        (Take::Set(set), Take::Name) | (Take::Name, Take::Set(set)) => {
            set.ranges().any(|(from, to)| printable(from, to))
        }
        (Take::Name, Take::Name) => true,
    }
}

fn is_printable(c: u32) -> bool {
    char::from_u32(c).is_some_and(|c| !c.is_control())
}

/// The characters that both take, but for those that could be replaced by one of these in any
/// valid path.
pub(super) fn candidates(a: Take<'_>, b: Take<'_>, controls: bool) -> Vec<char> {
    match (a, b) {
        (Take::One(c), other) | (other, Take::One(c)) => {
            if other.contains(c) {
                vec![c]
            } else {
                vec![]
            }
        }
        // Of many sets, most are told apart by their bounds.
        (Take::Set(a), Take::Set(b)) if a.is_apart_from(b) => vec![],
        (Take::Set(a), Take::Set(b)) => undominated(a.ascii() & b.ascii(), a.common(b), controls),
        (Take::Set(set), Take::Name) | (Take::Name, Take::Set(set)) => {
            undominated(set.ascii(), set.ranges(), controls)
        }
        (Take::Name, Take::Name) => vec!['a', 'q'],
    }
}

fn undominated(
    ascii: u128,
    ranges: impl Iterator<Item = (u32, u32)> + Clone,
    controls: bool,
) -> Vec<char> {
    // Most sets have one of these in common: the first one is found without looking for it.
    let inert = ascii & INERT;
    if inert != 0 {
        return char::from_u32(inert.trailing_zeros()).into_iter().collect();
    }
    let chars = || members(ranges.clone()).filter(|c| controls || !c.is_control());
    match chars().find(|&c| is_inert(c)) {
        Some(inert) => vec![inert],
        None => chars().collect(),
    }
}
