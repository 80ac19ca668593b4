//! A lock manager's store in a directory: one readable file a lock, one step a change.
//!
//! All processes of a machine that use the directory share one namespace. It needs no server and
//! no runtime; whoever is killed at any moment leaves a store that the next one settles.

mod access;
mod alone;
mod backend;
mod bell;
mod changed;
mod commit;
#[cfg(test)]
mod crash_tests;
mod damaged;
mod error;
mod examine;
mod fault;
mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzzed;
mod guard;
mod inspect;
mod known;
mod layout;
mod line;
mod load;
mod log;
mod name;
mod options;
mod permissions;
mod place;
mod quarantine;
mod record;
mod recover;
mod redo;
mod refusals;
mod renew;
mod repair;
mod scheme;
mod session;
mod specimen;
mod state;
mod step;
mod store;
mod sys;

pub use backend::FsBackend;
pub use options::Options;
pub use scheme::SCHEME;
