//! The command line of the lock manager, as a library: `lockctl` with stores of one's own.
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     lock_cli::main(lock_cli::builtin()) // .with(&lock_postgres::SCHEME)
//! }
//! ```
//!
//! One call is one short process: it reads its arguments, takes one step in the store, prints one
//! answer and ends. It starts no thread and no runtime unless it has to wait.

/// The examples of the README run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

mod args;
mod commands;
mod config;
mod context;
mod escape;
mod exit;
mod failure;
#[cfg(any(test, fuzzing))]
pub mod fuzzed;
mod interrupt;
mod json;
mod live;
mod metrics;
mod operator;
mod output;
mod patterns;
mod present;
mod quote;
mod request;
mod run;
mod running;
mod settings;
mod usage;

pub use crate::run::{builtin, main};
