//! All pairs of states of two machines from which both can end, in one sweep.
//!
//! A walk that goes wrong often is slow; this is not, whatever the patterns: it takes one row of
//! bits, a machine's nodes, for each node of the other.

use super::{
    columns::{Columns, Row, get, unite},
    program::{Op, Program},
    take::{Take, share},
    walk::{Pair, Walk},
};

/// For each node of the first program, the nodes of the second from which both can end.
pub(super) struct Table {
    rows: Vec<Row>,
}

impl Table {
    pub(super) fn new(walk: Walk<'_>) -> Self {
        let Walk { p, q, controls } = walk;
        let columns = Columns::new(q, controls);
        let mut builder = Builder {
            p,
            columns,
            rows: Vec::new(),
            chars: Default::default(),
            classes: vec![None; p.classes.len()],
        };
        builder.rows.resize_with(p.nodes.len(), Row::default);
        for at in (0..p.nodes.len()).rev() {
            builder.fill(at);
        }
        Self { rows: builder.rows }
    }

    /// Whether both can end from here.
    pub(super) fn lives(&self, (i, j): Pair) -> bool {
        self.rows.get(i as usize).is_some_and(|row| get(row, j as usize))
    }
}

struct Builder<'a> {
    p: &'a Program,
    columns: Columns<'a>,
    rows: Vec<Row>,
    /// The steps of the second program that take each character or class of the first.
    chars: std::collections::HashMap<char, Row>,
    classes: Vec<Option<Row>>,
}

impl Builder<'_> {
    /// Fills the row of `at`, all later ones being filled.
    fn fill(&mut self, at: usize) {
        let node = self.p.node(at as u32);
        let mut row = self.columns.row();
        match node.op {
            // The row of the loop's entry, which comes next, is filled with this one.
            Op::DeepIn => return,
            Op::Deep => return self.fill_deep(at),
            Op::Char(_) | Op::Class(_) | Op::Any => self.pull(node.op, node.next, &mut row),
            Op::Slash => self.columns.pull_slash(self.row(node.next), &mut row),
            Op::Tree => {
                self.columns.pull_slash(self.row(node.next), &mut row);
                unite(&mut row, &self.columns.ends);
            }
            Op::Star => {
                unite(&mut row, self.row(node.next));
                self.columns.sweep_name(&mut row);
            }
            Op::Rest => {
                unite(&mut row, &self.columns.ends);
                loop {
                    let before = row.clone();
                    self.columns.sweep_name(&mut row);
                    self.columns.pull_slash(&before, &mut row);
                    if row == before {
                        break;
                    }
                }
            }
            Op::End => unite(&mut row, &self.columns.ends),
            Op::Split(other) => {
                unite(&mut row, self.row(node.next));
                unite(&mut row, self.row(other));
            }
            Op::Jump => unite(&mut row, self.row(node.next)),
        }
        self.put(at, row);
    }

    /// Fills the row of a `**` and of its loop, each of which leads to the other.
    fn fill_deep(&mut self, at: usize) {
        let mut deep = self.row(self.p.node(at as u32).next).to_vec();
        let mut within = self.columns.row();
        loop {
            let before = (deep.clone(), within.clone());
            self.columns.pull_slash(&deep, &mut within);
            self.columns.sweep_name(&mut within);
            self.columns.pull_name(self.columns.names(), &within, &mut deep);
            if (&deep, &within) == (&before.0, &before.1) {
                break;
            }
        }
        self.put(at, deep.into());
        self.put(at + 1, within);
    }

    fn pull(&mut self, op: Op, next: u32, row: &mut [u64]) {
        let columns = &self.columns;
        let after = self.rows.get(next as usize).map_or(&[][..], |row| row);
        let Some(take) = op.takes(self.p) else { return };
        // A class of which nothing is left lets no loop take anything either.
        if !share(take, Take::Name, columns.controls()) {
            return;
        }
        let takers = match op {
            Op::Char(c) => self.chars.entry(c).or_insert_with(|| columns.takers(take)),
            Op::Class(class) => match self.classes.get_mut(class as usize) {
                Some(known) => known.get_or_insert_with(|| columns.takers(take)),
                None => return,
            },
            _ => columns.names(),
        };
        columns.pull_name(takers, after, row);
    }

    fn row(&self, at: u32) -> &[u64] {
        self.rows.get(at as usize).map_or(&[], |row| row)
    }

    fn put(&mut self, at: usize, row: Row) {
        if let Some(slot) = self.rows.get_mut(at) {
            *slot = row;
        }
    }
}
