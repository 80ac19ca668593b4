//! Where records go that nobody can read: out of the way, and kept.

use lock_core::Timestamp;
use rusqlite::{Connection, params};

use crate::rows::{Key, lock_columns};

/// What is compared is bytes: the text need not be valid.
const WHOSE: &str =
    "WHERE CAST(anchor AS BLOB) = ?1 AND CAST(pattern AS BLOB) = ?2 AND CAST(id AS BLOB) = ?3";

/// Moves a row of `locks` into quarantine.
pub(crate) fn set_aside(conn: &Connection, key: &Key, now: Timestamp) -> rusqlite::Result<()> {
    keep_copy(conn, key, now)?;
    let remove = format!("DELETE FROM locks {WHOSE}");
    conn.execute(&remove, params![key.anchor, key.pattern, key.id]).map(drop)
}

/// Copies a row of `locks` into quarantine.
pub(crate) fn keep_copy(conn: &Connection, key: &Key, now: Timestamp) -> rusqlite::Result<()> {
    let keep = format!(
        "INSERT INTO quarantine (removed_us, of, row) SELECT ?4, 'locks', {} FROM locks {WHOSE}",
        as_text(lock_columns!())
    );
    conn.execute(&keep, params![key.anchor, key.pattern, key.id, now.as_micros()]).map(drop)
}

/// Moves the row of `table` whose `column` is `value` into quarantine.
pub(crate) fn set_aside_from(
    conn: &Connection,
    (table, columns): (&str, &str),
    (column, value): (&str, &rusqlite::types::Value),
    now: Timestamp,
) -> rusqlite::Result<()> {
    let keep = format!(
        "INSERT INTO quarantine (removed_us, of, row) SELECT ?2, ?3, {} FROM {table} \
         WHERE {column} = ?1",
        as_text(columns)
    );
    conn.execute(&keep, params![value, now.as_micros(), table])?;
    conn.execute(&format!("DELETE FROM {table} WHERE {column} = ?1"), [value]).map(drop)
}

/// An expression for a whole row as SQL literals: readable, and exact even for what is no valid
/// text.
fn as_text(columns: &str) -> String {
    let columns = columns.split(',').map(|column| format!("quote({})", column.trim()));
    columns.collect::<Vec<_>>().join(" || ', ' || ")
}
