//! Reading a scope, inside a transaction.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Bound::{Excluded, Unbounded},
    slice,
};

use lock_core::{
    Lock, LockScope, Pattern, RecordId, Scope, Timestamp, Ttl, View,
    host::{Host, LeaseMark, Moment},
};
use rusqlite::{Connection, OptionalExtension as _, Params};

use crate::{
    error::{Doing as _, Step},
    meta::Meta,
    remembered,
    rows::{self, Key, lock_columns},
    spans::Anchors,
    waiters,
};

/// A view, and what the store must remember of it in order to commit.
pub(crate) struct Loaded {
    pub(crate) view: View,
    pub(crate) meta: Meta,
    pub(crate) clock: Moment,
    pub(crate) host: &'static Host,
    /// The rows of the locks that could not be read.
    pub(crate) damaged: HashMap<RecordId, Key>,
    /// The records whose leases are marked on another boot's clock.
    pub(crate) foreign: Vec<RecordId>,
}

/// Loads `scope`. The caller has a transaction, so that all of it is of one instant.
pub(crate) fn load(conn: &Connection, scope: &Scope, host: &'static Host) -> Step<Loaded> {
    let meta = Meta::load(conn)?;
    // After the first statement, which is what begins a reader's transaction.
    let clock = Moment::now();
    let view = View {
        scope: scope.clone(),
        now: clock.wall,
        version: meta.version,
        forgetful: meta.forgetful,
        ..View::default()
    };
    let mut loaded =
        Loaded { view, meta, clock, host, damaged: HashMap::new(), foreign: Vec::new() };
    locks(conn, &scope.locks, &mut loaded)?;
    if meta.waiters {
        match scope.waiters {
            true => waiters::load(conn, &mut loaded)?,
            false => waiters::load_named(conn, &scope.named, &mut loaded)?,
        }
    }
    remembered::endings(conn, &scope.endings, &mut loaded.view)?;
    if let Some(after) = scope.history {
        remembered::after(conn, after, &mut loaded.view)?;
    }
    if scope.tally {
        loaded.view.tally.forgotten = remembered::forgotten(conn)?;
    }
    host.bury(&mut loaded.view);
    Ok(loaded)
}

impl Loaded {
    /// When a lease ends, on the wall clock as it stands; remembers the record if its mark must be
    /// made anew.
    pub(crate) fn due(
        &mut self,
        expires_at: Timestamp,
        mark: Option<&LeaseMark>,
        ttl: Ttl,
        record: RecordId,
    ) -> Timestamp {
        let reading = self.host.read(self.clock, mark, expires_at, ttl);
        if reading.foreign {
            self.foreign.push(record);
        }
        reading.expires_at
    }

    fn add(&mut self, stored: rows::Stored) {
        let rows::Stored { mut lock, mark, key } = stored;
        lock.expires_at = self.due(lock.expires_at, mark.as_ref(), lock.ttl, lock.id);
        if let Some(key) = key {
            self.damaged.insert(lock.id, key);
        }
        self.view.locks.push(lock);
    }
}

fn locks(conn: &Connection, scope: &LockScope, into: &mut Loaded) -> Step<()> {
    const ALL: &str = concat!("SELECT ", lock_columns!(), " FROM locks");
    const AT: &str =
        concat!("SELECT ", lock_columns!(), " FROM locks WHERE anchor = ?1 AND pattern = ?2");
    // '0' is what follows '/'.
    const BELOW: &str = concat!(
        "SELECT ",
        lock_columns!(),
        " FROM locks WHERE anchor >= ?1 || '/' AND anchor < ?1 || '0'"
    );
    const OF_AGENT: &str = concat!("SELECT ", lock_columns!(), " FROM locks WHERE agent = ?1");
    match scope {
        LockScope::None => Ok(()),
        LockScope::At(patterns) => distinct(patterns).into_iter().try_for_each(|pattern| {
            let place = [pattern.anchor(), pattern.as_str()];
            select(conn, AT, place, slice::from_ref(pattern), into)
        }),
        LockScope::Meeting(patterns) => {
            let anchors = Anchors::of(patterns);
            if anchors.all {
                return select(conn, ALL, [], patterns, into);
            }
            anchored(conn, &anchors.at, patterns, into)?;
            let mut below = anchors.below.iter();
            below.try_for_each(|top| select(conn, BELOW, [top], patterns, into))
        }
        LockScope::OfAgent(agent) => {
            select(conn, OF_AGENT, [agent.as_str()], &[], into)?;
            into.view.locks.retain(|lock: &Lock| scope.includes(lock));
            Ok(())
        }
        // What a newer core asks for is in there.
        _ => select(conn, ALL, [], &[], into),
    }
}

fn distinct(patterns: &[Pattern]) -> Vec<&Pattern> {
    let mut patterns: Vec<&Pattern> = patterns.iter().collect();
    if patterns.len() > 1 {
        patterns.sort();
        patterns.dedup();
    }
    patterns
}

/// Loads what is anchored at one of `anchors`, most of which anchor nothing: asks for the last
/// anchor in use that is not behind the one looked for, and so passes over all in between.
fn anchored(
    conn: &Connection,
    anchors: &BTreeSet<String>,
    known: &[Pattern],
    into: &mut Loaded,
) -> Step<()> {
    const SEEK: &str = "SELECT anchor FROM locks WHERE anchor <= ?1 ORDER BY anchor DESC LIMIT 1";
    const ANCHORED: &str = concat!("SELECT ", lock_columns!(), " FROM locks WHERE anchor = ?1");
    let mut wanted = anchors.iter().next_back();
    while let Some(anchor) = wanted {
        let mut seek = conn.prepare_cached(SEEK).doing("reading locks")?;
        let found = seek.query_row([anchor], |row| row.get::<_, String>(0)).optional();
        let Some(found) = found.doing("reading locks")? else { break };
        if found == *anchor {
            select(conn, ANCHORED, [anchor], known, into)?;
            wanted = anchors.range::<str, _>((Unbounded, Excluded(anchor.as_str()))).next_back();
        } else {
            wanted = anchors.range(..=found).next_back();
        }
    }
    Ok(())
}

/// Loads what a query finds; a pattern that is among `known` need not be parsed again.
fn select(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    known: &[Pattern],
    into: &mut Loaded,
) -> Step<()> {
    let mut query = conn.prepare_cached(sql).doing("reading locks")?;
    let mut found = query.query(params).doing("reading locks")?;
    while let Some(row) = found.next().doing("reading locks")? {
        into.add(rows::read(row, known).doing("reading locks")?);
    }
    Ok(())
}
