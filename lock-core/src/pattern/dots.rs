//! Keeping a machine from taking a segment `.` or `..`, which no valid path has.
//!
//! A witness gets such a segment only where one of the two patterns asks for a dot: what both leave
//! open is filled with letters. So it is enough that each pattern whose explicit dots could make
//! up such a segment refuses it by itself; nearly no pattern has such, and all others stay as they
//! are.

use super::{
    builder::{Builder, NONE},
    class::CharSet,
    program::{Op, Program},
};

/// How much of a segment is taken: nothing, `.`, `..`, and anything else.
const EMPTY: usize = 0;
const NAMED: usize = 3;

/// `program`, but that it takes no segment `.` or `..` for the sake of a dot of its own.
pub(super) fn exclude(program: Program) -> Program {
    if asks_for_dots(&program) { Excluder::new(&program).run() } else { program }
}

/// Whether some segment may be `.` or `..` with a dot that an operation names.
fn asks_for_dots(program: &Program) -> bool {
    let names_dot = |op| match op {
        Op::Char('.') => true,
        Op::Class(class) => program.class_contains(class, '.'),
        _ => false,
    };
    if !program.nodes.iter().any(|node| names_dot(node.op)) {
        return false;
    }
    // Bits of what may have been taken of the segment before each node: nothing, `.` and `..` of
    // wildcards only, `.` and `..` with a named dot.
    const NOTHING: u8 = 1;
    const NAMED_DOTS: u8 = 0b1_1000;
    let mut before = vec![0u8; program.nodes.len()];
    let reach = |before: &mut [u8], at: u32, bits: u8| {
        if let Some(slot) = before.get_mut(at as usize) {
            *slot |= bits;
        }
    };
    reach(&mut before, 0, NOTHING);
    for (at, node) in program.nodes.iter().enumerate() {
        let bits = before.get(at).copied().unwrap_or_default();
        let wild = ((bits & 0b00011) << 1) | ((bits & 0b01000) << 1);
        let named = ((bits & NOTHING) << 3) | ((bits & 0b00010) << 3) | ((bits & 0b01000) << 1);
        match node.op {
            Op::Char('.') => reach(&mut before, node.next, named),
            Op::Class(class) if program.class_contains(class, '.') => {
                reach(&mut before, node.next, named);
            }
            Op::Char(_) | Op::Class(_) | Op::DeepIn => {}
            Op::Any => reach(&mut before, node.next, wild),
            Op::Star => {
                let twice = ((wild & 0b00011) << 1) | ((wild & 0b01000) << 1);
                reach(&mut before, node.next, bits | wild | twice);
            }
            Op::Split(other) => {
                reach(&mut before, node.next, bits);
                reach(&mut before, other, bits);
            }
            Op::Jump | Op::Deep => reach(&mut before, node.next, bits),
            Op::Slash | Op::Tree | Op::End | Op::Rest => {
                if bits & NAMED_DOTS != 0 {
                    return true;
                }
                if matches!(node.op, Op::Slash | Op::Tree) {
                    reach(&mut before, node.next, NOTHING);
                }
            }
        }
    }
    false
}

/// The product of a program and the four states above.
struct Excluder<'a> {
    old: &'a Program,
    /// The new nodes for each old one in each state.
    entries: Vec<[u32; 4]>,
    new: Builder,
}

impl<'a> Excluder<'a> {
    fn new(old: &'a Program) -> Self {
        Self {
            old,
            entries: vec![[NONE; 4]; old.nodes.len()],
            new: Builder::new(old.nodes.len() + 16),
        }
    }

    fn run(mut self) -> Program {
        self.entry(0, EMPTY);
        for at in 0..self.old.nodes.len() as u32 {
            for state in EMPTY..=NAMED {
                let entry = self.entries.get(at as usize).and_then(|row| row.get(state));
                if let Some(&entry) = entry.filter(|&&entry| entry != NONE) {
                    self.node(at, state, entry);
                }
            }
        }
        self.new.finish()
    }

    fn entry(&mut self, at: u32, state: usize) -> u32 {
        let slot = self.entries.get_mut(at as usize).and_then(|row| row.get_mut(state));
        let Some(slot) = slot else { return NONE };
        if *slot == NONE {
            *slot = self.new.reserve();
        }
        *slot
    }

    fn emit(&mut self, at: u32, op: Op, next: u32, state: usize) {
        let next = self.entry(next, state);
        self.new.fill(at, op, next);
    }

    fn node(&mut self, at: u32, state: usize, entry: u32) {
        let node = self.old.node(at);
        match node.op {
            Op::Char(c) => {
                let after = if c == '.' { state + 1 } else { NAMED };
                self.emit(entry, node.op, node.next, after.min(NAMED));
            }
            Op::Class(class) => {
                let Some(set) = self.old.class(class).cloned() else { return };
                self.set(entry, node.next, state, set);
            }
            // What a whole `*` or `**` takes is named by the other pattern.
            Op::Any if state == EMPTY && self.is_whole(node.next) => {
                self.emit(entry, node.op, node.next, NAMED);
            }
            Op::Any => self.set(entry, node.next, state, CharSet::new(&[], true)),
            Op::Star if state < NAMED => {
                // Nothing, or one character more and then the same again.
                let skip = self.entry(node.next, state);
                let one = self.new.reserve();
                self.new.fill(entry, Op::Split(one), skip);
                self.set(one, at, state, CharSet::new(&[], true));
            }
            Op::Slash | Op::Tree | Op::End if (1..NAMED).contains(&state) => self.dead(entry),
            Op::Slash | Op::Tree => self.emit(entry, node.op, node.next, EMPTY),
            Op::Deep => {
                let after = self.entry(node.next, EMPTY);
                self.new.fill_deep(entry, after);
            }
            Op::DeepIn => {}
            Op::Split(other) => {
                let other = self.entry(other, state);
                self.emit(entry, Op::Split(other), node.next, state);
            }
            Op::Star | Op::Jump => self.emit(entry, node.op, node.next, state),
            Op::Rest | Op::End => self.new.fill(entry, node.op, entry),
        }
    }

    /// Takes one of `set`, a dot apart from the others as long as that matters.
    fn set(&mut self, entry: u32, next: u32, state: usize, set: CharSet) {
        let dotted = set.contains('.') && state + 1 < NAMED;
        let named = if dotted { set.without_dot() } else { set };
        let mut entry = entry;
        if dotted {
            let (dot, rest) = (self.new.reserve(), self.new.reserve());
            self.new.fill(entry, Op::Split(dot), rest);
            self.emit(dot, Op::Char('.'), next, state + 1);
            entry = rest;
        }
        let op = if named == CharSet::new(&[], true) { Op::Any } else { self.new.class(named) };
        self.emit(entry, op, next, NAMED);
    }

    fn dead(&mut self, entry: u32) {
        let nothing = self.new.class(CharSet::new(&[], false));
        self.new.fill(entry, nothing, entry);
    }

    /// Whether what follows the first character of a segment takes any segment.
    fn is_whole(&self, at: u32) -> bool {
        let node = self.old.node(at);
        node.op == Op::Rest
            || (node.op == Op::Star
                && matches!(self.old.node(node.next).op, Op::Slash | Op::Tree | Op::End))
    }
}
