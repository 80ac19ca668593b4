//! Looking a store over from inside: what stands in its tables.

use std::sync::Arc;

use futures_lite::future::block_on;
use lock_core::{Check, Timestamp, Token, host::Host};
use rusqlite::Connection;

use crate::{
    error::{Doing as _, Fault, Step},
    repair,
    step::Transaction,
    store::Store,
};

/// Says what is wrong inside, and mends it if told to.
pub(crate) fn examine(store: &Arc<Store>, repair: bool) -> Vec<Check> {
    let looked = block_on(store.in_turn(move |db| Ok((look(&db.conn, repair)?, false))));
    looked.unwrap_or_else(|error| {
        vec![Check::bad("records", error.to_string(), "try again; see the check of the store")]
    })
}

const RECOVER: &str = "end all that use it and try `sqlite3 FILE .recover`";

type Look = fn(&Connection, bool) -> Step<Check>;

fn look(conn: &Connection, repair: bool) -> Step<Vec<Check>> {
    let how = if repair { "BEGIN IMMEDIATE" } else { "BEGIN" };
    let transaction = Transaction::begin(conn, how)?;
    let looks: [(&str, Look); 6] = [
        ("integrity", integrity),
        ("version", version),
        ("clock", clock),
        ("records", records),
        ("line", line),
        ("history", history),
    ];
    let mut checks = Vec::new();
    for (name, look) in looks {
        checks.push(match look(conn, repair) {
            Err(Fault::Final(error)) => Check::bad(name, error.to_string(), RECOVER),
            found => found?,
        });
    }
    match if repair { transaction.commit() } else { Ok(()) } {
        // What was found stays found.
        Err(Fault::Final(error)) => {
            let what = format!("what is called mended may not be: {error}");
            checks.push(Check::bad("repair", what, RECOVER));
        }
        done => done?,
    }
    Ok(checks)
}

/// SQLite's own opinion of its file. An index that contradicts its table can be made anew.
fn integrity(conn: &Connection, repair: bool) -> Step<Check> {
    const NAME: &str = "integrity";
    let mut wrong = complaints(conn)?;
    if repair && !wrong.is_empty() {
        conn.execute_batch("REINDEX").doing("making the indexes anew")?;
        wrong = complaints(conn)?;
    }
    if wrong.is_empty() {
        return Ok(Check::good(NAME, "sound"));
    }
    Ok(Check::bad(NAME, wrong.join("; "), "lockctl doctor --repair; then `sqlite3 FILE .recover`"))
}

fn complaints(conn: &Connection) -> Step<Vec<String>> {
    let ask = || {
        let mut query = conn.prepare("PRAGMA integrity_check(10)")?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    let mut found = ask().doing("checking the file")?;
    found.retain(|line| line != "ok");
    Ok(found)
}

/// No token and no version may be given out twice.
fn version(conn: &Connection, repair: bool) -> Step<Check> {
    const NAME: &str = "version";
    let behind = || {
        conn.query_row(
            "SELECT count(*) FROM meta WHERE one = 1 \
             AND last_token >= (SELECT coalesce(max(token), 0) FROM locks) \
             AND last_token >= (SELECT coalesce(max(token), 0) FROM log) \
             AND version >= (SELECT coalesce(max(version), 0) FROM log)",
            [],
            |row| row.get::<_, i64>(0).map(|rows| rows != 1),
        )
    };
    if !behind().doing("reading the version")? {
        return Ok(Check::good(NAME, "ahead of all records"));
    }
    if repair {
        repair::version(conn).doing("mending the version")?;
        return Ok(Check::good(NAME, "was behind the records; mended"));
    }
    Ok(Check::bad(NAME, "behind the records, or missing", "lockctl doctor --repair"))
}

fn clock(conn: &Connection, _repair: bool) -> Step<Check> {
    let last = "SELECT coalesce(max(last_token), 0) FROM meta WHERE one = 1";
    let last: i64 = conn.query_row(last, [], |row| row.get(0)).doing("reading the last token")?;
    let last = Token::new(last.try_into().unwrap_or(0));
    Ok(Check::clock(Timestamp::wall_clock(), last))
}

fn records(conn: &Connection, repair: bool) -> Step<Check> {
    Ok(repair::records(conn, repair, Host::current())?.check("records", "locks"))
}

fn line(conn: &Connection, repair: bool) -> Step<Check> {
    Ok(repair::line(conn, repair)?.check("line", "waiters"))
}

fn history(conn: &Connection, repair: bool) -> Step<Check> {
    Ok(repair::history(conn, repair)?.check("history", "entries"))
}
