//! Telling whoever waits where they stand.

use std::fmt;

use crate::{Refusal, Timestamp};

/// Where a waiting request stands, as of its last look.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InLine {
    /// Its position in the line of its namespace, from 1. Not all that are earlier stand before
    /// it: only those that it must not pass are in the refusal.
    pub position: usize,
    /// What it waits for.
    pub refusal: Refusal,
    /// The store's clock, on which the leases in the refusal run.
    pub now: Timestamp,
}

/// Whom to tell.
pub(super) struct Listener(Box<dyn FnMut(&InLine) + Send>);

impl Listener {
    pub(super) fn new(listener: impl FnMut(&InLine) + Send + 'static) -> Self {
        Self(Box::new(listener))
    }

    pub(super) fn tell(&mut self, line: &InLine) {
        (self.0)(line);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}
