//! The command line.

use std::time::Duration;

use lock_core::parse_duration;

use super::Trouble;

/// Runs a mixed swarm on a store, and checks its history as it goes
#[derive(Debug, clap::Parser)]
pub(super) struct Arguments {
    /// The store; without, a directory that is gone afterwards
    url: Option<String>,
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

impl Arguments {
    /// The store's URL, on a server in a namespace of this run's own unless it names
    /// one; and the directory
    /// to delete, if it is ours.
    pub(super) fn store(&self) -> Result<(String, Option<tempfile::TempDir>), Trouble> {
        let Some(url) = &self.url else {
            let directory = tempfile::tempdir()?;
            return Ok((format!("fs:{}/locks", directory.path().display()), Some(directory)));
        };
        // A directory or a file is a namespace of its own.
        if url.contains("namespace=") || url.starts_with("fs:") || url.starts_with("sqlite:") {
            return Ok((url.clone(), None));
        }
        let separator = if url.contains('?') { '&' } else { '?' };
        Ok((format!("{url}{separator}namespace=swarm-{}", std::process::id()), None))
    }
}
