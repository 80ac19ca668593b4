//! The log of grants and ends.

use lock_core::{
    AgentId, Cause, Ending, EndingScope, HistoryEntry, HolderId, Lock, Pattern, Reason, Timestamp,
    Token, Ttl, Version, View,
};
use rusqlite::{Connection, Params, Row, params};

use crate::{
    error::{Doing as _, Step},
    meta::Meta,
    rows::{body, millis, mode_name, mode_named, number, optional, text, whole},
};

/// How many lines are kept: enough for 10,000 endings and the grants between them.
const KEPT: i64 = 20_000;

/// Old lines are removed this many at a time.
const AT_ONCE: i64 = 64;

/// How many endings of one agent on one pattern are looked at, the newest ones.
const LAST: u32 = 64;

macro_rules! columns {
    () => {
        "version, at_us, event, id, pattern, agent, holder, mode, reason, token, from_us, \
         until_us, ttl_ms, ended, by, note, nonce, body"
    };
}

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
        let forget =
            || conn.prepare_cached("DELETE FROM log WHERE seq <= ?1")?.execute([newest - KEPT]);
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
            columns!(),
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

/// Loads the endings in `scope`, the oldest first.
pub(crate) fn load_endings(conn: &Connection, scope: &EndingScope, view: &mut View) -> Step<()> {
    const LAST_OF: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM log WHERE agent = ?1 AND holder IS ?2 AND pattern = ?3 AND ended IS NOT NULL \
         ORDER BY seq DESC LIMIT ?4"
    );
    const OF_HOLDER: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM log WHERE agent = ?1 AND holder IS ?2 AND ended IS NOT NULL ORDER BY seq DESC"
    );
    // No index: only a command whose reply was lost asks this, and an index would cost every step.
    const MADE_BY: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM log WHERE nonce = ?1 AND ended IS NOT NULL ORDER BY seq DESC"
    );
    let mut found = Vec::new();
    match scope {
        EndingScope::None => return Ok(()),
        EndingScope::Last(agent, holder, patterns) => {
            for pattern in patterns {
                let holder = holder.as_ref().map(HolderId::as_str);
                let params = params![agent.as_str(), holder, pattern.as_str(), LAST];
                select(conn, LAST_OF, params, view, &mut found)?;
            }
            found.sort_by_key(|entry| std::cmp::Reverse(entry.version()));
        }
        EndingScope::OfHolder(agent, holder) => {
            let params = params![agent.as_str(), holder.as_ref().map(HolderId::as_str)];
            select(conn, OF_HOLDER, params, view, &mut found)?;
        }
        EndingScope::MadeBy(nonce) => {
            select(conn, MADE_BY, [nonce.to_string()], view, &mut found)?;
        }
        _ => {
            const ALL: &str = concat!("SELECT ", columns!(), " FROM log ORDER BY seq DESC");
            select(conn, ALL, [], view, &mut found)?;
        }
    }
    view.endings.extend(found.into_iter().rev().filter_map(|entry| match entry {
        HistoryEntry::Ended { ending, .. } => Some(ending),
        _ => None,
    }));
    Ok(())
}

fn select(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    view: &mut View,
    into: &mut Vec<HistoryEntry>,
) -> Step<()> {
    let mut query = conn.prepare_cached(sql).doing("reading the log")?;
    let mut rows = query.query(params).doing("reading the log")?;
    while let Some(row) = rows.next().doing("reading the log")? {
        match read(row).doing("reading the log")? {
            Some(entry) => into.push(entry),
            // What cannot be read is as good as forgotten, and must not pass for "never".
            None => view.forgetful = true,
        }
    }
    Ok(())
}

/// Loads what happened after version `after`, the oldest first: walks back from the newest.
pub(crate) fn load_after(conn: &Connection, after: Version, view: &mut View) -> Step<()> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM log ORDER BY seq DESC");
    let mut query = conn.prepare_cached(SQL).doing("reading the log")?;
    let mut rows = query.query([]).doing("reading the log")?;
    while let Some(row) = rows.next().doing("reading the log")? {
        let version = whole(row, 0).doing("reading the log")?.unwrap_or(0);
        if version.cast_unsigned() <= after.get() {
            break;
        }
        view.history.extend(read(row).doing("reading the log")?);
    }
    view.history.reverse();
    Ok(())
}

/// Reads a line; `None` if it makes no sense.
fn read(row: &Row<'_>) -> rusqlite::Result<Option<HistoryEntry>> {
    let text = |at| Ok::<_, rusqlite::Error>(text(row, at)?.flatten());
    let whole = |at| whole(row, at);
    let (event, id, pattern, agent) = (text(2)?, text(3)?, text(4)?, text(5)?);
    let (holder, mode, reason) = (text(6)?, text(7)?, text(8)?);
    let (ended, by, note, nonce, body) = (text(13)?, text(14)?, text(15)?, text(16)?, text(17)?);
    let (version, at, token) = (whole(0)?, whole(1)?, whole(9)?);
    let (from, until, ttl) = (whole(10)?, whole(11)?, whole(12)?);
    Ok((|| {
        let version = Version::new(version?.cast_unsigned());
        let at = Timestamp::from_micros(at?);
        let ending = Ending {
            id: id?.parse().ok()?,
            pattern: Pattern::parse(pattern?).ok()?,
            agent: AgentId::new(agent?).ok()?,
            holder: optional(holder, HolderId::new)?,
            mode: mode_named(mode?)?,
            reason: optional(reason, |text| Reason::new(text).ok())?,
            token: Token::new(token?.try_into().ok()?),
            from: Timestamp::from_micros(from?),
            until: Timestamp::from_micros(until?),
            ended: ended.map_or(Cause::Unknown, cause),
            by: by.map(str::to_owned),
            note: note.map(str::to_owned),
            nonce: nonce?.parse().ok()?,
        };
        match event? {
            "ended" => Some(HistoryEntry::Ended { version, at, ending }),
            "acquired" => {
                let lock = granted(ending, ttl?, body)?;
                Some(HistoryEntry::Acquired { version, at, lock })
            }
            _ => None,
        }
    })())
}

/// The lock as granted, from what its line has in common with an ending.
fn granted(line: Ending, ttl: i64, body: Option<&str>) -> Option<Lock> {
    let ttl = std::time::Duration::from_millis(ttl.try_into().ok()?);
    let (processes, extra) = crate::rows::unpack(body)?;
    Some(Lock {
        id: line.id,
        pattern: line.pattern,
        agent: line.agent,
        holder: line.holder,
        mode: line.mode,
        reason: line.reason,
        ttl: Ttl::new(ttl).ok()?,
        acquired_at: line.from,
        refreshed_at: line.from,
        expires_at: line.until,
        token: line.token,
        processes,
        damaged: false,
        extra,
    })
}

fn cause(name: &str) -> Cause {
    let known = [
        Cause::Released,
        Cause::Expired,
        Cause::TakenOver,
        Cause::Broken,
        Cause::Cleaned,
        Cause::HolderDead,
        Cause::NeverHeld,
    ];
    known.into_iter().find(|cause| cause.as_str() == name).unwrap_or(Cause::Unknown)
}
