//! Chance, from a seed: SplitMix64.

#![allow(dead_code, reason = "each example uses a part of it")]

use std::time::Duration;

#[derive(Debug)]
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// One of `0..count`; 0 of nothing.
    pub(super) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.number() % (count.max(1) as u64)).unwrap_or(0)
    }

    /// True once in so many times.
    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// A time of up to so many milliseconds.
    pub(super) fn millis(&mut self, most: u64) -> Duration {
        Duration::from_micros(self.number() % (most * 1_000).max(1))
    }

    /// A time that is `mean` on average, and rarely much longer.
    pub(super) fn around(&mut self, mean: Duration) -> Duration {
        let uniform = (self.number() >> 11) as f64 / (1_u64 << 53) as f64;
        mean.mul_f64((-(1.0 - uniform).ln()).min(10.0))
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// One to three of 50 paths and 10 globs that meet them.
    pub(super) fn patterns(&mut self) -> Vec<String> {
        let count = 1 + self.below(3) * self.below(2);
        (0..count).map(|_| self.pattern()).collect()
    }

    fn pattern(&mut self) -> String {
        match self.below(8) {
            0 if self.one_in(2) => format!("d{}/", self.below(5)),
            0 => format!("d{}/*.rs", 5 + self.below(5)),
            _ => format!("d{}/f{}.rs", self.below(10), self.below(5)),
        }
    }
}
