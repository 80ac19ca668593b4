//! The suite on SQLite.

use std::{sync::Arc, time::Duration};

use conformance_tests::{Fixture, Store, Trouble};
use lock_core::{Lock, LockBackend};
use lock_sqlite::SqliteBackend;
use tempfile::TempDir;

fn main() {
    conformance_tests::run(Sqlite);
}

struct Sqlite;
struct Directory(TempDir);

impl Fixture for Sqlite {
    fn name(&self) -> &str {
        "sqlite"
    }

    fn fresh(&self) -> Result<Box<dyn Store>, Trouble> {
        Ok(Box::new(Directory(TempDir::new()?)))
    }

    fn reopen(&self, address: &str) -> Result<Arc<dyn LockBackend>, Trouble> {
        Ok(Arc::new(SqliteBackend::open(address)?))
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

    /// Leases are kept on the clock since boot, and the wall clock is slewed against it.
    fn jitter(&self) -> Duration {
        Duration::from_millis(1)
    }
}

impl Directory {
    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("locks.db")
    }
}

impl Store for Directory {
    fn connect(&self) -> Result<Arc<dyn LockBackend>, Trouble> {
        Ok(Arc::new(SqliteBackend::open(self.file())?))
    }

    fn address(&self) -> Option<String> {
        self.file().to_str().map(str::to_owned)
    }

    fn leftovers(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.0.path()).into_iter().flatten().flatten();
        let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let known = ["", ".guard", ".refusals", "-wal", "-shm"];
        names.filter(|name| !known.iter().any(|end| *name == format!("locks.db{end}"))).collect()
    }

    fn damage(&self, lock: &Lock) -> bool {
        let tear = || {
            let conn = rusqlite::Connection::open(self.file())?;
            conn.busy_timeout(Duration::from_secs(5))?;
            let torn = "UPDATE locks SET mode = '\u{1}', body = '{' WHERE id = ?1";
            conn.execute(torn, [lock.id.to_string()])
        };
        tear().is_ok_and(|rows: usize| rows == 1)
    }
}
