//! The log of grants and ends: reading it.

use lock_core::{
    AgentId, Cause, Ending, EndingScope, HistoryEntry, HolderId, Lock, Pattern, Reason, Timestamp,
    Token, Totals, Ttl, Version, View,
};
use rusqlite::{Connection, Params, Row, params, types::Value};

use crate::{
    error::{Doing as _, Step},
    log::log_columns,
    rows::{Body, mode_named, optional, text, unpack, whole},
};

/// How many endings of one agent on one pattern are looked at, the newest ones.
const LAST: u32 = 64;

/// Loads the endings in `scope`, the oldest first.
pub(crate) fn endings(conn: &Connection, scope: &EndingScope, view: &mut View) -> Step<()> {
    const LAST_OF: &str = concat!(
        "SELECT ",
        log_columns!(),
        " FROM log WHERE agent = ?1 AND holder IS ?2 AND pattern = ?3 AND ended IS NOT NULL \
         ORDER BY seq DESC LIMIT ?4"
    );
    const OF_HOLDER: &str = concat!(
        "SELECT ",
        log_columns!(),
        " FROM log WHERE agent = ?1 AND holder IS ?2 AND ended IS NOT NULL ORDER BY seq DESC"
    );
    // No index: only a command whose reply was lost asks this, and an index would cost every step.
    const MADE_BY: &str = concat!(
        "SELECT ",
        log_columns!(),
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
            const ALL: &str = concat!("SELECT ", log_columns!(), " FROM log ORDER BY seq DESC");
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

/// Loads what happened after version `seen`, the oldest first: walks back from the newest.
pub(crate) fn after(conn: &Connection, seen: Version, view: &mut View) -> Step<()> {
    const SQL: &str = concat!("SELECT ", log_columns!(), " FROM log ORDER BY seq DESC");
    let mut query = conn.prepare_cached(SQL).doing("reading the log")?;
    let mut rows = query.query([]).doing("reading the log")?;
    while let Some(row) = rows.next().doing("reading the log")? {
        let version = whole(row, 0).doing("reading the log")?.unwrap_or(0);
        if version.cast_unsigned() <= seen.get() {
            break;
        }
        view.history.extend(read(row).doing("reading the log")?);
    }
    view.history.reverse();
    Ok(())
}

/// The numbers of the lines that cannot be read; counts all.
pub(crate) fn sick(conn: &Connection, total: &mut usize) -> rusqlite::Result<Vec<Value>> {
    let mut query = conn.prepare(concat!("SELECT ", log_columns!(), ", seq FROM log"))?;
    let mut rows = query.query([])?;
    let mut sick = Vec::new();
    while let Some(row) = rows.next()? {
        *total += 1;
        if read(row)?.is_none() {
            sick.push(row.get(18)?);
        }
    }
    Ok(sick)
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
            ended: ended.map_or(Cause::Unknown, Cause::named),
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
    let Body { processes, waited_since, extra } = unpack(body)?;
    Some(Lock {
        id: line.id,
        pattern: line.pattern,
        agent: line.agent,
        holder: line.holder,
        mode: line.mode,
        reason: line.reason,
        ttl: Ttl::new(ttl).ok()?,
        acquired_at: line.from,
        waited_since,
        refreshed_at: line.from,
        expires_at: line.until,
        token: line.token,
        processes,
        damaged: false,
        extra,
    })
}

/// What the log has forgotten, by kind.
pub(crate) fn forgotten(conn: &Connection) -> Step<Totals> {
    const SQL: &str = "SELECT what, lines FROM forgotten";
    let mut totals = Totals::default();
    let mut query = conn.prepare_cached(SQL).doing("reading the counts")?;
    let mut rows = query.query([]).doing("reading the counts")?;
    while let Some(row) = rows.next().doing("reading the counts")? {
        let what: String = row.get(0).doing("reading the counts")?;
        let lines = u64::try_from(row.get::<_, i64>(1).doing("reading the counts")?).unwrap_or(0);
        match what.as_str() {
            "acquired" => totals.acquired += lines,
            ended => totals.add_ends(Cause::named(ended), lines),
        }
    }
    Ok(totals)
}
