//! Whose file it is: ours, of which version, or somebody else's.

use lock_core::{BackendError, ErrorKind};
use rusqlite::Connection;

use crate::{
    error::{Doing as _, Fault, Step, corrupt},
    schema::{APPLICATION_ID, STEPS},
};

/// Versions of SQLite that can damage a file in write-ahead mode when two processes meet in the
/// wrong moment (<https://sqlite.org/wal.html#walresetbug>) are before this one.
const OLDEST: i32 = 3_051_003;

/// Refuses to work with a SQLite that can damage the file.
pub(crate) fn refuse_old_sqlite() -> Result<(), BackendError> {
    if rusqlite::version_number() >= OLDEST {
        return Ok(());
    }
    let version = rusqlite::version();
    let what = format!("the SQLite linked here is {version}; before 3.51.3 it can damage the file");
    Err(BackendError::new(ErrorKind::Unsupported, what))
}

/// Refuses a file that is not this crate's, or of a version that it does not know, and brings an
/// older one up to date. The caller holds the guard.
pub(crate) fn settle(conn: &Connection, name: &str) -> Step<()> {
    settle_with(conn, name, STEPS)
}

fn settle_with(conn: &Connection, name: &str, steps: &[&str]) -> Step<()> {
    let pragma = |what: &str| {
        let read = conn.pragma_query_value(None, what, |row| row.get::<_, i32>(0));
        read.doing(format_args!("reading {name}"))
    };
    let id = pragma("application_id")?;
    if id != APPLICATION_ID {
        let what = format!("{name} is another program's database (application id {id:#x})");
        return Err(BackendError::new(ErrorKind::Invalid, what).into());
    }
    let version = pragma("user_version")?;
    let newest = i32::try_from(steps.len()).unwrap_or(i32::MAX);
    match usize::try_from(version) {
        Ok(0) | Err(_) => Err(corrupt(format!("{name} has no tables"))),
        Ok(_) if version > newest => {
            let what = format!(
                "{name} was written by a newer version (schema {version}; this one knows {newest})"
            );
            Err(BackendError::new(ErrorKind::Unsupported, what).into())
        }
        Ok(done) => steps.iter().zip(1..).skip(done).try_for_each(|(step, version)| {
            apply(conn, step, version).doing(format_args!("bringing {name} to schema {version}"))
        }),
    }
}

/// Makes the tables in a new, empty file.
pub(crate) fn create(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    STEPS.iter().zip(1..).try_for_each(|(step, version)| apply(conn, step, version))
}

/// One step of the schema and its number, together or not at all.
fn apply(conn: &Connection, step: &str, version: i32) -> rusqlite::Result<()> {
    let script = format!("BEGIN IMMEDIATE; {step}; PRAGMA user_version = {version}; COMMIT;");
    let done = conn.execute_batch(&script);
    if done.is_err() && !conn.is_autocommit() {
        conn.execute_batch("ROLLBACK")?;
    }
    done
}

impl Fault {
    /// The same, with a hint of which file it is about.
    pub(crate) fn in_file(self, name: &str) -> Self {
        match self {
            Self::Final(error) if error.kind() == ErrorKind::Corrupt => {
                let what = format!("{name}: {}", error.context());
                Self::Final(BackendError::new(ErrorKind::Corrupt, what).with_source(error))
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as the first version made it.
    fn old() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        apply(&conn, STEPS[0], 1).unwrap();
        conn
    }

    fn version(conn: &Connection) -> i32 {
        conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_older_file_is_brought_up_to_date() {
        let conn = old();
        let steps = [
            STEPS[0],
            "ALTER TABLE locks ADD COLUMN one TEXT",
            "ALTER TABLE locks ADD COLUMN two TEXT",
        ];
        settle_with(&conn, "x", &steps).unwrap();
        assert_eq!(version(&conn), 3);
        settle_with(&conn, "x", &steps).unwrap();
        assert!(conn.prepare("SELECT one, two FROM locks").is_ok());
    }

    #[test]
    fn each_version_so_far_leads_to_the_newest() {
        let conn = old();
        settle(&conn, "x").unwrap();
        assert_eq!(usize::try_from(version(&conn)).unwrap(), STEPS.len());
        assert!(conn.prepare("SELECT what, lines FROM forgotten").is_ok());
    }

    /// A step that fails in the middle leaves the file as it was, for the older version to use.
    #[test]
    fn a_step_that_fails_changes_nothing() {
        let conn = old();
        let steps = [STEPS[0], "ALTER TABLE locks ADD COLUMN one TEXT; SELECT nonsense"];
        assert!(settle_with(&conn, "x", &steps).is_err());
        assert_eq!(version(&conn), 1);
        assert!(conn.is_autocommit() && conn.prepare("SELECT one FROM locks").is_err());
        settle(&conn, "x").unwrap();
    }
}
