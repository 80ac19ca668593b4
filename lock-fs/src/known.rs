//! What this process wrote itself and finds again: it need not be read twice.
//!
//! Nothing here is believed of a file before its bytes have been compared.

use std::collections::HashMap;

use lock_core::{Lock, host::LeaseMark};

use crate::{
    place::Spot,
    state::{Found, State},
};

/// How many records are remembered: more than one process holds at a time, as a rule.
const MOST: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Known {
    records: HashMap<Spot, Written>,
    state: Option<(Vec<u8>, State)>,
}

#[derive(Debug)]
struct Written {
    text: String,
    lock: Lock,
    lease: LeaseMark,
}

impl Known {
    /// Remembers what the `text` at `spot` says.
    pub(crate) fn add(&mut self, spot: Spot, text: String, lock: Lock, lease: LeaseMark) {
        if self.records.len() >= MOST {
            self.records.clear();
        }
        self.records.insert(spot, Written { text, lock, lease });
    }

    /// What lies at `spot` goes.
    pub(crate) fn remove(&mut self, spot: &Spot) {
        self.records.remove(spot);
    }

    /// What the `text` at `spot` says, if it was written here.
    pub(crate) fn record(&self, spot: &Spot, text: &[u8]) -> Option<(&Lock, &LeaseMark)> {
        let written = self.records.get(spot).filter(|it| it.text.as_bytes() == text)?;
        Some((&written.lock, &written.lease))
    }

    pub(crate) fn set_state(&mut self, text: Vec<u8>, state: State) {
        self.state = Some((text, state));
    }

    /// What the `text` of the state says, if it begins with the line that was seen last.
    pub(crate) fn state(&self, text: &[u8]) -> Option<State> {
        let (known, state) = self.state.as_ref()?;
        text.starts_with(known).then_some(*state)
    }

    /// Reads the line that `text` begins with, and remembers it.
    pub(crate) fn parse_state(&mut self, text: &[u8]) -> Found {
        let found = State::parse(text);
        let line = text.split_inclusive(|byte| *byte == b'\n').next();
        self.state = match (&found, line) {
            (Found::State(state), Some(line)) => Some((line.to_owned(), *state)),
            _ => None,
        };
        found
    }
}
