//! What agents are told to do, and what they tell of it.

use std::time::Duration;

use lock_core::Pattern;
use serde::{Deserialize, Serialize};

use super::grants::Granted;

/// What an agent knows from its start.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) url: String,
    pub(super) agent: usize,
    pub(super) seed: u64,
    /// For how long it waits before it complains.
    pub(super) patience: Duration,
}

/// What it is then told to do, again and again between two moments.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) phase: Phase,
    pub(super) begin: u64,
    pub(super) end: u64,
    pub(super) hold: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// Requests drawn from 50 paths and 10 globs that meet them.
    Mixed,
    /// One path that all want.
    Hot,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    /// It has opened the store, and waits for orders.
    Ready,
    /// What it has held and let go.
    Held(Held),
    /// It has done what it was told.
    Done,
    /// Something that must not be.
    Trouble(String),
}

/// What one agent held, as it knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) agent: usize,
    pub(super) patterns: Vec<Pattern>,
    pub(super) shared: bool,
    pub(super) granted: Granted,
    /// When it was about to let go.
    pub(super) until: u64,
}
