//! Keeping a machine from taking a segment `.` or `..`, which no valid path has.
//!
//! A witness gets such a segment only where one of the two patterns asks for a dot: what both leave
//! open is filled with letters. So it is enough that each pattern whose explicit dots could make
//! up such a segment refuses it by itself; nearly no pattern has such, and all others stay as they
//! are.

use super::{
    builder::{Builder, NONE},
    class::CharSet,
    program::{Node, Op, Program},
};

/// How much of a segment is taken: nothing, `.`, `..`, and anything else.
const EMPTY: usize = 0;
const NAMED: usize = 3;

/// `program`, but that it takes no segment `.` or `..` for the sake of a dot of its own.
pub(super) fn exclude(program: Program) -> Program {
    if asks_for_dots(&program) { Excluder::new(&program).run() } else { program }
}

/// What may have been taken of a segment, one bit each: nothing, `.` and `..` by wildcards only,
/// `.` and `..` with a dot that an operation names.
const NOTHING: u8 = 1;
const WILD: u8 = 0b0_0010;
const NAMED_DOT: u8 = 0b0_1000;
const NAMED_DOTS: u8 = 0b1_0000;

/// Whether some segment may be `.` or `..` with a dot that an operation names.
fn asks_for_dots(program: &Program) -> bool {
    if !program.nodes.iter().any(|node| names_dot(program, node.op)) {
        return false;
    }
    let is_chain = |node: &Node| !matches!(node.op, Op::Split(_) | Op::Jump);
    if program.nodes.iter().all(is_chain) {
        let mut taken = NOTHING;
        return program.nodes.iter().any(|node| {
            let before = taken;
            taken = after(program, node.op, taken);
            ends_in_dots(node.op, before)
        });
    }
    let mut before = vec![0; program.nodes.len()];
    let reach = |before: &mut [u8], at: u32, taken: u8| {
        if let Some(slot) = before.get_mut(at as usize) {
            *slot |= taken;
        }
    };
    reach(&mut before, 0, NOTHING);
    program.nodes.iter().enumerate().any(|(at, node)| {
        let taken = before.get(at).copied().unwrap_or_default();
        let after = after(program, node.op, taken);
        if !matches!(node.op, Op::DeepIn | Op::End | Op::Rest) {
            reach(&mut before, node.next, after);
        }
        if let Op::Split(other) = node.op {
            reach(&mut before, other, after);
        }
        ends_in_dots(node.op, taken)
    })
}

fn names_dot(program: &Program, op: Op) -> bool {
    match op {
        Op::Char('.') => true,
        Op::Class(class) => program.class_contains(class, '.'),
        _ => false,
    }
}

fn ends_in_dots(op: Op, taken: u8) -> bool {
    matches!(op, Op::Slash | Op::Tree | Op::End) && taken & (NAMED_DOT | NAMED_DOTS) != 0
}

/// What may have been taken after `op`.
fn after(program: &Program, op: Op, taken: u8) -> u8 {
    let wild = |taken: u8| ((taken & (NOTHING | WILD)) << 1) | ((taken & NAMED_DOT) << 1);
    match op {
        _ if names_dot(program, op) => {
            ((taken & (NOTHING | WILD)) << 3) | ((taken & NAMED_DOT) << 1)
        }
        Op::Char(_) | Op::Class(_) | Op::Rest | Op::End => 0,
        Op::Any => wild(taken),
        Op::Star => taken | wild(taken) | wild(wild(taken)),
        // The loop of a `**` stands between it and what it leads to.
        Op::Split(_) | Op::Jump | Op::Deep | Op::DeepIn => taken,
        Op::Slash | Op::Tree => NOTHING,
    }
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
                let within = self.new.reserve();
                let after = self.entry(node.next, EMPTY);
                self.new.fill_deep(entry, within, after);
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
