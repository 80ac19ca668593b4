//! What it came to.

use std::{collections::HashMap, time::Duration};

use lock_core::{Conflict, Refusal};

/// What the agents counted.
#[derive(Debug, Default)]
pub(super) struct Report {
    done: usize,
    timed_out: usize,
    /// How long each commit waited that met others.
    waits: Vec<Duration>,
    /// How many commits met others on a path.
    hot: HashMap<String, usize>,
}

impl Report {
    /// One commit was asked for; what it met first, and how long it waited, if it met anything.
    pub(super) fn commit(&mut self, held: bool, met: Option<(Refusal, Duration)>) {
        *(if held { &mut self.done } else { &mut self.timed_out }) += 1;
        let Some((refusal, waited)) = met else { return };
        self.waits.push(waited);
        let witness = |conflict: Conflict| conflict.witness;
        let mut paths: Vec<String> = refusal.conflicts.into_iter().map(witness).collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            *self.hot.entry(path).or_default() += 1;
        }
    }

    pub(super) fn print(&self, agents: usize, store: &str, took: Duration, left: usize) {
        let (done, seconds) = (self.done, took.as_secs_f64());
        let rate = done as f64 / seconds;
        println!("store       {store}");
        println!(
            "throughput  {done} commits by {agents} agents in {seconds:.2} s: {rate:.0} a second"
        );
        if left > 0 {
            println!("            {left} commits were left when the time was up");
        }
        let met = self.waits.len();
        let share = 100 * met / (done + self.timed_out).max(1);
        println!("conflicts   {met} commits met others ({share} %), {} timed out", self.timed_out);
        let mut waits = self.waits.clone();
        waits.sort();
        let at = |permille: usize| {
            waits.get(waits.len().saturating_sub(1) * permille / 1_000).copied().unwrap_or_default()
        };
        let (middle, late, longest) = (at(500), at(990), at(1_000));
        println!("waits       p50 {middle:.1?}, p99 {late:.1?}, longest {longest:.1?}");
        let mut hot: Vec<_> = self.hot.iter().collect();
        hot.sort_by(|one, two| (two.1, one.0).cmp(&(one.1, two.0)));
        for (index, (path, count)) in hot.into_iter().take(5).enumerate() {
            let head = if index == 0 { "hot paths" } else { "" };
            println!("{head:<11} {count} × {}", path.escape_debug());
        }
    }
}
