//! Counting work, so that a test can bound it without a clock.

/// Notes that about `steps` of a nanosecond or a few were taken. Does nothing outside tests.
#[inline]
pub(super) fn note(steps: usize) {
    #[cfg(test)]
    counted::add(steps);
    let _ = steps;
}

#[cfg(test)]
pub(super) mod counted {
    use std::cell::Cell;

    thread_local! {
        static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn add(steps: usize) {
        STEPS.set(STEPS.get() + steps);
    }

    /// How many steps `job` takes, and what it answers.
    pub(crate) fn steps<T>(job: impl FnOnce() -> T) -> (usize, T) {
        STEPS.set(0);
        let answer = job();
        (STEPS.get(), answer)
    }
}
