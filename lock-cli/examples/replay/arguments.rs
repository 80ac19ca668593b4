//! The command line.

use std::{path::PathBuf, time::Duration};

use lock_core::parse_duration;

use super::Trouble;

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
    backend: Option<String>,
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

impl Arguments {
    /// The store's URL, on a server in a namespace of this run's own unless it names
    /// one; and the directory
    /// to delete, if it is ours.
    pub(super) fn store(&self) -> Result<(String, Option<tempfile::TempDir>), Trouble> {
        let Some(url) = &self.backend else {
            let directory = tempfile::tempdir()?;
            return Ok((format!("fs:{}/locks", directory.path().display()), Some(directory)));
        };
        // A directory or a file is a namespace of its own.
        if url.contains("namespace=") || url.starts_with("fs:") || url.starts_with("sqlite:") {
            return Ok((url.clone(), None));
        }
        let separator = if url.contains('?') { '&' } else { '?' };
        Ok((format!("{url}{separator}namespace=replay-{}", std::process::id()), None))
    }
}
