//! The command line.

use std::{path::PathBuf, time::Duration};

use lock_core::parse_duration;

/// Replays the history of a git repository as a swarm of agents
#[derive(Debug, clap::Parser)]
pub(super) struct Arguments {
    /// The repository
    pub(super) repository: PathBuf,
    /// How many agents work at once
    #[arg(long, default_value_t = 8, value_name = "N")]
    pub(super) agents: usize,
    /// The store; without, a directory that is gone afterwards
    #[arg(long, value_name = "URL")]
    pub(super) backend: Option<String>,
    /// How long a commit's locks are held, on average
    #[arg(long, default_value = "5ms", value_name = "DUR", value_parser = parse_duration)]
    pub(super) hold: Duration,
    /// Stop after this time, wherever it is
    #[arg(long = "for", value_name = "DUR", value_parser = parse_duration)]
    pub(super) limit: Option<Duration>,
    /// Only the last N commits
    #[arg(long, value_name = "N")]
    pub(super) commits: Option<usize>,
    /// Where the drawing of times begins
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(super) seed: u64,
}
