//! Taking turns, and saying what came of it as rows of a table.

#![allow(dead_code, reason = "not every bench prints every kind of row")]

use std::time::{Duration, Instant};

/// How often one side runs before it is the other's turn: often enough to be warm, and so seldom that
/// whatever else the machine does hits both.
const TURN: usize = 10;

/// How long those who only wait are left alone before it is measured what that costs: each looks at the
/// line some seconds after the last one came.
pub(crate) const SETTLED: Duration = Duration::from_secs(12);

/// And how long it is measured: each looks at the whole line once a minute.
pub(crate) fn idle_time() -> Duration {
    Duration::from_secs(scaled(60) as u64)
}

/// What was measured, in rounds of which each has its own ratio.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    ours: Vec<Vec<f64>>,
    floor: Vec<Vec<f64>>,
}

impl Turns {
    /// `rounds` rounds of `count` runs of each side.
    pub(crate) fn take(
        rounds: usize,
        count: usize,
        mut ours: impl FnMut(),
        mut floor: impl FnMut(),
    ) -> Self {
        let mut turns = Self::default();
        // The first round warms both up and is not counted.
        for round in 0..=rounds {
            let mut pair = (Vec::with_capacity(count), Vec::with_capacity(count));
            for turn in (0..count).step_by(TURN) {
                let runs = TURN.min(count - turn);
                pair.0.extend(timed(runs, &mut ours));
                pair.1.extend(timed(runs, &mut floor));
            }
            if round > 0 {
                turns.ours.push(pair.0);
                turns.floor.push(pair.1);
            }
        }
        turns
    }

    /// What each took of the `count` that one run did.
    pub(crate) fn each(mut self, count: usize) -> Self {
        for side in [&mut self.ours, &mut self.floor] {
            side.iter_mut().flatten().for_each(|time| *time /= count as f64);
        }
        self
    }

    /// One row: medians and 99th percentiles of all runs, the ratio of the medians, and how far
    /// the rounds' own ratios lie apart.
    pub(crate) fn row(&self, what: &str, target: &str) {
        let (ours, floor) = (self.ours.concat(), self.floor.concat());
        let mut ratios: Vec<f64> = self
            .ours
            .iter()
            .zip(&self.floor)
            .map(|(ours, floor)| quantile(ours, 0.5) / quantile(floor, 0.5))
            .collect();
        ratios.sort_by(f64::total_cmp);
        let spread = match (ratios.first(), ratios.last()) {
            (Some(least), Some(most)) => format!("{least:.2}–{most:.2}"),
            _ => String::new(),
        };
        println!(
            "| {what} | {} | {} | {} | {} | {:.2} × | {spread} | {target} |",
            shown(quantile(&ours, 0.5)),
            shown(quantile(&ours, 0.99)),
            shown(quantile(&floor, 0.5)),
            shown(quantile(&floor, 0.99)),
            quantile(&ours, 0.5) / quantile(&floor, 0.5),
        );
    }
}

/// The head of the table.
pub(crate) fn head(floor: &str) {
    println!("| | median | p99 | {floor} | its p99 | ratio | rounds | target |");
    println!("|---|--:|--:|--:|--:|--:|--:|---|");
}

/// A row that has no floor.
pub(crate) fn alone(what: &str, times: &[Duration], target: &str) {
    let micros: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e6).collect();
    let (median, p99) = (quantile(&micros, 0.5), quantile(&micros, 0.99));
    println!("| {what} | {} | {} | | | | | {target} |", shown(median), shown(p99));
}

/// How long to measure: a tenth with `--quick`, which is for seeing that a bench runs at all.
pub(crate) fn scaled(rounds: usize) -> usize {
    if std::env::args().any(|arg| arg == "--quick") { rounds.div_ceil(10) } else { rounds }
}

fn timed(count: usize, run: &mut impl FnMut()) -> impl Iterator<Item = f64> {
    let time = move |_| {
        let begun = Instant::now();
        run();
        begun.elapsed().as_secs_f64() * 1e6
    };
    (0..count).map(time)
}

fn quantile(values: &[f64], at: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (sorted.len().saturating_sub(1) as f64 * at).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

fn shown(micros: f64) -> String {
    match micros {
        ..1_000.0 => format!("{micros:.1} µs"),
        ..1_000_000.0 => format!("{:.2} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}
