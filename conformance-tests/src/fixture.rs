//! What a backend tells the suite about itself.

use std::{error::Error, future::Future, pin::Pin, sync::Arc, time::Duration};

use lock_core::{Lock, LockBackend, ManualClock};

/// Whatever kept a fixture from its work; its text should say what to do about it.
pub type Trouble = Box<dyn Error + Send + Sync>;

/// How the suite opens stores of one backend.
///
/// Every scenario gets a fresh store and opens it as often as it has contestants, in threads and,
/// where the store can be opened by address, in processes of their own.
///
/// # Errors
/// A fixture that cannot do its work (no server, no room) answers with an error, never by leaving
/// scenarios out: a suite that passes because it did not run protects nobody. The error's text is
/// shown as it is; let it say how to get what is missing.
///
/// ```
/// use conformance_tests::{Fixture, Store, Trouble};
/// use lock_core::{LockBackend, MemoryBackend};
/// use std::sync::Arc;
///
/// struct Memory;
/// struct Namespace(MemoryBackend);
///
/// impl Fixture for Memory {
///     fn name(&self) -> &str {
///         "memory"
///     }
///     fn fresh(&self) -> Result<Box<dyn Store>, Trouble> {
///         Ok(Box::new(Namespace(MemoryBackend::new())))
///     }
/// }
///
/// impl Store for Namespace {
///     fn connect(&self) -> Result<Arc<dyn LockBackend>, Trouble> {
///         Ok(Arc::new(self.0.clone()))
///     }
/// }
///
/// conformance_tests::run_one(&Memory, "fresh::one_winner_among_threads").unwrap();
/// ```
pub trait Fixture: Send + Sync + 'static {
    /// The backend's name: the first part of its tests' names.
    fn name(&self) -> &str;

    /// A new, empty store on the machine's own clock.
    ///
    /// # Errors
    /// Why there is none, and how to get one.
    fn fresh(&self) -> Result<Box<dyn Store>, Trouble>;

    /// Opens the store at an [address](Store::address), in a process of its own. Needed if and
    /// only if [`processes`](Self::processes) says so.
    ///
    /// # Errors
    /// Why it cannot be opened.
    fn reopen(&self, address: &str) -> Result<Arc<dyn LockBackend>, Trouble> {
        Err(format!("{} has no stores that can be opened by address, not {address}", self.name()))?
    }

    /// Whether every store has an address under which other processes reach it. Without, the
    /// scenarios that need processes are shown as ignored.
    fn processes(&self) -> bool {
        false
    }

    /// Whether the store notices when a process on this machine is killed that a lock or a place
    /// in line is tied to, and counts it as [dead](lock_core::View::dead) from then on. Without,
    /// such records end by their leases.
    fn proves_death(&self) -> bool {
        false
    }

    /// Whether a record can be [damaged](Store::damage).
    fn damages(&self) -> bool {
        false
    }

    /// Whether machines with [wrong clocks](Store::connect_skewed) can be posed as.
    fn skews(&self) -> bool {
        false
    }

    /// A new, empty store on a clock that the suite moves: spares it the sleeping.
    fn fresh_with_clock(&self) -> Option<(Box<dyn Store>, ManualClock)> {
        None
    }

    /// How many agents at once the store must serve so that none of them starves. Fewer only for
    /// a store that is not made for crowds.
    fn crowd(&self) -> usize {
        100
    }

    /// How far two readings of one lease's end may lie apart: more than nothing for a store that
    /// converts between clocks, such as from time since boot to wall time.
    fn jitter(&self) -> Duration {
        Duration::ZERO
    }

    /// Runs a future to its end on this thread. A backend that needs a runtime enters it here.
    fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
        futures_lite::future::block_on(work);
    }
}

/// One store: a namespace that can be opened again and again.
pub trait Store: Send + Sync {
    /// One more way to the store, as independent of the others as the backend allows: its own
    /// connection, its own open files.
    ///
    /// # Errors
    /// Why it cannot be opened.
    fn connect(&self) -> Result<Arc<dyn LockBackend>, Trouble>;

    /// Where other processes find it, for [`Fixture::reopen`].
    fn address(&self) -> Option<String> {
        None
    }

    /// What lies in the store that does not belong there when nobody is using it: temporary
    /// files, half-done work. Each is named in the failure.
    fn leftovers(&self) -> Vec<String> {
        Vec::new()
    }

    /// Makes the record of `lock` unreadable, as a torn disk would. Needed if and only if
    /// [`Fixture::damages`] says so.
    fn damage(&self, _lock: &Lock) -> bool {
        false
    }

    /// One more way to the store, from a machine whose clock is ahead of the others' by so many
    /// microseconds (behind, if negative). Needed if and only if [`Fixture::skews`] says so.
    fn connect_skewed(&self, _micros: i64) -> Option<Arc<dyn LockBackend>> {
        None
    }
}
