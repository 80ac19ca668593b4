//! The slow broom: whoever changes something also takes away a few records long dead.

use std::time::Duration;

use crate::{Cause, Change, RecordId, View};

/// How long a record stays after its end, so that its agent can still be told by the record.
const KEPT: Duration = Duration::from_secs(3_600);

/// How many records one step retires at most: it pays for what it found, and no more.
const AT_ONCE: usize = 8;

/// The changes, and with them the end of records that have been dead for over an hour.
///
/// A step that changes nothing stays one that changes nothing.
pub(crate) fn with_the_long_dead(mut changes: Vec<Change>, view: &View) -> Vec<Change> {
    if changes.iter().all(|change| matches!(change, Change::Renew { .. })) {
        return changes;
    }
    let mut room = AT_ONCE;
    for lock in &view.locks {
        if room > 0 && lock.expires_at + KEPT < view.now && !names(&changes, lock.id) {
            let lock = lock.clone();
            changes.push(Change::End { lock, cause: Cause::Expired, by: None, note: None });
            room -= 1;
        }
    }
    for waiter in &view.waiters {
        if room > 0 && !view.is_waiting(waiter) && !names(&changes, waiter.id) {
            changes.push(Change::Leave { waiter: waiter.clone() });
            room -= 1;
        }
    }
    changes
}

fn names(changes: &[Change], id: RecordId) -> bool {
    changes.iter().any(|change| match change {
        Change::Grant { id: named, .. } => *named == id,
        Change::Extend { lock, .. } | Change::End { lock, .. } => lock.id == id,
        Change::Enqueue { waiter } | Change::Renew { waiter } | Change::Leave { waiter } => {
            waiter.id == id
        }
    })
}
