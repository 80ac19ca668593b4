//! The command line.

use std::time::Duration;

use lock_core::parse_duration;

/// Lets agents loose on stores, and prints one table of what each was served, and how fairly
#[derive(Debug, clap::Parser)]
pub(super) struct Arguments {
    /// The stores, in turn; without, a directory, a database and a Redis server of this run's own
    pub(super) urls: Vec<String>,
    /// How many agents, each a process
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(super) agents: usize,
    /// For how long each phase lasts
    #[arg(long, default_value = "60s", value_name = "DUR", value_parser = parse_duration)]
    pub(super) seconds: Duration,
    /// How long a lock is held: on average in the mixed phase, exactly on the hot path
    #[arg(long, default_value = "10ms", value_name = "DUR", value_parser = parse_duration)]
    pub(super) hold: Duration,
    /// Where all drawing begins; the order in which processes run is not drawn
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(super) seed: u64,
}

impl Arguments {
    /// The least that a round takes in which everybody has the hot path once.
    pub(super) fn round(&self) -> Duration {
        self.hold.saturating_mul(u32::try_from(self.agents).unwrap_or(u32::MAX))
    }

    /// For how long an agent waits before that is a finding.
    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(60).max(self.round().saturating_mul(20))
    }
}
