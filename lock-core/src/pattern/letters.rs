//! What of the characters taken so far decides which may follow, for one pair of patterns.
//!
//! A text stays in NFC if no two of its characters melt and its marks stand in order. For that,
//! one need only know the last starter and the combining class of the last mark behind it; and of
//! the starter only which marks *of these two patterns* melt into it. So there are few states, and
//! a single one for nearly all pairs.

use std::collections::{BTreeSet, HashMap};

use unicode_normalization::char::canonical_combining_class;

use super::{
    nfc::{melt, occurs, stands_alone},
    program::{Op, Program},
    take::{Take, candidates},
    walk::Walk,
    work,
};

/// A character as far as it matters to what may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Letter {
    /// Anything may follow, and it may follow anything.
    Free,
    /// It may follow anything, but not everything may follow.
    Starter(usize),
    /// It may not follow everything.
    Mark(usize),
}

impl Letter {
    pub(super) fn is_mark(self) -> bool {
        matches!(self, Self::Mark(_))
    }
}

/// Where a text stands: the kind of its last starter, and the class of the mark behind it. Zero is
/// the state in which anything may follow.
pub(super) type State = usize;

pub(super) struct Letters {
    /// The characters of the two patterns that may melt into others, sorted.
    marks: Vec<Mark>,
    /// The combining classes of marks; the first is 0, which stands for none.
    classes: Vec<u8>,
    /// For each kind of starter, which marks melt into it; the first are those with none.
    starters: Vec<Vec<bool>>,
    known: HashMap<char, Letter>,
}

struct Mark {
    c: char,
    /// Its combining class, as an index.
    class: usize,
    /// The kind of starter that it is, if it is one.
    starter: usize,
}

impl Letters {
    /// The letters of a pair that needs none of this.
    pub(super) fn free() -> Self {
        Self {
            marks: Vec::new(),
            classes: vec![0],
            starters: vec![Vec::new()],
            known: HashMap::new(),
        }
    }

    /// The letters of the paths that both machines may take.
    pub(super) fn of(walk: Walk<'_>) -> Self {
        Self::of_chars(&chars(walk))
    }

    fn of_chars(chars: &BTreeSet<char>) -> Self {
        let mut it = Self::free();
        let marks: Vec<char> =
            chars.iter().copied().filter(|&c| !stands_alone(c) && occurs(c)).collect();
        let classes: BTreeSet<u8> =
            marks.iter().map(|&c| canonical_combining_class(c)).chain([0]).collect();
        it.classes = classes.into_iter().collect();
        it.starters = vec![vec![false; marks.len()]];
        let mut kinds = HashMap::from([(vec![false; marks.len()], 0)]);
        let mut kind = |it: &mut Self, c: char| -> usize {
            let melts: Vec<bool> = marks.iter().map(|&mark| melt(c, mark)).collect();
            *kinds.entry(melts).or_insert_with_key(|melts| {
                it.starters.push(melts.clone());
                it.starters.len() - 1
            })
        };
        for &c in chars.iter().filter(|&&c| stands_alone(c)) {
            let letter = match kind(&mut it, c) {
                0 => Letter::Free,
                kind => Letter::Starter(kind),
            };
            it.known.insert(c, letter);
        }
        for &c in &marks {
            let class = canonical_combining_class(c);
            let starter = if class == 0 { kind(&mut it, c) } else { 0 };
            let class = it.classes.iter().position(|&other| other == class).unwrap_or_default();
            it.known.insert(c, Letter::Mark(it.marks.len()));
            it.marks.push(Mark { c, class, starter });
        }
        it
    }

    /// How many states there are.
    pub(super) fn states(&self) -> usize {
        self.starters.len() * self.classes.len()
    }

    /// Whether each character may follow each.
    pub(super) fn all_free(&self) -> bool {
        self.marks.is_empty()
    }

    /// What `c` is; none if it is in no text in NFC.
    pub(super) fn letter(&self, c: char) -> Option<Letter> {
        if self.all_free() {
            return Some(Letter::Free);
        }
        if let Some(&letter) = self.known.get(&c) {
            return Some(letter);
        }
        // Of the pair's own characters all are known: this one only has to read well.
        let melts = |mark: &Mark| melt(c, mark.c);
        let kind = self.starters.iter().position(|kind| {
            kind.iter().zip(&self.marks).all(|(melts_here, mark)| *melts_here == melts(mark))
        })?;
        match kind {
            _ if !stands_alone(c) => None,
            0 => Some(Letter::Free),
            kind => Some(Letter::Starter(kind)),
        }
    }

    /// The state after `letter`, or none if it may not follow.
    pub(super) fn after(&self, state: State, letter: Letter) -> Option<State> {
        let (starter, class) = (state / self.classes.len(), state % self.classes.len());
        let mark = match letter {
            Letter::Free => return Some(0),
            Letter::Starter(kind) => return Some(kind * self.classes.len()),
            Letter::Mark(mark) => mark,
        };
        let melts = self.starters.get(starter).and_then(|melts| melts.get(mark)).copied();
        let mark = self.marks.get(mark)?;
        if mark.class == 0 {
            return (class > 0 || melts != Some(true)).then_some(mark.starter * self.classes.len());
        }
        let follows = class == mark.class || (class < mark.class && melts != Some(true));
        follows.then_some(starter * self.classes.len() + mark.class)
    }
}

/// The characters that a path of both may need.
fn chars(walk: Walk<'_>) -> BTreeSet<char> {
    let named = |program: &Program| -> Vec<char> {
        let op = |op| if let Op::Char(c) = op { Some(c) } else { None };
        program.nodes.iter().filter_map(|node| op(node.op)).collect()
    };
    let mut chars: BTreeSet<char> = named(walk.p).into_iter().chain(named(walk.q)).collect();
    // What a witness shows where all is allowed.
    chars.insert('a');
    for set in walk.p.classes.iter().chain(&walk.q.classes) {
        chars.extend(candidates(Take::Set(set), Take::Name, walk.controls));
    }
    work::note(30 * walk.p.classes.len() * walk.q.classes.len());
    for set in &walk.p.classes {
        for other in &walk.q.classes {
            chars.extend(candidates(Take::Set(set), Take::Set(other), walk.controls));
        }
    }
    chars
}

#[cfg(test)]
mod tests {
    use unicode_normalization::is_nfc;

    use super::*;

    /// Whether the machine lets all of `text` pass.
    fn passes(letters: &Letters, text: &[char]) -> bool {
        text.iter().try_fold(0, |state, &c| letters.after(state, letters.letter(c)?)).is_some()
    }

    /// Characters that compose in all the ways there are.
    const NASTY: [&[char]; 7] = [
        // Marks of the classes 230, 220 and 202, and what they are composed to.
        &['e', 'é', 'ẹ', 'ệ', 'ę', '\u{301}', '\u{302}', '\u{323}', '\u{328}', 'q'],
        // A mark behind a composite composes with its base if it sorts before.
        &['a', 'à', 'ą', '\u{300}', '\u{328}', '\u{327}', '\u{334}'],
        // Composites of composites, and marks that only compose with those.
        &['u', 'ü', 'ǘ', '\u{308}', '\u{301}', '\u{304}', '\u{31b}', 'ư'],
        // Hangul: starters compose.
        &['\u{1100}', '\u{1161}', '\u{11a8}', '가', '각', '\u{301}', 'a'],
        // Indic vowels in two and three parts, one of them a mark.
        &['\u{bc6}', '\u{bbe}', '\u{bca}', '\u{cc6}', '\u{cc2}', '\u{cd5}', '\u{ccb}'],
        &['\u{dd9}', '\u{dcf}', '\u{dca}', '\u{ddc}', '\u{ddd}', '\u{301}'],
        // Overlays, a composition exclusion, and characters in no text in NFC.
        &['=', '≠', '\u{338}', 'א', '\u{5b7}', '\u{fb2e}', '\u{344}', '\u{212b}'],
    ];

    #[test]
    fn texts_pass_that_are_in_nfc() {
        for chars in NASTY {
            let letters = Letters::of_chars(&chars.iter().copied().collect());
            let mut texts: Vec<Vec<char>> = vec![vec![]];
            for _ in 0..4 {
                texts = texts
                    .iter()
                    .flat_map(|text| chars.iter().map(|&c| [text.as_slice(), &[c]].concat()))
                    .collect();
                for text in &texts {
                    let expected = is_nfc(&text.iter().collect::<String>());
                    assert_eq!(passes(&letters, text), expected, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn a_pair_without_marks_has_one_state() {
        let letters = Letters::of_chars(&"aé.".chars().collect());
        assert_eq!(letters.states(), 1);
        assert_eq!(letters.letter('a'), Some(Letter::Free));
    }
}
