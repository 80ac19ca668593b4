//! What one phase came to.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::{Trouble, told::Held};

#[derive(Debug)]
pub(super) struct Tally {
    /// How often each agent was served in time.
    served: Vec<u64>,
    /// How long each wait was, in microseconds, to three digits.
    waits: Histogram<u64>,
    pub(super) locks: u64,
}

impl Tally {
    pub(super) fn new(agents: usize) -> Result<Self, Trouble> {
        Ok(Self { served: vec![0; agents], waits: Histogram::new(3)?, locks: 0 })
    }

    /// Counts one. Who was served after `end` has not been served in time, but has waited.
    pub(super) fn take(&mut self, held: &Held, end: u64) -> Result<(), Trouble> {
        let granted = &held.granted;
        self.waits.record(granted.answered.saturating_sub(granted.asked))?;
        if granted.answered <= end
            && let Some(served) = self.served.get_mut(held.agent)
        {
            *served += 1;
            self.locks += granted.locks.len() as u64;
        }
        Ok(())
    }

    pub(super) fn grants(&self) -> u64 {
        self.served.iter().sum()
    }

    /// Of how many waits this share was shorter.
    pub(super) fn wait(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.waits.value_at_quantile(quantile))
    }

    pub(super) fn longest(&self) -> Duration {
        Duration::from_micros(self.waits.max())
    }

    /// Jain's index of how evenly the agents were served: 1 if all alike, 1/n if only one of n.
    pub(super) fn fairness(&self) -> f64 {
        let (sum, squares) = self.served.iter().fold((0.0, 0.0), |(sum, squares), served| {
            let served = *served as f64;
            (sum + served, squares + served * served)
        });
        if squares > 0.0 { sum * sum / (self.served.len() as f64 * squares) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exclusion::tests::held;

    #[test]
    fn the_index_tells_even_from_uneven() {
        let of =
            |served: &[u64]| Tally { served: served.to_vec(), ..Tally::new(0).unwrap() }.fairness();
        assert_eq!(of(&[5, 5, 5, 5]), 1.0);
        assert_eq!(of(&[9, 0, 0, 0]), 0.25);
        assert!((of(&[1, 2, 3]) - 36.0 / 42.0).abs() < 1e-9);
        assert_eq!(of(&[0, 0]), 0.0, "who serves nobody is not fair");
    }

    #[test]
    fn a_wait_that_outlives_the_phase_is_counted_as_a_wait_only() {
        let mut tally = Tally::new(2).unwrap();
        tally.take(&held(0, "a", 1, 10, 20), 50).unwrap();
        tally.take(&held(1, "a", 2, 60, 70), 50).unwrap();
        assert_eq!((tally.grants(), tally.longest().as_micros()), (1, 60));
    }
}
