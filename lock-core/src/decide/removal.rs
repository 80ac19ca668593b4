//! Ending locks from outside: a break by an operator, and the cleanups.

use super::scope;
use crate::{
    Answer, Break, Cause, Change, Cleanup, Command, Ending, Lock, Removal, Ttl, View, Waiter,
    decision::Draft,
};

pub(crate) fn decide_break(command: &Command, broken: &Break, view: &View) -> (Draft, Vec<Change>) {
    let readings = scope::readings(&broken.targets);
    let found = view.locks.iter().filter(|lock| readings.contains(&lock.pattern)).collect();
    let note = Some(broken.reason.as_str()).filter(|text| !text.is_empty()).map(str::to_owned);
    remove(command, view, found, Vec::new(), |lock| Change::End {
        cause: if view.is_live(lock) { Cause::Broken } else { Cause::Cleaned },
        lock: lock.clone(),
        by: Some(broken.by.clone()),
        note: note.clone(),
    })
}

pub(crate) fn decide_cleanup(
    command: &Command,
    cleanup: &Cleanup,
    view: &View,
) -> (Draft, Vec<Change>) {
    let lock_goes = |lock: &Lock| match &cleanup.what {
        Removal::Stale { older_than: None } => !view.is_live(lock),
        Removal::Stale { older_than: Some(age) } => view.now.since(lock.refreshed_at) >= *age,
        Removal::Agent(agent) => !lock.damaged && lock.agent == *agent,
        Removal::Orphaned { known } => {
            let stranger = known.as_ref().is_some_and(|known| !known.contains(&lock.agent));
            !view.is_live(lock) || (stranger && !lock.damaged)
        }
    };
    let waiter_goes = |waiter: &Waiter| match &cleanup.what {
        Removal::Stale { .. } => false,
        Removal::Agent(agent) => waiter.agent == *agent,
        Removal::Orphaned { known } => {
            let stranger = known.as_ref().is_some_and(|known| !known.contains(&waiter.agent));
            !view.is_waiting(waiter) || stranger
        }
    };
    let locks = view.locks.iter().filter(|lock| lock_goes(lock)).collect();
    let waiters = view.waiters.iter().filter(|waiter| waiter_goes(waiter)).collect();
    let (draft, changes) = remove(command, view, locks, waiters, |lock| Change::End {
        cause: if view.dead.contains(&lock.id) { Cause::HolderDead } else { Cause::Cleaned },
        lock: lock.clone(),
        by: Some(cleanup.by.clone()),
        note: None,
    });
    (draft, if cleanup.dry_run { Vec::new() } else { changes })
}

fn remove(
    command: &Command,
    view: &View,
    mut locks: Vec<&Lock>,
    mut waiters: Vec<&Waiter>,
    end: impl Fn(&Lock) -> Change,
) -> (Draft, Vec<Change>) {
    locks.sort_by(|one, two| (&one.pattern, one.id).cmp(&(&two.pattern, two.id)));
    waiters.sort_by_key(|waiter| (waiter.ticket, waiter.id));
    let ends = locks.iter().map(|lock| end(lock));
    let leaves = waiters.iter().map(|waiter| Change::Leave { waiter: (*waiter).clone() });
    let changes = ends.chain(leaves).collect();
    let live = locks.iter().filter(|lock| view.is_live(lock)).count();
    let mut locks: Vec<Lock> = locks.into_iter().cloned().collect();
    // What an earlier try of this very command removed is part of its answer.
    if command.retry {
        locks.extend(view.endings.iter().filter(|e| e.nonce == command.nonce).map(remembered));
    }
    let waiters = waiters.into_iter().cloned().collect();
    (Draft::Final(Answer::Removed { locks, live, waiters }), changes)
}

/// The lock that an ending remembers; its lease's length is forgotten.
fn remembered(ending: &Ending) -> Lock {
    Lock {
        id: ending.id,
        pattern: ending.pattern.clone(),
        agent: ending.agent.clone(),
        holder: ending.holder.clone(),
        mode: ending.mode,
        reason: ending.reason.clone(),
        ttl: Ttl::default(),
        acquired_at: ending.from,
        refreshed_at: ending.from,
        expires_at: ending.until,
        token: ending.token,
        processes: Vec::new(),
        damaged: false,
        extra: serde_json::Map::new(),
    }
}
