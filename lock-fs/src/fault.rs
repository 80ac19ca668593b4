//! Places where a process may be killed: tests kill it there.

/// Here the process may be killed.
#[cfg(not(test))]
pub(crate) fn point(_what: &str) {}

#[cfg(test)]
pub(crate) use killing::point;

#[cfg(test)]
pub(crate) mod killing {
    use std::{
        cell::Cell,
        panic::{AssertUnwindSafe, catch_unwind},
    };

    thread_local! {
        static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    }

    struct Killed;

    pub(crate) fn point(_what: &str) {
        match LEFT.get() {
            Some(0) => std::panic::resume_unwind(Box::new(Killed)),
            Some(left) => LEFT.set(Some(left - 1)),
            None => {}
        }
    }

    /// Runs `step` on this thread and kills it at the point number `at`, as `kill -9` would: no
    /// error is handled, and the kernel lets the guard go. Says whether there was such a point.
    pub(crate) fn killed_at(at: usize, step: impl FnOnce()) -> bool {
        LEFT.set(Some(at));
        let ended = catch_unwind(AssertUnwindSafe(step));
        LEFT.set(None);
        match ended {
            Ok(()) => false,
            Err(payload) if payload.is::<Killed>() => true,
            Err(payload) => std::panic::resume_unwind(payload),
        }
    }
}
