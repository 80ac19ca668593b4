//! Sets of nodes, one bit each, and where a table keeps them.

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

/// One row for each node and state; equal ones of a node are kept once.
pub(super) struct Rows {
    states: usize,
    /// Which row belongs to each node and state.
    index: Vec<u32>,
    rows: Vec<Vec<u64>>,
}

impl Rows {
    pub(super) fn new(nodes: usize, states: usize) -> Self {
        // The first row is an empty one, for what is not filled yet.
        Self { states, index: vec![0; nodes * states], rows: vec![Vec::new()] }
    }

    pub(super) fn id(&self, at: u32, state: usize) -> u32 {
        self.index.get(at as usize * self.states + state).copied().unwrap_or_default()
    }

    pub(super) fn row(&self, at: u32, state: usize) -> &[u64] {
        self.rows.get(self.id(at, state) as usize).map_or(&[], Vec::as_slice)
    }

    pub(super) fn put_id(&mut self, at: u32, state: usize, id: u32) {
        if let Some(slot) = self.index.get_mut(at as usize * self.states + state) {
            *slot = id;
        }
    }

    pub(super) fn put(&mut self, at: u32, state: usize, row: Vec<u64>) {
        // Most states make no difference to most nodes.
        if state > 0 && self.row(at, 0) == row {
            return self.put_id(at, state, self.id(at, 0));
        }
        self.rows.push(row);
        self.put_id(at, state, (self.rows.len() - 1) as u32);
    }

    /// The same row for all states.
    pub(super) fn put_all(&mut self, at: u32, row: Vec<u64>) {
        self.put(at, 0, row);
        for state in 1..self.states {
            self.put_id(at, state, self.id(at, 0));
        }
    }
}
