//! Where a waiting request stands, in one line.

use lock_core::{Blocker, InLine, Lock, Waiter};

use super::time::Length;
use crate::escape::Shown;

/// How many of those ahead are named.
const NAMED: usize = 3;

/// `position 2 in line: ada holds src/*.rs, its lease ends in 4m12s; ahead: grace`.
pub(crate) fn line(line: &InLine) -> String {
    let mut held: Vec<&Lock> = Vec::new();
    let mut ahead: Vec<&Waiter> = Vec::new();
    for conflict in &line.refusal.conflicts {
        // One lock can stand against several of the patterns asked for.
        match &conflict.blocker {
            Blocker::Held(lock) if held.iter().all(|other| other.id != lock.id) => held.push(lock),
            Blocker::Waiting { waiter, .. } if ahead.iter().all(|other| other.id != waiter.id) => {
                ahead.push(waiter);
            }
            _ => {}
        }
    }
    let mut parts = Vec::new();
    if let Some(lock) = held.first() {
        let (agent, pattern) = (Shown(lock.agent.as_str()), Shown(lock.pattern.as_str()));
        let left = Length(lock.expires_at.since(line.now));
        parts.push(format!("{agent} holds {pattern}, its lease ends in {left}"));
        match held.len() - 1 + line.refusal.more {
            0 => {}
            1 => parts.push("1 more lock".to_owned()),
            more => parts.push(format!("{more} more locks")),
        }
    }
    if !ahead.is_empty() {
        let named = ahead.iter().take(NAMED).map(|waiter| Shown(waiter.agent.as_str()).to_string());
        let named = named.collect::<Vec<_>>().join(", ");
        let rest = match ahead.len().saturating_sub(NAMED) {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        parts.push(format!("ahead: {named}{rest}"));
    }
    format!("position {} in line: {}", line.position, parts.join("; "))
}
