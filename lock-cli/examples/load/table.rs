//! The report: one table, a row for each store and phase.

use std::{fs, thread, time::Duration};

use super::{arguments::Arguments, tally::Tally, told::Phase};

/// How evenly a hot path must serve.
const FAIR: f64 = 0.95;
/// How many times the least that a round can take the longest wait for a hot path may be.
const ROUNDS: f64 = 1.5;

pub(super) fn head(arguments: &Arguments) {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let busy = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let busy = busy.split(' ').next().unwrap_or_default();
    println!(
        "{} agents, each a process, for {:?} a phase; holding for {:?}; {cores} cores, load average {busy} before\n",
        arguments.agents, arguments.seconds, arguments.hold
    );
    println!(
        "| store | phase | grants | grants/s | wait p50 | p99 | longest | of a round | Jain | violations |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|");
}

pub(super) fn row(
    store: &str,
    phase: Phase,
    arguments: &Arguments,
    tally: &Tally,
    violations: usize,
) {
    let name = match phase {
        Phase::Mixed => "mixed",
        Phase::Hot => "one hot path",
    };
    let rounds = tally.longest().as_secs_f64() / arguments.round().as_secs_f64();
    let missed = |missed| if missed { " **missed**" } else { "" };
    let (rounds, fair) = match phase {
        Phase::Mixed => ("–".to_owned(), ""),
        Phase::Hot => {
            (format!("{rounds:.2}{}", missed(rounds > ROUNDS)), missed(tally.fairness() < FAIR))
        }
    };
    println!(
        "| {store} | {name} | {} | {:.0} | {} | {} | {} | {rounds} | {:.3}{fair} | {violations} |",
        tally.grants(),
        tally.grants() as f64 / arguments.seconds.as_secs_f64(),
        millis(tally.wait(0.5)),
        millis(tally.wait(0.99)),
        millis(tally.longest()),
        tally.fairness(),
    );
}

fn millis(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1e3)
}
