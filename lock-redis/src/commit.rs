//! Writing changes down for the script, with what must still be so.

use lock_core::{BackendError, Change, Command, Decision, ErrorKind, Lock, Timestamp, Ttl};
use redis::Cmd;

use crate::{
    load::{Asked, micros},
    log::{ending_key, ending_tail},
    name::{agent_name, name, name_stem},
    record::{LockBody, json, waiter_body},
    seen::{Seen, State},
    words::{Words, push_number},
};

/// Writes a commit down after its numbers: what was asked for and seen, and the decision's changes.
pub(crate) fn write_commit(
    call: &mut Cmd,
    command: &Command,
    asked: &Asked,
    seen: &Seen,
    decision: &Decision,
) -> Result<(), BackendError> {
    call.arg(words(asked, seen).packed());
    for change in decision.changes() {
        write_change(call, command, seen, change)?;
    }
    Ok(())
}

/// What was asked for and seen.
fn words(asked: &Asked, seen: &Seen) -> Words {
    let mut words = Words::new();
    seen.locks.iter().for_each(|lock| words.push(&lock.id));
    asked.write(&mut words);
    let flag = |live| if live { 'L' } else { 'S' };
    if !seen.locks.is_empty() {
        words.push(&seen.locks.iter().map(|lock| flag(lock.live)).collect::<String>());
    }
    if asked.kind > 0 {
        words.push(&seen.endings);
    }
    for waiter in &seen.waiters {
        words.push(&waiter.id);
        words.push(&waiter.ticket);
        words.push(if waiter.live { "L" } else { "S" });
    }
    words
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
            let id_text = String::from(*id);
            call.arg(with_lease("G", *ttl)).arg(&id_text);
            call.arg(name_stem(pattern, &id_text)).arg(agent_name(agent, &id_text));
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
            let letter = if *at_least { "M" } else { "E" };
            call.arg(with_lease(letter, *ttl)).arg(String::from(lock.id));
            call.arg(state(seen, lock));
            let body = if is_same_body(lock, &after) {
                String::new()
            } else {
                json(&LockBody::of(&after))
            };
            call.arg(body);
        }
        Change::End { lock, cause, by, note } => {
            let stored = seen.lock(lock.id).map_or("", |seen| seen.name.as_str());
            let by_age = command.judges_by_age();
            call.arg(if lock.damaged {
                "Q"
            } else if by_age {
                "A"
            } else {
                "D"
            });
            let id = String::from(lock.id);
            call.arg(&id).arg(numbers(seen, lock));
            if stored.is_empty() {
                call.arg(name(&lock.pattern, &id, lock.acquired_at));
            } else {
                call.arg(stored);
            }
            call.arg(if lock.damaged { String::new() } else { agent_name(&lock.agent, &id) });
            call.arg(ending_key(&lock.agent, lock.holder.as_ref(), &lock.pattern));
            let (by, note) = (by.as_deref(), note.as_deref());
            call.arg(ending_tail(lock, *cause, by, note, command.nonce));
        }
        Change::Enqueue { waiter } => {
            call.arg("W").arg(String::from(waiter.id)).arg(waiter_body(waiter));
        }
        Change::Renew { waiter } => {
            call.arg("R").arg(String::from(waiter.id)).arg(waiter.ticket);
        }
        Change::Leave { waiter } => {
            call.arg("X").arg(String::from(waiter.id));
        }
        other => {
            let what = format!("a change that this store does not know: {other:?}");
            return Err(BackendError::new(ErrorKind::Unsupported, what));
        }
    }
    Ok(())
}

/// A change's letter, and the lease after it.
fn with_lease(letter: &str, ttl: Ttl) -> String {
    let mut text = String::with_capacity(24);
    text.push_str(letter);
    push_number(&mut text, micros(ttl.duration()));
    text
}

/// The state that the record must still be in; empty if its numbers could not be read.
fn state(seen: &Seen, lock: &Lock) -> String {
    let seen = seen.lock(lock.id).and_then(|seen| seen.state);
    seen.map_or(String::new(), |State { token, revision }| format!("{token} {revision}"))
}

/// What stands in front of the record if nobody has refreshed it since; empty if its numbers could
/// not be read.
fn numbers(seen: &Seen, lock: &Lock) -> String {
    let seen = seen.lock(lock.id).and_then(|seen| seen.state);
    seen.map_or(String::new(), |State { token, revision }| {
        let times = [lock.expires_at, lock.refreshed_at, lock.acquired_at];
        let mut text = String::with_capacity(96);
        for time in times.map(Timestamp::as_micros) {
            push_number(&mut text, time);
            text.push(' ');
        }
        for number in [token, revision] {
            push_number(&mut text, number);
            text.push(' ');
        }
        text
    })
}

/// Whether two states of one lock differ in nothing but times: that is no new revision.
pub(crate) fn is_same_body(one: &Lock, two: &Lock) -> bool {
    one.ttl == two.ttl && one.reason == two.reason && one.processes == two.processes
}
