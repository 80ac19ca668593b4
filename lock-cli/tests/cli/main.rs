//! The real binary over real checkouts.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on says so at once"
)]

mod backends;
mod bad_input;
mod bench;
#[cfg(target_os = "linux")]
mod calls;
mod checkout;
mod examples;
mod exit_codes;
#[cfg(unix)]
mod hostile;
mod json_shapes;
mod live_line;
mod load;
mod metrics;
mod namespaces;
mod own_store;
mod pipes;
mod precedence;
mod race;
mod redact;
mod redis;
mod reference;
mod replay;
mod running;
mod snapshots;
mod swarm;
mod terminal;
mod waiting;
mod watching;
