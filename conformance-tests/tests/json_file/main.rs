//! The suite on the example backend.

mod backend;

use std::sync::Arc;

use backend::JsonFile;
use conformance_tests::{Fixture, Store, Trouble};
use lock_core::LockBackend;
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
    fn crowd(&self) -> usize {
        20
    }
    fn reopen(&self, address: &str) -> Result<Arc<dyn LockBackend>, Trouble> {
        Ok(Arc::new(JsonFile::open(address)?))
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
        backend::leftovers(self.0.path())
    }
}
