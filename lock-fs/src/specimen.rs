//! A store to be measured, and the bare system calls beside it.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, FileExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use lock_core::{BackendError, ErrorKind, LockBackend, Nonce, Specimen};
use rustix::fs::{FlockOperation, flock};

use crate::{FsBackend, options::Options, store::errno_of};

/// A directory beside the store, with a store of its own and a floor in it.
pub(crate) struct Beside {
    dir: PathBuf,
    backend: FsBackend,
    floor: Floor,
}

impl Beside {
    /// A new one beside the store in `store`.
    pub(crate) fn new(store: &Path, options: &Options) -> Result<Self, BackendError> {
        let mut dir = store.as_os_str().to_owned();
        dir.push(format!(".bench-{}", Nonce::random()));
        let dir = PathBuf::from(dir);
        let made = Floor::make(&dir).map_err(|error| failed(&dir, &error)).and_then(|floor| {
            let backend = options.clone().open(dir.join("store"))?;
            Ok(Self { dir: dir.clone(), backend, floor })
        });
        if made.is_err() {
            let _ = fs::remove_dir_all(&dir);
        }
        made
    }
}

#[async_trait]
impl Specimen for Beside {
    fn backend(&self) -> Arc<dyn LockBackend> {
        Arc::new(self.backend.clone())
    }

    async fn floor(&mut self) -> Result<(), BackendError> {
        self.floor.cycle().map_err(|error| failed(&self.dir, &error))
    }

    async fn remove(self: Box<Self>) -> Result<(), BackendError> {
        fs::remove_dir_all(&self.dir).map_err(|error| failed(&self.dir, &error))
    }
}

/// What has to be written at least: under one guard, a record of its own that appears whole, a
/// line of history, and the numbers.
struct Floor {
    dir: PathBuf,
    guard: File,
    state: File,
    log: File,
    end: u64,
    count: u64,
}

impl Floor {
    fn make(dir: &Path) -> io::Result<Self> {
        let mut builder = DirBuilder::new();
        builder.mode(0o700).recursive(true).create(dir)?;
        File::create_new(dir.join(".gitignore"))?.write_all(b"*\n")?;
        let make = |name: &str| {
            File::options().read(true).write(true).create_new(true).open(dir.join(name))
        };
        let (guard, state, log) = (make("guard")?, make("state")?, make("log")?);
        state.write_all_at(&[b' '; 192], 0)?;
        Ok(Self { dir: dir.to_owned(), guard, state, log, end: 0, count: 0 })
    }

    fn cycle(&mut self) -> io::Result<()> {
        let (next, record) = (self.dir.join("next"), self.dir.join("file.rs.lock"));
        self.step(340, || {
            let mut file = File::create_new(&next)?;
            file.write_all(&[b'x'; 420])?;
            fs::rename(&next, &record)
        })?;
        self.step(300, || fs::remove_file(&record))
    }

    fn step(&mut self, line: usize, change: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        flock(&self.guard, FlockOperation::LockExclusive)?;
        let mut state = [0; 192];
        self.state.read_exact_at(&mut state, 0)?;
        self.log.write_all_at(&vec![b'x'; line], self.end)?;
        change()?;
        self.count += 1;
        let text = format!("{:020}", self.count);
        if let Some(token) = state.get_mut(..text.len()) {
            token.copy_from_slice(text.as_bytes());
        }
        self.state.write_all_at(&state, 0)?;
        self.end += line as u64;
        flock(&self.guard, FlockOperation::Unlock)?;
        Ok(())
    }
}

fn failed(dir: &Path, error: &io::Error) -> BackendError {
    let what = format!("{}: {}", dir.display(), io::Error::from(errno_of(error)));
    BackendError::new(ErrorKind::Unavailable, what)
}
