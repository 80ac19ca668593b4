//! The suite on the example backend.

mod backend;
mod scheme;

use std::{fs, path::Path, sync::Arc};

use backend::JsonFile;
use conformance_tests::{Fixture, Store, Trouble};
use futures_lite::future::block_on;
use lock_core::{Backends, LockBackend};
use scheme::SCHEME;
use tempfile::TempDir;

fn main() {
    conformance_tests::run(JsonFiles);
}

struct JsonFiles;
struct Directory(TempDir);

impl Fixture for JsonFiles {
    fn name(&self) -> &str {
        "json_file"
    }
    fn fresh(&self) -> Result<Box<dyn Store>, Trouble> {
        Ok(Box::new(Directory(TempDir::new()?)))
    }
    fn processes(&self) -> bool {
        true
    }
    fn proves_death(&self) -> bool {
        true
    }
    fn crowd(&self) -> usize {
        20
    }
    fn reopen(&self, address: &str) -> Result<Arc<dyn LockBackend>, Trouble> {
        Ok(block_on(Backends::new().with(&SCHEME).connect(&format!("json:{address}")))?)
    }
}

impl Store for Directory {
    fn connect(&self) -> Result<Arc<dyn LockBackend>, Trouble> {
        Ok(Arc::new(JsonFile::open(self.0.path())?))
    }
    fn address(&self) -> Option<String> {
        self.0.path().to_str().map(str::to_owned)
    }
    fn leftovers(&self) -> Vec<String> {
        leftovers(self.0.path())
    }
}

/// What does not belong in `directory` when nobody is at work there.
fn leftovers(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).into_iter().flatten().flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| !["guard", "locks.json"].contains(&name.as_str())).collect()
}
