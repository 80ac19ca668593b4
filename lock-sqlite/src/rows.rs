//! The row of a lock, and back.

use std::time::Duration;

use lock_core::{
    AgentId, HolderId, Lock, Mode, Pattern, Process, Reason, RecordId, Timestamp, Token, Ttl,
    host::LeaseMark,
};
use rusqlite::{Connection, Row, params, types::ValueRef};
use serde::{Deserialize, Serialize};

use crate::damaged;

/// The columns of `locks`, in the order in which they are read and written.
macro_rules! lock_columns {
    () => {
        "anchor, pattern, id, agent, holder, mode, reason, ttl_ms, acquired_us, refreshed_us, \
         expires_us, boot_id, boottime_us, token, body"
    };
}
pub(crate) use lock_columns;

/// A lock as stored: its expiry is what was written, and not yet what it means now.
pub(crate) struct Stored {
    pub(crate) lock: Lock,
    pub(crate) mark: Option<LeaseMark>,
    /// What stands in the columns of a record that could not be read, to name it by.
    pub(crate) key: Option<Key>,
}

/// What names the row of a damaged record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) anchor: Vec<u8>,
    pub(crate) pattern: Vec<u8>,
    pub(crate) id: Vec<u8>,
}

/// Fields that a newer version wrote.
type Extra = serde_json::Map<String, serde_json::Value>;

/// The key of a row of [`lock_columns`].
pub(crate) fn key(row: &Row<'_>) -> rusqlite::Result<Key> {
    let bytes = |at| {
        Ok::<_, rusqlite::Error>(match row.get_ref(at)? {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_owned(),
            _ => Vec::new(),
        })
    };
    Ok(Key { anchor: bytes(0)?, pattern: bytes(1)?, id: bytes(2)? })
}

/// What has no column of its own.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Body {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) processes: Vec<Process>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) waited_since: Option<Timestamp>,
    #[serde(flatten)]
    pub(crate) extra: Extra,
}

/// Reads a row of [`lock_columns`]. One that makes no sense is a lock all the
/// same. A pattern among `known` need not be parsed.
pub(crate) fn read(row: &Row<'_>, known: &[Pattern]) -> rusqlite::Result<Stored> {
    match intact(row, known)? {
        Some(lock) => Ok(Stored { lock, mark: mark(row, 11)?, key: None }),
        None => damaged::read(row),
    }
}

fn intact(row: &Row<'_>, known: &[Pattern]) -> rusqlite::Result<Option<Lock>> {
    let text = |at| text(row, at);
    let whole = |at| whole(row, at);
    let (pattern, id, agent, holder) = (text(1)?, text(2)?, text(3)?, text(4)?);
    let (mode, reason, body) = (text(5)?, text(6)?, text(14)?);
    let (ttl, token) = (whole(7)?, whole(13)?);
    let (acquired, refreshed, expires) = (whole(8)?, whole(9)?, whole(10)?);
    Ok((|| {
        let Body { processes, waited_since, extra } = unpack(body?)?;
        let pattern = parse(pattern??, known)?;
        Some(Lock {
            id: id??.parse::<RecordId>().ok()?,
            pattern,
            agent: AgentId::new(agent??).ok()?,
            holder: optional(holder?, HolderId::new)?,
            mode: mode_named(mode??)?,
            reason: optional(reason?, |text| Reason::new(text).ok())?,
            ttl: Ttl::new(Duration::from_millis(ttl?.try_into().ok()?)).ok()?,
            acquired_at: Timestamp::from_micros(acquired?),
            waited_since,
            refreshed_at: Timestamp::from_micros(refreshed?),
            expires_at: Timestamp::from_micros(expires?),
            token: Token::new(token?.try_into().ok()?),
            processes,
            damaged: false,
            extra,
        })
    })())
}

/// The pattern of this text. Looking for it among many would cost more than it saves.
fn parse(text: &str, known: &[Pattern]) -> Option<Pattern> {
    let same = known.iter().take(4).find(|pattern| pattern.as_str() == text);
    same.cloned().or_else(|| Pattern::parse(text).ok())
}

/// Binds `lock` in the order of [`lock_columns`] to `sql`, a statement that puts it into the table.
pub(crate) fn insert(
    conn: &Connection,
    sql: &str,
    lock: &Lock,
    mark: &LeaseMark,
) -> rusqlite::Result<usize> {
    conn.prepare_cached(sql)?.execute(params![
        lock.pattern.anchor(),
        lock.pattern.as_str(),
        lock.id.to_string(),
        lock.agent.as_str(),
        lock.holder.as_ref().map(HolderId::as_str),
        mode_name(lock.mode),
        lock.reason.as_ref().map(Reason::as_str),
        millis(lock.ttl),
        lock.acquired_at.as_micros(),
        lock.refreshed_at.as_micros(),
        lock.expires_at.as_micros(),
        mark.boot_id,
        mark.boottime_us,
        number(lock.token),
        body(lock)?,
    ])
}

/// What of `lock` has no column, as JSON; none if it is nothing.
pub(crate) fn body(lock: &Lock) -> rusqlite::Result<Option<String>> {
    if lock.processes.is_empty() && lock.waited_since.is_none() && lock.extra.is_empty() {
        return Ok(None);
    }
    let (processes, extra) = (lock.processes.clone(), lock.extra.clone());
    let body = Body { processes, waited_since: lock.waited_since, extra };
    json(&body).map(Some)
}

/// What stands in a body; `None` if it makes no sense.
pub(crate) fn unpack(body: Option<&str>) -> Option<Body> {
    body.map_or_else(|| Some(Body::default()), |json| serde_json::from_str(json).ok())
}

pub(crate) fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// The lease mark in two columns from `at`.
pub(crate) fn mark(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<LeaseMark>> {
    let boot_id = text(row, at)?.flatten();
    let boottime_us = whole(row, at + 1)?;
    Ok(boot_id
        .zip(boottime_us)
        .map(|(boot_id, boottime_us)| LeaseMark { boot_id: boot_id.to_owned(), boottime_us }))
}

/// The text in a column: `Some(None)` for NULL, `None` for what is no text.
pub(crate) fn text<'a>(row: &'a Row<'_>, at: usize) -> rusqlite::Result<Option<Option<&'a str>>> {
    Ok(match row.get_ref(at)? {
        ValueRef::Null => Some(None),
        other => other.as_str().ok().map(Some),
    })
}

/// The number in a column, if it is one.
pub(crate) fn whole(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<i64>> {
    Ok(row.get_ref(at)?.as_i64().ok())
}

/// A column that may be NULL, but not nonsense.
pub(crate) fn optional<T>(
    text: Option<&str>,
    read: impl FnOnce(&str) -> Option<T>,
) -> Option<Option<T>> {
    text.map_or(Some(None), |text| read(text).map(Some))
}

pub(crate) fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Exclusive => "exclusive",
        Mode::Shared => "shared",
    }
}

pub(crate) fn mode_named(name: &str) -> Option<Mode> {
    [Mode::Exclusive, Mode::Shared].into_iter().find(|mode| mode_name(*mode) == name)
}

pub(crate) fn millis(ttl: Ttl) -> i64 {
    i64::try_from(ttl.duration().as_millis()).unwrap_or(i64::MAX)
}

pub(crate) fn number(token: Token) -> i64 {
    i64::try_from(token.get()).unwrap_or(i64::MAX)
}
