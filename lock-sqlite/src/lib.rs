//! A lock manager's store in one SQLite file.
//!
//! # Contract
//! [`SqliteBackend`] is one namespace of locks in one file, for the processes of one machine. All
//! that [`LockBackend`](lock_core::LockBackend) promises holds across threads and processes; a
//! process that is killed at any moment leaves every step whole and holds nothing up.
//!
//! # Atomicity
//! A step is one `BEGIN IMMEDIATE` transaction. In front of it stands an OS lock on `FILE.guard`,
//! because SQLite's own waiting is a lottery that some never win.
//!
//! # Durability
//! The write-ahead log is not synced at each step: a step survives the process and not always the
//! power. After a power cut the last moments may be missing, never halves of them, and a refresh
//! then says `lost`.
//!
//! # Reading it
//! The tables are made to be read with the `sqlite3` shell; the views `held`, `line` and `history`
//! show times as text.
//!
//! ```
//! use lock_core::{Grant, LockManager};
//! use lock_sqlite::SqliteBackend;
//!
//! # let dir = tempfile::tempdir()?;
//! # futures_lite::future::block_on(async {
//! let backend = SqliteBackend::open(dir.path().join("locks.db"))?;
//! let locks = LockManager::new(backend, "agent-7")?;
//! assert!(matches!(locks.acquire("src/*.rs").await?, Grant::Held(_)));
//! # Ok::<(), lock_core::Error>(()) }).unwrap();
//! # Ok::<(), std::io::Error>(())
//! ```

mod access;
mod backend;
mod bell;
mod changed;
mod commit;
mod damaged;
mod db;
mod error;
mod examine;
mod file;
mod floor;
#[cfg(any(test, fuzzing))]
pub mod fuzzed;
mod guard;
mod identity;
mod inspect;
mod load;
mod log;
mod meta;
mod network;
mod options;
mod quarantine;
mod refusals;
mod remembered;
mod repair;
mod rows;
mod schema;
mod scheme;
mod spans;
mod specimen;
mod step;
mod store;
mod waiters;

pub use backend::SqliteBackend;
pub use options::Options;
pub use scheme::SCHEME;
