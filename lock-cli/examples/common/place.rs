//! The store of a run.

use lock_core::{HistoryFilter, LockManager};
use tempfile::TempDir;

use super::Trouble;

/// Where a run's store is.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) url: String,
    /// Deleted with the run, if it is ours.
    _directory: Option<TempDir>,
}

impl Place {
    /// The store at `url`, on a server in a namespace of this run's own unless it names one;
    /// without, in a directory that is gone afterwards.
    pub(super) fn of(url: Option<&str>, run: &str) -> Result<Self, Trouble> {
        let Some(url) = url else {
            let directory = tempfile::tempdir()?;
            let url = format!("fs:{}/locks", directory.path().display());
            return Ok(Self { url, _directory: Some(directory) });
        };
        // A directory or a file is a namespace of its own.
        if url.contains("namespace=") || url.starts_with("fs:") || url.starts_with("sqlite:") {
            return Ok(Self { url: url.to_owned(), _directory: None });
        }
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{separator}namespace={run}-{}", std::process::id());
        Ok(Self { url, _directory: None })
    }

    /// Who reads what happens there: nothing may have happened yet.
    pub(super) async fn reader(&self) -> Result<LockManager, Trouble> {
        let reader = LockManager::stranger(lock_cli::builtin().connect(&self.url).await?);
        if reader.history(HistoryFilter::default()).await?.is_empty() {
            return Ok(reader);
        }
        let store = reader.backend();
        Err(format!("{store} has a history: name one that has none, or a ?namespace=").into())
    }
}
