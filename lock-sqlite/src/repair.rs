//! Finding records that are not as they should be, and mending what can be mended.
//!
//! Nothing is deleted: what goes is copied into the table `quarantine` first. And no live lock is
//! freed: a record that cannot be read is mended so that it excludes at least as much, or is left
//! until its time is over.

use std::time::Duration;

use lock_core::{
    Findings, Pattern, Reason, Timestamp, Ttl,
    host::{Host, Moment},
};
use rusqlite::{Connection, Row, params, types::Value};

use crate::{
    error::{Doing as _, Step},
    log::log_columns,
    quarantine, remembered,
    rows::{self, Key, lock_columns, millis, mode_named, text, whole},
    waiters,
};

/// A lock that is not as it should be.
struct Sick {
    key: Key,
    said: String,
    due: Timestamp,
    /// What it would be if what makes no sense were replaced by the strictest that does.
    mode: &'static str,
    reason: Option<String>,
    ttl: i64,
    body: Option<String>,
    /// Where it belongs, if it can be told.
    place: Option<Pattern>,
}

/// Reads all locks. Mended are those that cannot be read, and those that no search finds.
pub(crate) fn records(conn: &Connection, mend: bool, host: &'static Host) -> Step<Findings> {
    let now = Moment::now();
    let mut findings = Findings::default();
    let sick = sick(conn, host, now, &mut findings.total).doing("reading locks")?;
    for one in sick {
        if !mend {
            findings.left.push(one.said);
            continue;
        }
        quarantine::keep_copy(conn, &one.key, now.wall).doing("keeping a copy")?;
        if mend_one(conn, &one).doing("mending a lock")? {
            findings.mended += 1;
        } else if one.due <= now.wall {
            quarantine::set_aside(conn, &one.key, now.wall).doing("putting a lock aside")?;
            findings.mended += 1;
        } else {
            findings.left.push(format!("{}, held until {}", one.said, one.due));
        }
    }
    Ok(findings)
}

fn sick(
    conn: &Connection,
    host: &'static Host,
    now: Moment,
    total: &mut usize,
) -> rusqlite::Result<Vec<Sick>> {
    let mut query = conn.prepare(concat!("SELECT ", lock_columns!(), " FROM locks"))?;
    let mut found = query.query([])?;
    let mut sick = Vec::new();
    while let Some(row) = found.next()? {
        *total += 1;
        let rows::Stored { lock, mark, key } = rows::read(row, &[])?;
        let strays = text(row, 0)?.flatten() != Some(lock.pattern.anchor())
            || text(row, 1)?.flatten() != Some(lock.pattern.as_str());
        if key.is_none() && !strays {
            continue;
        }
        let place = text(row, 1)?.flatten().and_then(|text| Pattern::parse(text).ok());
        let why =
            if key.is_some() { "cannot be read" } else { "is not where it would be looked for" };
        sick.push(Sick {
            said: format!("the lock of {} {why}", lock.pattern),
            due: host.read(now, mark.as_ref(), lock.expires_at, lock.ttl).expires_at,
            key: rows::key(row)?,
            place,
            ..strictest(row)?
        });
    }
    Ok(sick)
}

fn strictest(row: &Row<'_>) -> rusqlite::Result<Sick> {
    let mode = text(row, 5)?.flatten().and_then(mode_named);
    let reason = text(row, 6)?.flatten().and_then(|text| Reason::new(text).ok());
    let ttl = whole(row, 7)?.and_then(|millis| millis.try_into().ok()).map(Duration::from_millis);
    let body = text(row, 14)?.flatten().filter(|body| rows::unpack(Some(*body)).is_some());
    Ok(Sick {
        key: rows::key(row)?,
        said: String::new(),
        due: Timestamp::default(),
        mode: rows::mode_name(mode.unwrap_or_default()),
        reason: reason.map(|reason| reason.as_str().to_owned()),
        ttl: millis(ttl.and_then(|ttl| Ttl::new(ttl).ok()).unwrap_or_default()),
        body: body.map(str::to_owned),
        place: None,
    })
}

/// Whether it can be read and found now.
fn mend_one(conn: &Connection, sick: &Sick) -> rusqlite::Result<bool> {
    let Some(place) = &sick.place else { return Ok(false) };
    let key = &sick.key;
    let rows = conn.execute(
        "UPDATE OR IGNORE locks SET anchor = ?4, pattern = ?5, mode = ?6, reason = ?7, \
         ttl_ms = ?8, body = ?9 WHERE CAST(anchor AS BLOB) = ?1 AND CAST(pattern AS BLOB) = ?2 \
         AND CAST(id AS BLOB) = ?3",
        params![
            key.anchor,
            key.pattern,
            key.id,
            place.anchor(),
            place.as_str(),
            sick.mode,
            sick.reason,
            sick.ttl,
            sick.body
        ],
    )?;
    let mut again = conn.prepare(concat!(
        "SELECT ",
        lock_columns!(),
        " FROM locks WHERE anchor = ?1 AND pattern = ?2 AND CAST(id AS BLOB) = ?3"
    ))?;
    let mut found = again.query(params![place.anchor(), place.as_str(), key.id])?;
    let healthy = match found.next()? {
        Some(row) => rows::read(row, &[])?.key.is_none(),
        None => false,
    };
    Ok(rows == 1 && healthy)
}

/// Reads the line. A waiter that cannot be read held nothing, and goes.
pub(crate) fn line(conn: &Connection, mend: bool) -> Step<Findings> {
    let mut findings = Findings::default();
    let sick = waiters::sick(conn, &mut findings.total).doing("reading the line")?;
    let said = |id: &Value| format!("a waiter cannot be read ({id:?})");
    let from = (("waiters", waiters::COLUMNS), "id");
    go(conn, mend, sick, said, from, &mut findings)?;
    Ok(findings)
}

/// Reads the log. What cannot be read goes, and counts as forgotten.
pub(crate) fn history(conn: &Connection, mend: bool) -> Step<Findings> {
    let mut findings = Findings::default();
    let sick = remembered::sick(conn, &mut findings.total).doing("reading the log")?;
    if mend && !sick.is_empty() {
        conn.execute("UPDATE meta SET forgetful = 1", []).doing("writing the version")?;
    }
    let said = |seq: &Value| format!("an entry cannot be read ({seq:?})");
    go(conn, mend, sick, said, (("log", log_columns!()), "seq"), &mut findings)?;
    Ok(findings)
}

fn go(
    conn: &Connection,
    mend: bool,
    sick: Vec<Value>,
    said: impl Fn(&Value) -> String,
    (table, column): ((&str, &str), &str),
    findings: &mut Findings,
) -> Step<()> {
    for value in sick {
        if mend {
            let now = Timestamp::wall_clock();
            let aside = quarantine::set_aside_from(conn, table, (column, &value), now);
            aside.doing("putting a record aside")?;
            findings.mended += 1;
        } else {
            findings.left.push(said(&value));
        }
    }
    Ok(())
}

/// Puts the version and the token ahead of all records.
pub(crate) fn version(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(
        "INSERT OR IGNORE INTO meta VALUES (1, 0, 0, 1);
         UPDATE meta SET
             version = max(version, 1 + (SELECT coalesce(max(version), 0) FROM log)),
             last_token = max(last_token, (SELECT coalesce(max(token), 0) FROM locks),
                              (SELECT coalesce(max(token), 0) FROM log));",
    )
}
