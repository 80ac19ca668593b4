//! The suite on the directory store.

use std::{fs, path::Path, sync::Arc, time::Duration};

use conformance_tests::{Fixture, Store, Trouble};
use lock_core::{Lock, LockBackend};
use lock_fs::FsBackend;
use tempfile::TempDir;

fn main() {
    conformance_tests::run(Directories);
}

struct Directories;

impl Fixture for Directories {
    fn name(&self) -> &str {
        "fs"
    }

    fn fresh(&self) -> Result<Box<dyn Store>, Trouble> {
        Ok(Box::new(Directory(TempDir::new()?)))
    }

    fn reopen(&self, address: &str) -> Result<Arc<dyn LockBackend>, Trouble> {
        Ok(Arc::new(FsBackend::open(address)?))
    }

    fn processes(&self) -> bool {
        true
    }

    fn proves_death(&self) -> bool {
        true
    }

    fn damages(&self) -> bool {
        true
    }

    /// A lease's end is read from the clock since boot.
    fn jitter(&self) -> Duration {
        Duration::from_millis(1)
    }
}

struct Directory(TempDir);

impl Store for Directory {
    fn connect(&self) -> Result<Arc<dyn LockBackend>, Trouble> {
        Ok(Arc::new(FsBackend::open(self.0.path().join("locks"))?))
    }

    fn address(&self) -> Option<String> {
        Some(self.0.path().join("locks").display().to_string())
    }

    fn leftovers(&self) -> Vec<String> {
        let names = ["next", "redo", "quarantine"].map(str::to_owned).into_iter();
        names.filter(|name| self.0.path().join("locks").join(name).exists()).collect()
    }

    fn damage(&self, lock: &Lock) -> bool {
        damage(self.0.path(), &format!("\"id\":\"{}\"", lock.id)).is_ok_and(|done| done)
    }
}

/// Tears the file below `dir` in which `text` stands.
fn damage(dir: &Path, text: &str) -> std::io::Result<bool> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            if damage(&path, text)? {
                return Ok(true);
            }
        } else if path.extension().is_some_and(|ending| ending == "lock")
            && fs::read_to_string(&path)?.contains(text)
        {
            fs::write(&path, "{\"format\":1,\"lo")?;
            return Ok(true);
        }
    }
    Ok(false)
}
