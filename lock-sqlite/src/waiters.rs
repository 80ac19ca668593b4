//! The row of a waiter, and back.

use lock_core::{AgentId, Decision, HolderId, RecordId, Timestamp, Ttl, Waiter, host::LeaseMark};
use rusqlite::{Connection, Params, Row, params, types::Value};

use crate::{
    error::{Doing as _, Step},
    load::Loaded,
    rows::{json, mark, mode_name, mode_named, optional, text, whole},
};

/// The columns of `waiters`.
pub(crate) const COLUMNS: &str = "id, agent, holder, patterns, mode, ticket, since_us, expires_us, \
                                  boot_id, boottime_us, processes";

/// The ids of the waiters that cannot be read; counts all.
pub(crate) fn sick(conn: &Connection, total: &mut usize) -> rusqlite::Result<Vec<Value>> {
    let mut query = conn.prepare(&format!("SELECT {COLUMNS} FROM waiters"))?;
    let mut rows = query.query([])?;
    let mut sick = Vec::new();
    while let Some(row) = rows.next()? {
        *total += 1;
        if intact(row)?.is_none() {
            sick.push(row.get(0)?);
        }
    }
    Ok(sick)
}

/// Loads all waiters.
pub(crate) fn load(conn: &Connection, into: &mut Loaded) -> Step<()> {
    const SQL: &str = "SELECT id, agent, holder, patterns, mode, ticket, since_us, expires_us, \
                       boot_id, boottime_us, processes FROM waiters";
    select(conn, SQL, [], into)
}

/// Loads those of these names.
pub(crate) fn load_named(conn: &Connection, names: &[RecordId], into: &mut Loaded) -> Step<()> {
    const SQL: &str = "SELECT id, agent, holder, patterns, mode, ticket, since_us, expires_us, \
                       boot_id, boottime_us, processes FROM waiters WHERE id = ?1";
    names.iter().try_for_each(|name| select(conn, SQL, [name.to_string()], into))
}

fn select(conn: &Connection, sql: &str, params: impl Params, into: &mut Loaded) -> Step<()> {
    let mut query = conn.prepare_cached(sql).doing("reading the line")?;
    let mut rows = query.query(params).doing("reading the line")?;
    while let Some(row) = rows.next().doing("reading the line")? {
        let read = (|| Ok::<_, rusqlite::Error>((intact(row)?, mark(row, 8)?)))();
        // One that cannot be read has lost its place, and nothing else: it held nothing.
        let (Some(mut waiter), mark) = read.doing("reading the line")? else { continue };
        let ttl = Ttl::new(Decision::WAITER_TTL).unwrap_or_default();
        waiter.expires_at = into.due(waiter.expires_at, mark.as_ref(), ttl, waiter.id);
        into.view.waiters.push(waiter);
    }
    Ok(())
}

fn intact(row: &Row<'_>) -> rusqlite::Result<Option<Waiter>> {
    let text = |at| text(row, at);
    let whole = |at| whole(row, at);
    let (id, agent, holder, patterns) = (text(0)?, text(1)?, text(2)?, text(3)?);
    let (mode, processes) = (text(4)?, text(10)?);
    let (ticket, since, expires) = (whole(5)?, whole(6)?, whole(7)?);
    Ok((|| {
        let processes = processes?.map_or(Some(Vec::new()), |text| serde_json::from_str(text).ok());
        Some(Waiter {
            id: id??.parse().ok()?,
            agent: AgentId::new(agent??).ok()?,
            holder: optional(holder?, HolderId::new)?,
            patterns: serde_json::from_str(patterns??).ok()?,
            mode: mode_named(mode??)?,
            ticket: ticket?.cast_unsigned(),
            since: Timestamp::from_micros(since?),
            expires_at: Timestamp::from_micros(expires?),
            processes: processes?,
        })
    })())
}

/// Puts a waiter into the line, or its new times into its row.
pub(crate) fn put(conn: &Connection, waiter: &Waiter, mark: &LeaseMark) -> Step<()> {
    const SQL: &str = "INSERT OR REPLACE INTO waiters (id, agent, holder, patterns, mode, ticket, \
                       since_us, expires_us, boot_id, boottime_us, processes) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let put = || {
        let processes = (!waiter.processes.is_empty()).then(|| json(&waiter.processes));
        conn.prepare_cached(SQL)?.execute(params![
            waiter.id.to_string(),
            waiter.agent.as_str(),
            waiter.holder.as_ref().map(HolderId::as_str),
            json(&waiter.patterns)?,
            mode_name(waiter.mode),
            waiter.ticket.cast_signed(),
            waiter.since.as_micros(),
            waiter.expires_at.as_micros(),
            mark.boot_id,
            mark.boottime_us,
            processes.transpose()?,
        ])
    };
    put().doing("writing the line").map(drop)
}

/// Takes a waiter out of the line.
pub(crate) fn remove(conn: &Connection, waiter: RecordId) -> Step<()> {
    let remove =
        || conn.prepare_cached("DELETE FROM waiters WHERE id = ?1")?.execute([waiter.to_string()]);
    remove().doing("writing the line").map(drop)
}
