//! Building a [`Program`] front to back, with edges to nodes that do not exist yet.

use super::{
    class::CharSet,
    program::{Node, Op, Program},
};

/// No node.
pub(super) const NONE: u32 = u32::MAX;

/// Nodes in the making. A node is reserved when an edge first leads to it, and filled when its
/// turn comes; the order of filling is the topological order of the program.
pub(super) struct Builder {
    nodes: Vec<Node>,
    /// How many nodes were filled in the order in which they were reserved, as all are without
    /// braces.
    in_order: u32,
    /// All filled nodes, once one was filled out of order.
    filled: Vec<u32>,
    classes: Vec<CharSet>,
}

impl Builder {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            nodes: Vec::with_capacity(capacity),
            in_order: 0,
            filled: Vec::new(),
            classes: Vec::new(),
        }
    }

    pub(super) fn reserve(&mut self) -> u32 {
        self.nodes.push(Node { op: Op::Jump, next: NONE });
        (self.nodes.len() - 1) as u32
    }

    pub(super) fn fill(&mut self, at: u32, op: Op, next: u32) {
        if let Some(node) = self.nodes.get_mut(at as usize) {
            *node = Node { op, next };
        }
        if self.filled.is_empty() {
            if at == self.in_order {
                self.in_order += 1;
                return;
            }
            self.filled.reserve(self.nodes.capacity());
            self.filled.extend(0..self.in_order);
        }
        self.filled.push(at);
    }

    /// Fills `at` with a [`Op::Deep`] that goes on at `after`, and its loop `within`.
    pub(super) fn fill_deep(&mut self, at: u32, within: u32, after: u32) {
        self.fill(at, Op::Deep, after);
        self.fill(within, Op::DeepIn, at);
    }

    /// The operation that takes one of `set`; equal sets share one.
    pub(super) fn class(&mut self, set: CharSet) -> Op {
        let known = self.classes.iter().position(|known| *known == set);
        let at = known.unwrap_or_else(|| {
            self.classes.push(set);
            self.classes.len() - 1
        });
        Op::Class(at as u32)
    }

    /// The program, its nodes in the order in which they were filled.
    pub(super) fn finish(self) -> Program {
        if self.filled.is_empty() {
            return Program::new(self.nodes, self.classes);
        }
        let mut place = vec![NONE; self.nodes.len()];
        for (new, &old) in self.filled.iter().enumerate() {
            if let Some(place) = place.get_mut(old as usize) {
                *place = new as u32;
            }
        }
        let moved = |old: u32| place.get(old as usize).copied().unwrap_or(NONE);
        let old = self.filled.iter().filter_map(|&old| self.nodes.get(old as usize));
        let mut nodes = Vec::with_capacity(self.filled.len());
        nodes.extend(old.map(|node| Node {
            op: match node.op {
                Op::Split(other) => Op::Split(moved(other)),
                op => op,
            },
            next: moved(node.next),
        }));
        Program::new(nodes, self.classes)
    }
}
