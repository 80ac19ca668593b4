//! Writing what a decision changes, inside the step's transaction.

use std::collections::HashMap;

use lock_core::{BackendError, Decision, ErrorKind, Lock, Outcome, Reason, RecordId, Stamp, Write};
use rusqlite::{Connection, params};

use crate::{
    error::{Doing as _, Step, corrupt},
    load::Loaded,
    log, quarantine,
    rows::{self, lock_columns, millis, mode_name},
    waiters,
};

/// Writes it all, the token before the records. What it returns is true once the transaction is
/// committed.
pub(crate) fn write(conn: &Connection, decision: Decision, loaded: &Loaded) -> Step<Outcome> {
    let mut meta = loaded.meta;
    let (makes_version, grants) = (decision.makes_version(), decision.grants());
    if makes_version {
        meta.version = meta.version.next();
    }
    if grants {
        meta.last_token = meta
            .last_token
            .next(loaded.view.now)
            .ok_or_else(|| BackendError::new(ErrorKind::Full, "the fencing tokens are used up"))?;
    }
    let token = meta.last_token;
    let committed = decision.commit(Stamp { now: loaded.view.now, version: meta.version, token });
    for entry in &committed.log {
        log::add(conn, entry, &mut meta)?;
    }
    if makes_version {
        meta.store(conn)?;
    }
    for write in &committed.writes {
        match write {
            // No other lock can have the token of this step.
            Write::PutLock(lock) if grants && lock.token == token => insert(conn, lock, loaded)?,
            Write::PutLock(lock) => update(conn, lock, loaded)?,
            Write::DropLock(lock) => remove(conn, lock, loaded)?,
            Write::PutWaiter(waiter) => {
                let mark = loaded.host.mark(loaded.clock, waiter.expires_at);
                waiters::put(conn, waiter, &mark)?;
            }
            Write::DropWaiter(waiter) => waiters::remove(conn, waiter.id)?,
        }
    }
    Ok(committed.outcome)
}

fn insert(conn: &Connection, lock: &Lock, loaded: &Loaded) -> Step<()> {
    const SQL: &str = concat!(
        "INSERT INTO locks (",
        lock_columns!(),
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
    );
    let mark = loaded.host.mark(loaded.clock, lock.expires_at);
    rows::insert(conn, SQL, lock, &mark).doing("writing a lock").map(drop)
}

/// What a refresh can change.
fn update(conn: &Connection, lock: &Lock, loaded: &Loaded) -> Step<()> {
    const SQL: &str = "UPDATE locks SET mode = ?4, reason = ?5, ttl_ms = ?6, refreshed_us = ?7, \
                       expires_us = ?8, boot_id = ?9, boottime_us = ?10, body = ?11 \
                       WHERE anchor = ?1 AND pattern = ?2 AND id = ?3";
    let mark = loaded.host.mark(loaded.clock, lock.expires_at);
    let put = || {
        conn.prepare_cached(SQL)?.execute(params![
            lock.pattern.anchor(),
            lock.pattern.as_str(),
            lock.id.to_string(),
            mode_name(lock.mode),
            lock.reason.as_ref().map(Reason::as_str),
            millis(lock.ttl),
            lock.refreshed_at.as_micros(),
            lock.expires_at.as_micros(),
            mark.boot_id,
            mark.boottime_us,
            rows::body(lock)?,
        ])
    };
    exactly_one(put().doing("extending a lock")?, lock)
}

fn remove(conn: &Connection, lock: &Lock, loaded: &Loaded) -> Step<()> {
    if let Some(key) = loaded.damaged.get(&lock.id) {
        return quarantine::set_aside(conn, key, loaded.view.now)
            .doing("putting a damaged record aside");
    }
    const SQL: &str = "DELETE FROM locks WHERE anchor = ?1 AND pattern = ?2 AND id = ?3";
    let remove = || {
        let (anchor, pattern) = (lock.pattern.anchor(), lock.pattern.as_str());
        conn.prepare_cached(SQL)?.execute(params![anchor, pattern, lock.id.to_string()])
    };
    exactly_one(remove().doing("removing a lock")?, lock)
}

/// The transaction saw the row, and nobody else writes: if it is not there, an index is broken.
fn exactly_one(rows: usize, lock: &Lock) -> Step<()> {
    if rows == 1 {
        return Ok(());
    }
    Err(corrupt(format!("the record of {} {} is not where it was found", lock.pattern, lock.id)))
}

/// Marks anew the leases that were marked on another boot's clock.
pub(crate) fn mark_anew(conn: &Connection, loaded: &Loaded) -> Step<()> {
    if loaded.foreign.is_empty() {
        return Ok(());
    }
    let locks: HashMap<RecordId, &Lock> =
        loaded.view.locks.iter().map(|lock| (lock.id, lock)).collect();
    for record in &loaded.foreign {
        if let Some(waiter) = loaded.view.waiters.iter().find(|waiter| waiter.id == *record) {
            let mark = loaded.host.mark(loaded.clock, waiter.expires_at);
            waiters::put(conn, waiter, &mark)?;
        }
        // The times of a damaged record are not known well enough to be written down.
        if let Some(lock) = locks.get(record).filter(|lock| !lock.damaged) {
            update(conn, lock, loaded)?;
        }
    }
    Ok(())
}
