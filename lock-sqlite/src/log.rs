//! The log of grants and ends: writing it.

use lock_core::{
    AgentId, Cause, HistoryEntry, HolderId, Pattern, Reason, Timestamp, Token, Version,
};
use rusqlite::{Connection, params};

use crate::{
    error::{Doing as _, Step},
    meta::Meta,
    rows::{body, millis, mode_name, number},
};

/// How many lines are kept: enough for 10,000 endings and the grants between them.
const KEPT: i64 = 20_000;

/// Old lines are removed this many at a time.
const AT_ONCE: i64 = 64;

/// The columns of `log`, but for the number, in the order in which they are read and written.
macro_rules! log_columns {
    () => {
        "version, at_us, event, id, pattern, agent, holder, mode, reason, token, from_us, \
         until_us, ttl_ms, ended, by, note, nonce, body"
    };
}
pub(crate) use log_columns;

/// Adds a line. Forgets the oldest, and says so in `meta`.
pub(crate) fn add(conn: &Connection, entry: &HistoryEntry, meta: &mut Meta) -> Step<()> {
    let Some(line) = Line::of(entry) else {
        // A kind that a newer core writes: nothing that a verdict depends on.
        tracing::warn!(?entry, "an entry of an unknown kind was not written to the log");
        return Ok(());
    };
    line.insert(conn).doing("writing the log")?;
    let newest = conn.last_insert_rowid();
    if newest % AT_ONCE == 0 && newest > KEPT {
        const COUNT: &str = "INSERT INTO forgotten (what, lines) \
                             SELECT coalesce(ended, event), count(*) FROM log WHERE seq <= ?1 \
                             GROUP BY 1 \
                             ON CONFLICT (what) DO UPDATE SET lines = lines + excluded.lines";
        let forget = || {
            conn.prepare_cached(COUNT)?.execute([newest - KEPT])?;
            conn.prepare_cached("DELETE FROM log WHERE seq <= ?1")?.execute([newest - KEPT])
        };
        meta.forgetful |= forget().doing("shortening the log")? > 0;
    }
    Ok(())
}

struct Line<'a> {
    version: Version,
    at: Timestamp,
    event: &'static str,
    lock: Named<'a>,
    ttl: Option<i64>,
    ended: Option<Cause>,
    by: Option<&'a str>,
    note: Option<&'a str>,
    nonce: lock_core::Nonce,
    body: Option<String>,
}

/// What grants and endings have in common.
struct Named<'a> {
    id: lock_core::RecordId,
    pattern: &'a Pattern,
    agent: &'a AgentId,
    holder: Option<&'a HolderId>,
    mode: lock_core::Mode,
    reason: Option<&'a Reason>,
    token: Token,
    from: Timestamp,
    until: Timestamp,
}

impl<'a> Line<'a> {
    fn of(entry: &'a HistoryEntry) -> Option<Self> {
        Some(match entry {
            HistoryEntry::Acquired { version, at, lock } => Self {
                version: *version,
                at: *at,
                event: "acquired",
                lock: Named {
                    id: lock.id,
                    pattern: &lock.pattern,
                    agent: &lock.agent,
                    holder: lock.holder.as_ref(),
                    mode: lock.mode,
                    reason: lock.reason.as_ref(),
                    token: lock.token,
                    from: lock.acquired_at,
                    until: lock.expires_at,
                },
                ttl: Some(millis(lock.ttl)),
                ended: None,
                by: None,
                note: None,
                nonce: lock.id.nonce(),
                body: body(lock).ok()?,
            },
            HistoryEntry::Ended { version, at, ending } => Self {
                version: *version,
                at: *at,
                event: "ended",
                lock: Named {
                    id: ending.id,
                    pattern: &ending.pattern,
                    agent: &ending.agent,
                    holder: ending.holder.as_ref(),
                    mode: ending.mode,
                    reason: ending.reason.as_ref(),
                    token: ending.token,
                    from: ending.from,
                    until: ending.until,
                },
                ttl: None,
                ended: Some(ending.ended),
                by: ending.by.as_deref(),
                note: ending.note.as_deref(),
                nonce: ending.nonce,
                body: None,
            },
            _ => return None,
        })
    }

    fn insert(&self, conn: &Connection) -> rusqlite::Result<()> {
        const SQL: &str = concat!(
            "INSERT INTO log (",
            log_columns!(),
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ",
            "?17, ?18)"
        );
        let version = i64::try_from(self.version.get()).unwrap_or(i64::MAX);
        conn.prepare_cached(SQL)?.execute(params![
            version,
            self.at.as_micros(),
            self.event,
            self.lock.id.to_string(),
            self.lock.pattern.as_str(),
            self.lock.agent.as_str(),
            self.lock.holder.map(HolderId::as_str),
            mode_name(self.lock.mode),
            self.lock.reason.map(Reason::as_str),
            number(self.lock.token),
            self.lock.from.as_micros(),
            self.lock.until.as_micros(),
            self.ttl,
            self.ended.map(Cause::as_str),
            self.by,
            self.note,
            self.nonce.to_string(),
            self.body,
        ])?;
        Ok(())
    }
}
