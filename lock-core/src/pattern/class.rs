//! A set of characters: what one class, one wildcard or one character of a pattern matches.

use std::fmt;

use super::nfc::stands_alone;

/// A set of characters that never holds `/` or NUL, as sorted, disjoint, non-adjacent ranges of
/// scalar values. The gap of the surrogates needs no care: no `char` falls into it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct CharSet {
    /// The members below 128, one bit each: what nearly every question is about.
    ascii: u128,
    ranges: Box<[(u32, u32)]>,
}

/// The letters and digits of ASCII, one bit each.
const ALNUM: u128 = 0x07ff_fffe_07ff_fffe_03ff_0000_0000_0000;

const LAST: u32 = char::MAX as u32;

impl CharSet {
    /// The members of `ranges`, or all other characters if `negated`.
    pub(super) fn new(ranges: &[(char, char)], negated: bool) -> Self {
        let mut sorted: Vec<(u32, u32)> =
            ranges.iter().map(|&(from, to)| (from as u32, to as u32)).collect();
        if negated {
            sorted.extend([(0, 0), ('/' as u32, '/' as u32)]);
        }
        sorted.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(sorted.len() + 1);
        for (from, to) in sorted {
            match merged.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        let ranges = if negated { complement(&merged) } else { without(&merged, '/' as u32) };
        let mut ascii = 0u128;
        for &(from, to) in &ranges {
            for member in from..=to.min(127) {
                ascii |= 1 << member;
            }
        }
        Self { ascii, ranges: ranges.into() }
    }

    /// The class without its `.`.
    pub(super) fn without_dot(&self) -> Self {
        let ranges: Box<[_]> = without(&self.ranges, '.' as u32).into();
        Self { ascii: self.ascii & !(1 << '.' as u32), ranges }
    }

    /// Whether it may be that only a character that melts into the one before it is left of this
    /// set and another. A cheap answer that is never wrongly `false`.
    pub(super) fn melts(&self) -> bool {
        // Two sets with most of the letters and digits have one in common.
        if (self.ascii & ALNUM).count_ones() > ALNUM.count_ones() / 2 + 1 {
            return false;
        }
        self.ranges.iter().any(|&(from, to)| {
            to >= 128
                && (to - from.max(128) > 64
                    || (from.max(128)..=to)
                        .any(|c| char::from_u32(c).is_some_and(|c| !stands_alone(c))))
        })
    }

    /// Whether it may be that only control characters are left of this set and another. A cheap
    /// answer that is never wrongly `false`.
    pub(super) fn may_leave_controls(&self) -> bool {
        const DELETE: u32 = 127;
        (self.ascii & ALNUM).count_ones() <= ALNUM.count_ones() / 2 + 1
            && self.ranges.iter().any(|&(from, to)| from < 32 || (from < 160 && to >= DELETE))
    }

    pub(super) fn ascii(&self) -> u128 {
        self.ascii
    }

    pub(super) fn contains(&self, c: char) -> bool {
        let c = c as u32;
        if c < 128 {
            return self.ascii & (1 << c) != 0;
        }
        let after = self.ranges.partition_point(|&(from, _)| from <= c);
        after.checked_sub(1).and_then(|at| self.ranges.get(at)).is_some_and(|&(_, to)| c <= to)
    }

    /// Whether both hold nothing in common, and that at a glance; never wrongly `true`.
    pub(super) fn is_apart_from(&self, other: &Self) -> bool {
        let bounds = |set: &Self| {
            // Behind ASCII, which is compared bit by bit.
            let first = set.ranges.iter().find(|&&(_, to)| to >= 128);
            first.zip(set.ranges.last()).map(|(&(from, _), &(_, to))| (from.max(128), to))
        };
        let disjoint = match (bounds(self), bounds(other)) {
            (Some((a, b)), Some((c, d))) => b < c || d < a,
            _ => true,
        };
        self.ascii & other.ascii == 0 && disjoint
    }

    /// The ranges of what both hold.
    pub(super) fn common<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = (u32, u32)> + Clone + 'a {
        let (mut mine, mut theirs) =
            (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        std::iter::from_fn(move || {
            while let (Some(&&(a, b)), Some(&&(c, d))) = (mine.peek(), theirs.peek()) {
                if b <= d {
                    mine.next();
                } else {
                    theirs.next();
                }
                if a.max(c) <= b.min(d) {
                    return Some((a.max(c), b.min(d)));
                }
            }
            None
        })
    }

    pub(super) fn ranges(&self) -> impl Iterator<Item = (u32, u32)> + Clone + '_ {
        self.ranges.iter().copied()
    }
}

impl fmt::Debug for CharSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.ranges).finish()
    }
}

fn complement(ranges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut out = Vec::with_capacity(ranges.len() + 1);
    let mut from = 0;
    for &(first, last) in ranges {
        if from < first {
            out.push((from, first - 1));
        }
        from = last + 1;
    }
    if from <= LAST {
        out.push((from, LAST));
    }
    out
}

fn without(ranges: &[(u32, u32)], hole: u32) -> Vec<(u32, u32)> {
    let mut out = Vec::with_capacity(ranges.len() + 1);
    for &(from, to) in ranges {
        if (from..=to).contains(&hole) {
            if from < hole {
                out.push((from, hole - 1));
            }
            if hole < to {
                out.push((hole + 1, to));
            }
        } else {
            out.push((from, to));
        }
    }
    out
}
