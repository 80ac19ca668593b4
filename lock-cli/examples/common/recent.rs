//! What is remembered for a while.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use lock_core::RecordId;

/// How long: longer than an agent is stopped, and than what it told lies about.
const WHILE: Duration = Duration::from_secs(60);

/// Something about records, forgotten after a while.
#[derive(Debug)]
pub(super) struct Recent<T> {
    known: HashMap<RecordId, T>,
    order: VecDeque<(Instant, RecordId)>,
}

impl<T> Recent<T> {
    pub(super) fn new() -> Self {
        Self { known: HashMap::new(), order: VecDeque::new() }
    }

    pub(super) fn insert(&mut self, id: RecordId, what: T) {
        let now = Instant::now();
        self.known.insert(id, what);
        self.order.push_back((now, id));
        while let Some((since, old)) = self.order.front().copied()
            && now.duration_since(since) > WHILE
        {
            self.order.pop_front();
            self.known.remove(&old);
        }
    }

    pub(super) fn get(&self, id: &RecordId) -> Option<&T> {
        self.known.get(id)
    }
}
