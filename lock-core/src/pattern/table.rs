//! All pairs of states of two machines from which both can end, in one sweep.
//!
//! A walk that goes wrong often is slow; this is not, whatever the patterns: it takes one row of
//! bits, a machine's nodes, for each node of the other and each state of the text between them.

use std::collections::HashMap;

use super::{
    columns::{Columns, Group},
    letters::{Letters, State},
    program::{Op, Program},
    rows::{Rows, get, set, unite},
    take::Take,
    walk::{Pair, Walk},
    work,
};

/// For each node of the first program, the nodes of the second from which both can end.
pub(super) struct Table {
    rows: Rows,
}

impl Table {
    pub(super) fn new(walk: Walk<'_>, letters: &Letters) -> Self {
        let columns = Columns::new(walk.q, letters, walk.controls);
        let mut filler = Filler {
            p: walk.p,
            letters,
            names: columns.groups(Take::Name),
            columns,
            rows: Rows::new(walk.p.nodes.len(), letters.states()),
            groups: HashMap::new(),
        };
        for at in (0..walk.p.nodes.len() as u32).rev() {
            filler.fill(at);
        }
        Self { rows: filler.rows }
    }

    /// Whether both can end from here.
    pub(super) fn lives(&self, (i, j): Pair, state: State) -> bool {
        get(self.rows.row(i, state), j as usize)
    }
}

struct Filler<'a> {
    p: &'a Program,
    letters: &'a Letters,
    columns: Columns<'a>,
    rows: Rows,
    /// The steps of the second program that share something with any character of a segment.
    names: Vec<Group>,
    /// The same for each operation of the first program that takes less.
    groups: HashMap<Op, Vec<Group>>,
}

impl Filler<'_> {
    /// Fills the rows of `at`, those of all later nodes being filled.
    fn fill(&mut self, at: u32) {
        let node = self.p.node(at);
        match node.op {
            Op::Char(_) | Op::Class(_) | Op::Any => self.fill_step(at, node.op, node.next),
            Op::Slash | Op::Tree => {
                let mut row = self.columns.row();
                self.columns.pull_slash(self.rows.row(node.next, 0), &mut row);
                if node.op == Op::Tree {
                    unite(&mut row, self.columns.ends());
                }
                self.rows.put_all(at, row);
            }
            Op::Star => {
                let mut rows = self.each(|it, state| it.rows.row(node.next, state).to_vec());
                self.sweep(&mut rows);
                self.put(at, rows);
            }
            Op::Deep => self.fill_deep(at, node.next),
            // Filled with the node before it.
            Op::DeepIn => {}
            Op::Rest => self.fill_rest(at),
            Op::End => self.rows.put_all(at, self.columns.ends().to_vec()),
            Op::Split(other) => {
                let rows = self.each(|it, state| {
                    let mut row = it.rows.row(node.next, state).to_vec();
                    unite(&mut row, it.rows.row(other, state));
                    row
                });
                self.put(at, rows);
            }
            Op::Jump => {
                for state in 0..self.letters.states() {
                    self.rows.put_id(at, state, self.rows.id(node.next, state));
                }
            }
        }
    }

    fn each(&self, row: impl Fn(&Self, State) -> Vec<u64>) -> Vec<Vec<u64>> {
        (0..self.letters.states()).map(|state| row(self, state)).collect()
    }

    fn put(&mut self, at: u32, rows: Vec<Vec<u64>>) {
        for (state, row) in rows.into_iter().enumerate() {
            self.rows.put(at, state, row);
        }
    }

    fn fill_step(&mut self, at: u32, op: Op, next: u32) {
        let (columns, p) = (&self.columns, self.p);
        let groups = match op {
            Op::Any => &self.names,
            _ => self.groups.entry(op).or_insert_with(|| {
                op.takes(p).map(|take| columns.groups(take)).unwrap_or_default()
            }),
        };
        // After what is no mark it does not matter what stood before.
        let (marks, others): (Vec<&Group>, Vec<&Group>) =
            groups.iter().partition(|(letter, _)| letter.is_mark());
        let letters = self.letters;
        let pull = |rows: &Rows, groups: &[&Group], state, row: &mut Vec<u64>| {
            for (letter, takers) in groups {
                if let Some(after) = letters.after(state, *letter) {
                    columns.pull_name(takers, rows.row(next, after), row);
                }
            }
            columns.close(row);
        };
        let mut base = columns.row();
        pull(&self.rows, &others, 0, &mut base);
        if marks.is_empty() {
            return self.rows.put_all(at, base);
        }
        // States from which the marks lead to the same rows have the same row.
        work::note(2 * marks.len() * self.letters.states());
        let mut known: HashMap<Vec<Option<u32>>, u32> = HashMap::new();
        for state in 0..self.letters.states() {
            let rows = marks.iter().map(|(letter, _)| {
                self.letters.after(state, *letter).map(|after| self.rows.id(next, after))
            });
            let rows: Vec<Option<u32>> = rows.collect();
            match known.get(&rows) {
                Some(&id) => self.rows.put_id(at, state, id),
                None => {
                    let mut row = base.clone();
                    pull(&self.rows, &marks, state, &mut row);
                    self.rows.put(at, state, row);
                    known.insert(rows, self.rows.id(at, state));
                }
            }
        }
    }

    /// Adds to `rows`, one for each state, the nodes that lead into them while the first machine
    /// takes any number of characters of a segment.
    fn sweep(&self, rows: &mut [Vec<u64>]) {
        work::note(5 * self.columns.names().count());
        // The nodes that lead on by what is no mark: after that all states are alike.
        let mut alike = self.columns.row();
        let lives = |rows: &[Vec<u64>], alike: &[u64], state: usize, at| {
            get(alike, at) || rows.get(state).is_some_and(|row| get(row, at))
        };
        for (at, letters) in self.columns.names().rev() {
            let behind = self.columns.behind(at);
            let beside = self.columns.beside(at);
            for next in beside.into_iter().flatten() {
                if get(&alike, next) {
                    set(&mut alike, at);
                }
                work::note(5 * rows.len());
                rows.iter_mut().filter(|row| get(row, next)).for_each(|row| set(row, at));
            }
            for &letter in letters {
                let after = |state| self.letters.after(state, letter);
                if !letter.is_mark() {
                    if after(0).is_some_and(|after| lives(rows, &alike, after, behind)) {
                        set(&mut alike, at);
                    }
                    continue;
                }
                work::note(5 * rows.len());
                for state in 0..rows.len() {
                    if after(state).is_some_and(|after| lives(rows, &alike, after, behind))
                        && let Some(row) = rows.get_mut(state)
                    {
                        set(row, at);
                    }
                }
            }
        }
        rows.iter_mut().for_each(|row| unite(row, &alike));
    }

    /// The last `**`, within which all goes.
    fn fill_rest(&mut self, at: u32) {
        let mut rows = self.each(|it, _| it.columns.ends().to_vec());
        loop {
            let before = rows.clone();
            self.sweep(&mut rows);
            self.pull_slash(&before, &mut rows);
            if rows == before {
                break;
            }
        }
        self.put(at, rows);
    }

    /// A `**` and its loop, each of which leads to the other.
    fn fill_deep(&mut self, at: u32, next: u32) {
        // At the start of a segment nothing stands before.
        let mut deep = vec![self.rows.row(next, 0).to_vec()];
        let mut within = self.each(|it, _| it.columns.row());
        loop {
            let before = (deep.clone(), within.clone());
            self.pull_slash(&deep, &mut within);
            self.sweep(&mut within);
            for row in &mut deep {
                for (letter, takers) in &self.names {
                    let after = self.letters.after(0, *letter).and_then(|after| within.get(after));
                    if let Some(after) = after {
                        self.columns.pull_name(takers, after, row);
                    }
                }
                self.columns.close(row);
            }
            if (&deep, &within) == (&before.0, &before.1) {
                break;
            }
        }
        if let Some(row) = deep.pop() {
            self.rows.put_all(at, row);
        }
        self.put(at + 1, within);
    }

    /// Adds to `rows` the nodes that lead to one of `after` by a slash.
    fn pull_slash(&self, after: &[Vec<u64>], rows: &mut [Vec<u64>]) {
        if let Some(after) = after.first() {
            rows.iter_mut().for_each(|row| self.columns.pull_slash(after, row));
        }
    }
}
