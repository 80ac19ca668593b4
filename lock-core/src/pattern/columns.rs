//! One machine as columns of bits, to walk all of its states at once.

use super::{
    program::{Op, Program},
    take::{Take, share},
};

/// A set of nodes of one program, one bit each.
pub(super) type Row = Box<[u64]>;

pub(super) fn get(row: &[u64], at: usize) -> bool {
    row.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
}

pub(super) fn set(row: &mut [u64], at: usize) {
    if let Some(word) = row.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

pub(super) fn unite(row: &mut [u64], other: &[u64]) {
    for (word, other) in row.iter_mut().zip(other) {
        *word |= other;
    }
}

/// A program, its nodes sorted by what they do.
///
/// A row holds the nodes from which some goal can be reached; all here goes from what follows a
/// step to what stands before it.
pub(super) struct Columns<'a> {
    program: &'a Program,
    controls: bool,
    words: usize,
    /// Steps that lead to the node just behind them: one shift moves them all.
    straight: Row,
    /// All other steps, and where they lead.
    bent: Vec<(usize, usize)>,
    /// Steps that take some character of a segment.
    names: Row,
    /// Steps that take a slash.
    slashes: Row,
    /// Nodes that take any character of a segment and stay.
    loops: Row,
    deeps: Vec<usize>,
    rests: Vec<usize>,
    /// Nodes that may go on without taking anything, the last ones first.
    free: Vec<(usize, usize, usize)>,
    /// Nodes from which the program may end.
    pub(super) ends: Row,
    /// Which steps take each character that one of them names.
    chars: Vec<(char, usize)>,
    classes: Vec<(u32, usize)>,
    wild: Row,
}

impl<'a> Columns<'a> {
    pub(super) fn new(program: &'a Program, controls: bool) -> Self {
        let words = program.nodes.len().div_ceil(64);
        let row = || -> Row { vec![0; words].into() };
        let mut it = Self {
            program,
            controls,
            words,
            straight: row(),
            bent: Vec::new(),
            names: row(),
            slashes: row(),
            loops: row(),
            deeps: Vec::new(),
            rests: Vec::new(),
            free: Vec::new(),
            ends: row(),
            chars: Vec::new(),
            classes: Vec::new(),
            wild: row(),
        };
        for (at, node) in program.nodes.iter().enumerate() {
            let next = node.next as usize;
            match node.op {
                Op::Char(c) => {
                    it.chars.push((c, at));
                    set(&mut it.names, at);
                }
                Op::Any => {
                    set(&mut it.wild, at);
                    set(&mut it.names, at);
                }
                Op::Class(class) => {
                    it.classes.push((class, at));
                    let taken = node.op.takes(program);
                    if taken.is_some_and(|taken| share(taken, Take::Name, controls)) {
                        set(&mut it.names, at);
                    }
                }
                Op::Slash | Op::Tree => set(&mut it.slashes, at),
                Op::Star | Op::DeepIn | Op::Rest => set(&mut it.loops, at),
                Op::Deep => it.deeps.push(at),
                Op::End | Op::Split(_) | Op::Jump => {}
            }
            match node.op {
                Op::Char(_) | Op::Any | Op::Class(_) | Op::Slash | Op::Tree if next == at + 1 => {
                    set(&mut it.straight, at);
                }
                Op::Char(_) | Op::Any | Op::Class(_) | Op::Slash | Op::Tree => {
                    it.bent.push((at, next));
                }
                Op::Star | Op::Deep | Op::Jump => it.free.push((at, next, next)),
                Op::Split(other) => it.free.push((at, next, other as usize)),
                Op::Rest => it.rests.push(at),
                Op::End | Op::DeepIn => {}
            }
            if program.ends(at as u32) {
                set(&mut it.ends, at);
            }
        }
        it.chars.sort_unstable();
        it.free.reverse();
        let mut ends = std::mem::take(&mut it.ends);
        it.close(&mut ends);
        it.ends = ends;
        it
    }

    pub(super) fn controls(&self) -> bool {
        self.controls
    }

    /// Steps that take some character of a segment.
    pub(super) fn names(&self) -> &[u64] {
        &self.names
    }

    pub(super) fn row(&self) -> Row {
        vec![0; self.words].into()
    }

    /// Adds the nodes that lead to a node of `row` without taking anything.
    pub(super) fn close(&self, row: &mut [u64]) {
        for &(at, next, other) in &self.free {
            if get(row, next) || get(row, other) {
                set(row, at);
            }
        }
    }

    /// The steps that share a character with `take`.
    pub(super) fn takers(&self, take: Take<'_>) -> Row {
        let mut row = match take {
            Take::Name => return self.names.clone(),
            Take::Set(_) | Take::One(_) => self.wild.clone(),
        };
        match take {
            Take::One(c) => {
                let from = self.chars.partition_point(|&(other, _)| other < c);
                for &(_, at) in self.chars.iter().skip(from).take_while(|&&(other, _)| other == c) {
                    set(&mut row, at);
                }
            }
            take => {
                let mut last = None;
                for &(c, at) in &self.chars {
                    let shared = match last {
                        Some((same, shared)) if same == c => shared,
                        _ => share(take, Take::One(c), self.controls),
                    };
                    last = Some((c, shared));
                    if shared {
                        set(&mut row, at);
                    }
                }
                if !share(take, Take::Name, self.controls) {
                    return self.row();
                }
            }
        }
        let mut known: Vec<Option<bool>> = vec![None; self.program.classes.len()];
        for &(class, at) in &self.classes {
            let Some(known) = known.get_mut(class as usize) else { continue };
            let shared = *known.get_or_insert_with(|| {
                self.program
                    .class(class)
                    .is_some_and(|set| share(take, Take::Set(set), self.controls))
            });
            if shared {
                set(&mut row, at);
            }
        }
        row
    }

    /// Adds to `before` the nodes that lead to one of `after` when both take a character of a
    /// segment: one of the steps `takers`, or a loop.
    pub(super) fn pull_name(&self, takers: &[u64], after: &[u64], before: &mut [u64]) {
        self.pull_steps(takers, after, before);
        for ((word, loops), after) in before.iter_mut().zip(&self.loops).zip(after) {
            *word |= loops & after;
        }
        for &at in &self.deeps {
            if get(after, at + 1) {
                set(before, at);
            }
        }
        self.close(before);
    }

    /// The same for a slash.
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

    /// Adds to `row` the nodes that lead into it by any number of characters of a segment.
    pub(super) fn sweep_name(&self, row: &mut [u64]) {
        for (at, node) in self.program.nodes.iter().enumerate().rev() {
            let leads = match node.op {
                Op::Deep => get(row, at + 1) || get(row, node.next as usize),
                Op::Star | Op::Jump => get(row, node.next as usize),
                Op::Split(other) => get(row, node.next as usize) || get(row, other as usize),
                _ => get(&self.names, at) && get(row, node.next as usize),
            };
            if leads {
                set(row, at);
            }
        }
    }
}
