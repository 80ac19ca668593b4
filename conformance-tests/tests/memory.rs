//! The suite on the reference backend.

use std::sync::Arc;

use conformance_tests::{Fixture, Store, Trouble};
use lock_core::{LockBackend, ManualClock, MemoryBackend, Timestamp};

fn main() {
    conformance_tests::run(Memory);
}

struct Memory;

impl Fixture for Memory {
    fn name(&self) -> &str {
        "memory"
    }

    fn fresh(&self) -> Result<Box<dyn Store>, Trouble> {
        Ok(Box::new(Namespace(MemoryBackend::new())))
    }

    fn skews(&self) -> bool {
        true
    }

    fn fresh_with_clock(&self) -> Option<(Box<dyn Store>, ManualClock)> {
        let clock = ManualClock::at(Timestamp::wall_clock());
        let store = Namespace(MemoryBackend::with_clock(clock.clone()));
        Some((Box::new(store), clock))
    }
}

struct Namespace(MemoryBackend);

impl Store for Namespace {
    fn connect(&self) -> Result<Arc<dyn LockBackend>, Trouble> {
        Ok(Arc::new(self.0.clone()))
    }

    /// Its clock is the store's, whoever asks.
    fn connect_skewed(&self, _micros: i64) -> Option<Arc<dyn LockBackend>> {
        Some(Arc::new(self.0.clone()))
    }
}
