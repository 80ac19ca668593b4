//! Choosing the characters of a witness.

use super::{
    class::CharSet,
    nfc::is_inert,
    program::{Op, Program},
};

/// What one step of a machine may take.
#[derive(Debug, Clone, Copy)]
pub(super) enum Take<'a> {
    One(char),
    Set(&'a CharSet),
    /// Anything within a segment.
    Segment,
    /// Anything at all.
    All,
}

impl<'a> Take<'a> {
    pub(super) fn class(program: &'a Program, class: u32) -> Self {
        program.classes.get(class as usize).map_or(Self::Segment, Self::Set)
    }

    pub(super) fn contains(self, c: char) -> bool {
        match self {
            Self::One(one) => one == c,
            Self::Set(set) => set.contains(c),
            Self::Segment => c != '/',
            Self::All => true,
        }
    }
}

/// What people like to read first.
const LIKED: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

fn members(ranges: impl Iterator<Item = (u32, u32)>) -> impl Iterator<Item = char> {
    ranges.flat_map(|(from, to)| (from..=to).filter_map(char::from_u32))
}

/// The characters that both take, but for those that could be replaced by one of these in any
/// valid path.
pub(super) fn candidates(a: Take<'_>, b: Take<'_>, controls: bool) -> Vec<char> {
    let ranges: Vec<(u32, u32)> = match (a, b) {
        (Take::One(c), other) | (other, Take::One(c)) => {
            return if other.contains(c) && (controls || !c.is_control()) {
                vec![c]
            } else {
                vec![]
            };
        }
        (Take::Set(a), Take::Set(b)) => a.common(b).collect(),
        (Take::Set(set), _) | (_, Take::Set(set)) => set.ranges().collect(),
        _ => return vec!['a', 'q'],
    };
    let chars = || members(ranges.iter().copied()).filter(|c| controls || !c.is_control());
    if let Some(inert) = LIKED.chars().filter(|&c| is_inert(c)).find(|&c| chars().any(|d| c == d)) {
        return vec![inert];
    }
    match chars().find(|&c| c != '.' && is_inert(c)) {
        Some(inert) => vec![inert],
        None => chars().collect(),
    }
}

impl Op {
    pub(super) fn takes<'a>(self, program: &'a Program) -> Option<Take<'a>> {
        Some(match self {
            Self::Char(c) => Take::One(c),
            Self::Any | Self::Star | Self::Deep | Self::DeepIn => Take::Segment,
            Self::Class(class) => Take::class(program, class),
            Self::Slash | Self::Tree => Take::One('/'),
            Self::Rest => Take::All,
            Self::End | Self::Split(_) | Self::Jump => return None,
        })
    }
}
