//! What this process wrote itself and finds again: it need not be read twice.
//!
//! Nothing here is believed of a file before its bytes have been compared.

use std::collections::HashMap;

use lock_core::{Lock, host::LeaseMark};

use crate::state::{Found, State};

/// How many records are remembered: more than one process holds at a time, as a rule.
const MOST: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Known {
    records: HashMap<String, (Lock, LeaseMark)>,
    state: Option<(Vec<u8>, State)>,
}

impl Known {
    /// Remembers what `text` says.
    pub(crate) fn add(&mut self, text: String, lock: Lock, lease: LeaseMark) {
        if self.records.len() >= MOST {
            self.records.clear();
        }
        self.records.insert(text, (lock, lease));
    }

    /// What `text` says, if it was written here.
    pub(crate) fn record(&self, text: &[u8]) -> Option<&(Lock, LeaseMark)> {
        if self.records.is_empty() {
            return None;
        }
        self.records.get(std::str::from_utf8(text).ok()?)
    }

    pub(crate) fn set_state(&mut self, text: Vec<u8>, state: State) {
        self.state = Some((text, state));
    }

    /// What the line `text` says.
    pub(crate) fn state(&self, text: &[u8]) -> Found {
        match &self.state {
            Some((known, state)) if known == text => Found::State(*state),
            _ => State::parse(text),
        }
    }
}
