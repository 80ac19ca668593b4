//! The command line.

use std::time::Duration;

use lock_core::parse_duration;

/// Runs a mixed swarm on a store, and checks its history as it goes
#[derive(Debug, clap::Parser)]
pub(super) struct Arguments {
    /// The store; without, a directory that is gone afterwards
    pub(super) url: Option<String>,
    /// For how long
    #[arg(long = "for", default_value = "10s", value_name = "DUR", value_parser = parse_duration)]
    pub(super) time: Duration,
    /// How many agents, each a process
    #[arg(long, default_value_t = 12, value_name = "N")]
    pub(super) agents: usize,
    /// Where all drawing begins; the order in which processes run is not drawn
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(super) seed: u64,
}
