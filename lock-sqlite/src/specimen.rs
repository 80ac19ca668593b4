//! A store to be measured, and the bare statements beside it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use lock_core::{BackendError, ErrorKind, LockBackend, Nonce, Specimen};

use crate::{
    Options, SqliteBackend,
    file::{make_dir_of, with_suffix},
    floor::Floor,
};

/// A directory beside the file, with a file of its own and a floor in it.
pub(crate) struct Beside {
    dir: PathBuf,
    backend: SqliteBackend,
    /// A connection to a file of the same schema; only one at a time may use it.
    floor: std::sync::Mutex<Floor>,
}

impl Beside {
    /// A new one beside the store in `file`.
    pub(crate) async fn new(file: &Path, options: &Options) -> Result<Self, BackendError> {
        let dir = with_suffix(file, &format!(".bench-{}", Nonce::random()));
        let made = Self::make(dir.clone(), options).await;
        if made.is_err() {
            let _ = fs::remove_dir_all(&dir);
        }
        made
    }

    async fn make(dir: PathBuf, options: &Options) -> Result<Self, BackendError> {
        let (store, bare) = (dir.join("locks.db"), dir.join("floor.db"));
        make_dir_of(&store).map_err(|error| failed(&dir, &error))?;
        fs::write(dir.join(".gitignore"), "*\n").map_err(|error| failed(&dir, &error))?;
        // The floor has the tables of a store.
        SqliteBackend::connect(&bare, options).await?.store.open().await?;
        let floor = Floor::open(&bare).map_err(|error| failed(&dir, &error))?;
        let backend = SqliteBackend::connect(&store, options).await?;
        Ok(Self { dir, backend, floor: floor.into() })
    }
}

#[async_trait]
impl Specimen for Beside {
    fn backend(&self) -> Arc<dyn LockBackend> {
        Arc::new(self.backend.clone())
    }

    async fn floor(&mut self) -> Result<(), BackendError> {
        let floor = self.floor.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        floor.cycle().map_err(|error| failed(&self.dir, &error))
    }

    async fn remove(self: Box<Self>) -> Result<(), BackendError> {
        let dir = self.dir.clone();
        // Closed first: what is open may be written to.
        drop(self);
        fs::remove_dir_all(&dir).map_err(|error| failed(&dir, &error))
    }
}

fn failed(dir: &Path, error: &impl std::fmt::Display) -> BackendError {
    BackendError::new(ErrorKind::Unavailable, format!("{}: {error}", dir.display()))
}
