//! The rule of an advisory lock manager, and the trait that its stores implement.
//!
//! One rule shapes it: *decide and act in one step, and decide in one place.* A [`Command`] names
//! the [`Scope`] of records its verdict can depend on; a store loads them as a [`View`];
//! [`decide`] turns both into a [`Decision`]; the store commits its changes as one step.

#[cfg(any(test, fuzzing))]
extern crate self as lock_core;

pub mod blocking;
#[cfg(any(test, fuzzing))]
pub mod fuzzed;
pub mod host;
pub mod pattern;
pub mod root;

mod backend;
mod backends;
mod check;
mod clock;
mod command;
mod commit;
mod conflict;
mod decide;
mod decision;
mod error;
mod escape;
mod guard;
mod keeper;
mod manager;
mod memory;
mod model;
mod outcome;
mod pace;
mod scope;
mod specimen;
mod tally;
mod url;
mod view;

pub use backend::LockBackend;
pub use backends::{Backends, BoxFuture, Connect, Drive, Inspect, Measure, Scheme};
pub use check::{Check, Findings};
pub use clock::ManualClock;
pub use command::{
    Acquire, Action, Break, Cleanup, Command, Leave, Place, Refresh, Release, Removal, Renew,
    Target, Targets,
};
pub use conflict::{Blocker, Conflict, Refusal};
pub use decide::decide;
pub use decision::{Change, Committed, Decision, HistoryEntry, Stamp, Write};
pub use error::{BackendError, ErrorKind};
pub use guard::{HoldRequest, LockGuard, Loss};
pub use manager::{
    AcquireRequest, Error, Grant, Happening, HistoryFilter, InLine, IntoPatterns, Leases, List,
    ListFilter, LockManager, NotGranted, Refreshed, Released, Removed, Spread, Stats, Tenure,
    Watch, WatchEvent, Who,
};
pub use memory::MemoryBackend;
pub use model::{
    AgentId, Cause, Ending, HolderId, InvalidAgent, InvalidDuration, InvalidName, InvalidReason,
    InvalidTime, Lock, Mode, Nonce, Process, Reason, RecordId, Timestamp, Token, Ttl, Version,
    Waiter, parse_duration,
};
pub use outcome::{Answer, Granted, Lost, Outcome};
pub use pace::Pace;
pub use pattern::Pattern;
pub use scope::{EndingScope, LockScope, Scope};
pub use specimen::Specimen;
pub use tally::{Note, Noted, Refusals, Tally, Totals};
pub use url::StoreUrl;
pub use view::View;
