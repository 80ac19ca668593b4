//! One machine as columns of bits, to step all of its states at once.
//!
//! A row holds the nodes from which some goal can be reached; all here goes from what follows a
//! step to what stands before it.

use super::{
    letters::{Letter, Letters},
    program::{Op, Program},
    rows::{get, set},
    take::{Take, candidates, share},
    work,
};

/// The nodes that share a letter with some step of the other machine.
pub(super) type Group = (Letter, Vec<u64>);

/// A program, its nodes sorted by what they do.
pub(super) struct Columns<'a> {
    program: &'a Program,
    letters: &'a Letters,
    controls: bool,
    words: usize,
    /// Steps that lead to the node just behind them: one shift moves them all.
    straight: Vec<u64>,
    /// All other steps, and where they lead.
    bent: Vec<(usize, usize)>,
    slashes: Vec<u64>,
    /// Nodes that stay where they are.
    loops: Vec<u64>,
    deeps: Vec<usize>,
    rests: Vec<usize>,
    /// Nodes that may go on without taking anything, the last ones first.
    free: Vec<(usize, usize, usize)>,
    /// Nodes from which the program may end.
    ends: Vec<u64>,
    /// The nodes that take each character, each class, and anything in a segment.
    chars: Vec<(char, usize)>,
    classes: Vec<(u32, usize)>,
    wild: Vec<u64>,
    /// What a node takes when the other machine takes anything.
    names: Vec<Vec<Letter>>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(program: &'a Program, letters: &'a Letters, controls: bool) -> Self {
        let words = program.nodes.len().div_ceil(64);
        let row = || vec![0; words];
        let mut it = Self {
            program,
            letters,
            controls,
            words,
            straight: row(),
            bent: Vec::new(),
            slashes: row(),
            loops: row(),
            deeps: Vec::new(),
            rests: Vec::new(),
            free: Vec::new(),
            ends: row(),
            chars: Vec::new(),
            classes: Vec::new(),
            wild: row(),
            names: Vec::new(),
        };
        for (at, node) in program.nodes.iter().enumerate() {
            it.add(at, node.op, node.next as usize);
        }
        it.chars.sort_unstable();
        it.classes.sort_unstable();
        it.free.reverse();
        let mut ends = std::mem::take(&mut it.ends);
        it.close(&mut ends);
        it.ends = ends;
        it.names = it.name_letters();
        it
    }

    fn add(&mut self, at: usize, op: Op, next: usize) {
        match op {
            Op::Char(c) => self.chars.push((c, at)),
            Op::Class(class) => self.classes.push((class, at)),
            Op::Slash | Op::Tree => set(&mut self.slashes, at),
            Op::Any | Op::Star | Op::Deep | Op::DeepIn | Op::Rest => set(&mut self.wild, at),
            Op::End | Op::Split(_) | Op::Jump => {}
        }
        match op {
            Op::Char(_) | Op::Any | Op::Class(_) | Op::Slash | Op::Tree if next == at + 1 => {
                set(&mut self.straight, at);
            }
            Op::Char(_) | Op::Any | Op::Class(_) | Op::Slash | Op::Tree => {
                self.bent.push((at, next));
            }
            Op::Star | Op::Deep | Op::Jump => self.free.push((at, next, next)),
            Op::Split(other) => self.free.push((at, next, other as usize)),
            Op::Rest | Op::DeepIn | Op::End => {}
        }
        match op {
            Op::Star | Op::DeepIn => set(&mut self.loops, at),
            Op::Rest => {
                set(&mut self.loops, at);
                self.rests.push(at);
            }
            Op::Deep => self.deeps.push(at),
            _ => {}
        }
        if matches!(op, Op::End | Op::Rest | Op::Tree) {
            set(&mut self.ends, at);
        }
    }

    fn name_letters(&self) -> Vec<Vec<Letter>> {
        let mut names = vec![Vec::new(); self.program.nodes.len()];
        for (letter, row) in self.groups(Take::Name) {
            for (at, names) in names.iter_mut().enumerate() {
                if get(&row, at) {
                    names.push(letter);
                }
            }
        }
        names
    }

    /// The nodes that share a character with `take`, by the letters of what they share.
    pub(super) fn groups(&self, take: Take<'_>) -> Vec<Group> {
        if let Take::One(c) = take {
            let letter = self.letters.letter(c);
            return letter.map(|letter| (letter, self.takers(c))).into_iter().collect();
        }
        let mut groups = Groups { words: self.words, groups: Vec::new() };
        let wild = self.shared(take, Take::Name);
        for &letter in &wild {
            let row = groups.row(letter);
            for (word, wild) in row.iter_mut().zip(&self.wild) {
                *word |= wild;
            }
        }
        if wild.is_empty() {
            return groups.groups;
        }
        let mut last = None;
        let mut shared = Vec::new();
        for &(c, at) in &self.chars {
            if last.replace(c) != Some(c) {
                shared = self.shared(take, Take::One(c));
            }
            shared.iter().for_each(|&letter| set(groups.row(letter), at));
        }
        let mut last = None;
        for &(class, at) in &self.classes {
            if last.replace(class) != Some(class) {
                let set = self.program.class(class).map(Take::Set);
                shared = set.map(|set| self.shared(take, set)).unwrap_or_default();
            }
            shared.iter().for_each(|&letter| set(groups.row(letter), at));
        }
        groups.groups
    }

    /// The nodes that take `c`.
    fn takers(&self, c: char) -> Vec<u64> {
        let mut row = self.wild.clone();
        let from = self.chars.partition_point(|&(other, _)| other < c);
        for &(_, at) in self.chars.iter().skip(from).take_while(|&&(other, _)| other == c) {
            set(&mut row, at);
        }
        work::note(5 * self.classes.len());
        let mut last = (None, false);
        for &(class, at) in &self.classes {
            if last.0 != Some(class) {
                last = (Some(class), self.program.class_contains(class, c));
            }
            if last.1 {
                set(&mut row, at);
            }
        }
        row
    }

    /// The letters that both take; only the free one if there is such, as it allows the most.
    fn shared(&self, a: Take<'_>, b: Take<'_>) -> Vec<Letter> {
        work::note(10);
        if self.letters.all_free() {
            let free = share(a, b, self.controls);
            return if free { vec![Letter::Free] } else { Vec::new() };
        }
        let mut letters: Vec<Letter> = candidates(a, b, self.controls)
            .into_iter()
            .filter_map(|c| self.letters.letter(c))
            .collect();
        letters.sort_unstable();
        letters.dedup();
        if letters.first() == Some(&Letter::Free) {
            letters.truncate(1);
        }
        letters
    }

    pub(super) fn row(&self) -> Vec<u64> {
        vec![0; self.words]
    }

    pub(super) fn ends(&self) -> &[u64] {
        &self.ends
    }

    /// What each node takes, and where it is then, when the other machine takes anything.
    pub(super) fn names(&self) -> impl DoubleEndedIterator<Item = (usize, &[Letter])> {
        self.names.iter().map(Vec::as_slice).enumerate()
    }

    /// Where `at` leads when it takes a character of a segment.
    pub(super) fn behind(&self, at: usize) -> usize {
        match self.program.node(at as u32) {
            node if matches!(node.op, Op::Star | Op::DeepIn | Op::Rest) => at,
            node if node.op == Op::Deep => at + 1,
            node => node.next as usize,
        }
    }

    /// Where `at` leads without taking anything.
    pub(super) fn beside(&self, at: usize) -> [Option<usize>; 2] {
        let node = self.program.node(at as u32);
        let next = Some(node.next as usize);
        match node.op {
            Op::Star | Op::Deep | Op::Jump => [next, None],
            Op::Split(other) => [next, Some(other as usize)],
            _ => [None, None],
        }
    }

    /// Adds the nodes that lead to a node of `row` without taking anything.
    pub(super) fn close(&self, row: &mut [u64]) {
        work::note(self.free.len());
        for &(at, next, other) in &self.free {
            if get(row, next) || get(row, other) {
                set(row, at);
            }
        }
    }

    /// Adds to `before` the nodes among `takers` that lead to one of `after` when they take a
    /// character of a segment.
    pub(super) fn pull_name(&self, takers: &[u64], after: &[u64], before: &mut [u64]) {
        self.pull_steps(takers, after, before);
        let loops = takers.iter().zip(&self.loops).map(|(takers, loops)| takers & loops);
        for ((word, loops), after) in before.iter_mut().zip(loops).zip(after) {
            *word |= loops & after;
        }
        for &at in &self.deeps {
            if get(takers, at) && get(after, at + 1) {
                set(before, at);
            }
        }
    }

    /// Adds to `before` the nodes that lead to one of `after` when they take a slash.
    pub(super) fn pull_slash(&self, after: &[u64], before: &mut [u64]) {
        self.pull_steps(&self.slashes, after, before);
        for &at in &self.deeps {
            if get(after, at) {
                set(before, at + 1);
            }
        }
        for &at in &self.rests {
            if get(after, at) {
                set(before, at);
            }
        }
        self.close(before);
    }

    fn pull_steps(&self, takers: &[u64], after: &[u64], before: &mut [u64]) {
        work::note(self.words + self.bent.len());
        let shifted = after.iter().zip(after.iter().skip(1).chain(&[0]));
        for (((word, takers), straight), (this, next)) in
            before.iter_mut().zip(takers).zip(&self.straight).zip(shifted)
        {
            *word |= takers & straight & (this >> 1 | next << 63);
        }
        for &(at, next) in &self.bent {
            if get(takers, at) && get(after, next) {
                set(before, at);
            }
        }
    }
}

struct Groups {
    words: usize,
    groups: Vec<Group>,
}

impl Groups {
    fn row(&mut self, letter: Letter) -> &mut [u64] {
        let at = self.groups.iter().position(|&(other, _)| other == letter).unwrap_or_else(|| {
            self.groups.push((letter, vec![0; self.words]));
            self.groups.len() - 1
        });
        self.groups.get_mut(at).map_or(&mut [], |(_, row)| row)
    }
}
