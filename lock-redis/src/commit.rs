//! Writing changes down for the script, with what must still be so.

use lock_core::{BackendError, Change, Command, Decision, ErrorKind, Lock};
use redis::Cmd;

use crate::{
    load::{Asked, micros},
    log::{ending_key, ending_tail},
    name::{agent_name, name, name_stem},
    record::{LockBody, json, waiter_body},
    seen::{Seen, State},
};

/// Writes a commit down after its numbers: what was asked for and seen, and the decision's changes.
pub(crate) fn write_commit(
    call: &mut Cmd,
    command: &Command,
    asked: &Asked,
    seen: &Seen,
    decision: &Decision,
) -> Result<(), BackendError> {
    call.arg(command.nonce.to_string());
    for lock in &seen.locks {
        call.arg(&lock.id);
    }
    asked.write(call);
    let flag = |live| if live { 'L' } else { 'S' };
    if !seen.locks.is_empty() {
        call.arg(seen.locks.iter().map(|lock| flag(lock.live)).collect::<String>());
    }
    if asked.kind > 0 {
        call.arg(&seen.endings);
    }
    for waiter in &seen.waiters {
        call.arg(&waiter.id).arg(&waiter.ticket).arg(if waiter.live { "L" } else { "S" });
    }
    for change in decision.changes() {
        write_change(call, command, seen, change)?;
    }
    Ok(())
}

fn write_change(
    call: &mut Cmd,
    command: &Command,
    seen: &Seen,
    change: &Change,
) -> Result<(), BackendError> {
    match change {
        Change::Grant {
            id,
            pattern,
            agent,
            holder,
            mode,
            reason,
            ttl,
            processes,
            waited_since,
        } => {
            call.arg("G").arg(id.to_string()).arg(micros(ttl.duration()));
            call.arg(name_stem(pattern, *id)).arg(agent_name(agent, *id));
            call.arg(json(&LockBody {
                id: *id,
                pattern,
                agent,
                holder: holder.as_ref(),
                mode: *mode,
                reason: reason.as_ref(),
                ttl_ms: *ttl,
                processes,
                waited_since: *waited_since,
                extra: &serde_json::Map::new(),
            }));
        }
        Change::Extend { lock, ttl, at_least, reason, process } => {
            let mut after = lock.clone();
            after.ttl = if *at_least { lock.ttl.max(*ttl) } else { *ttl };
            after.reason = reason.clone().or(after.reason);
            after.processes.extend(process.clone());
            call.arg("E").arg(lock.id.to_string()).arg(state(seen, lock));
            call.arg(micros(ttl.duration())).arg(u8::from(*at_least));
            let body = if is_same_body(lock, &after) {
                String::new()
            } else {
                json(&LockBody::of(&after))
            };
            call.arg(body);
        }
        Change::End { lock, cause, by, note } => {
            let stored = seen.lock(lock.id).map_or("", |seen| seen.name.as_str());
            call.arg("D").arg(lock.id.to_string()).arg(state(seen, lock));
            let by_age = command.judges_by_age() && !lock.damaged;
            let refreshed = by_age.then(|| lock.refreshed_at.as_micros().to_string());
            call.arg(refreshed.unwrap_or_default());
            if stored.is_empty() {
                call.arg(name(&lock.pattern, lock.id, lock.acquired_at));
            } else {
                call.arg(stored);
            }
            call.arg(if lock.damaged { String::new() } else { agent_name(&lock.agent, lock.id) });
            call.arg(if lock.damaged { "q" } else { "" });
            call.arg(ending_key(&lock.agent, lock.holder.as_ref(), &lock.pattern));
            let (by, note) = (by.as_deref(), note.as_deref());
            call.arg(ending_tail(lock, *cause, by, note, command.nonce));
        }
        Change::Enqueue { waiter } => {
            call.arg("W").arg(waiter.id.to_string()).arg(waiter_body(waiter));
        }
        Change::Renew { waiter } => {
            call.arg("R").arg(waiter.id.to_string());
        }
        Change::Leave { waiter } => {
            call.arg("X").arg(waiter.id.to_string());
        }
        other => {
            let what = format!("a change that this store does not know: {other:?}");
            return Err(BackendError::new(ErrorKind::Unsupported, what));
        }
    }
    Ok(())
}

/// The state that the record must still be in; empty if its numbers could not be read.
fn state(seen: &Seen, lock: &Lock) -> String {
    let seen = seen.lock(lock.id).and_then(|seen| seen.state);
    seen.map_or(String::new(), |State { token, revision }| format!("{token} {revision}"))
}

/// Whether two states of one lock differ in nothing but times: that is no new revision.
pub(crate) fn is_same_body(one: &Lock, two: &Lock) -> bool {
    one.ttl == two.ttl && one.reason == two.reason && one.processes == two.processes
}
