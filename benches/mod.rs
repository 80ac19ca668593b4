//! What the stores' benches share: each measures the same of its own kind of store.

#![allow(dead_code, reason = "each bench uses a part of it")]

pub(crate) mod commands;
pub(crate) mod crowd;
pub(crate) mod growth;
pub(crate) mod look;
pub(crate) mod report;
pub(crate) mod stores;
