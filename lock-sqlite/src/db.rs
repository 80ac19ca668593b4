//! One connection to the database: making the file, opening it, closing it.

use std::{fs, io, path::Path};

use lock_core::{BackendError, ErrorKind, Nonce};
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use crate::{
    access::refuse_open_to_others,
    error::{Doing as _, Fault, Step, corrupt},
    file::{FileId, Place, private, with_suffix},
    identity,
    schema::PAGE_SIZE,
};

/// How many pages the write-ahead log may have when its last user goes and leaves it as it is.
///
/// Taking it in costs three syncs, about a millisecond; leaving it costs the next one a reading of
/// it, 0.3 µs a page. Measured for one process a step (open, step, close; mean of many): 1.0 ms
/// when everyone takes it in, 0.22 ms at 128 pages, 0.19 ms at 256, 0.30 ms at 1,000.
const LEAVE_UP_TO: i64 = 256;

/// How many pages of log a running process lets gather before it takes them in. Each time costs
/// three syncs; but finding a page in the log takes longer the oftener it stands there, and a step
/// rewrites the same few. Median of a cycle: 18 µs at 1,000 and 2,000 pages, 23 µs at 4,000.
const TAKE_IN_AT: i32 = 2_000;

/// A connection, and which file it is to.
#[derive(Debug)]
pub(crate) struct Db {
    pub(crate) conn: Connection,
    file: FileId,
}

impl Db {
    /// Opens the database, and makes it if there is none. The caller holds the guard.
    pub(crate) fn open(place: &Place) -> Step<Self> {
        let name = place.file.display().to_string();
        let doing = format!("opening {name}");
        refuse_open_to_others(place)?;
        let file = match place.id().doing(&doing)? {
            Some(id) => id,
            None => {
                create(place)?;
                place.id().doing(&doing)?.ok_or_else(|| gone(&name))?
            }
        };
        refuse_empty(&place.file)?;
        let conn = connect(&place.file).doing(&doing).map_err(|fault| fault.in_file(&name))?;
        identity::settle(&conn, &name)?;
        prepare(&conn).doing(&doing)?;
        if place.id().doing(&doing)? != Some(file) {
            // Replaced meanwhile, by somebody who does not know the guard.
            return Err(Fault::Busy);
        }
        Ok(Self { conn, file })
    }

    /// Whether the file that it is connected to is still the one that bears its name.
    pub(crate) fn is_at(&self, place: &Place) -> bool {
        // Where that cannot be asked, the statements will say why.
        place.id().map_or(true, |id| id == Some(self.file))
    }

    /// Whether whoever comes next is better off if the log is taken in now.
    fn is_log_long(&self) -> bool {
        let pages = self.conn.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1));
        pages.is_ok_and(|pages: i64| pages > LEAVE_UP_TO)
    }

    /// Closes it under the guard: the last one may have to take in the log, and whoever opens the
    /// file meanwhile would find it busy.
    pub(crate) fn close_guarded(self) {
        if self.is_log_long() {
            let _ = self.conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false);
        }
    }
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let conn = Connection::open_with_flags(file, flags)?;
    // All waiting is done outside: rusqlite's default is to sleep in here.
    conn.busy_timeout(std::time::Duration::ZERO)?;
    Ok(conn)
}

/// What holds for one connection and is not remembered in the file.
fn prepare(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.set_prepared_statement_cache_capacity(64);
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(rusqlite::Error::InvalidParameterName(format!("journal mode {mode}")));
    }
    conn.execute_batch("PRAGMA synchronous = NORMAL")?;
    let _: i32 =
        conn.query_row(&format!("PRAGMA wal_autocheckpoint = {TAKE_IN_AT}"), [], |r| r.get(0))?;
    Ok(())
}

/// A database is never empty: one that is was cut off, and making it anew would free its locks.
fn refuse_empty(file: &Path) -> Step<()> {
    let name = file.display();
    let metadata = fs::symlink_metadata(file).doing(format_args!("opening {name}"))?;
    if !metadata.is_file() {
        let what = format!("{name} is no plain file");
        return Err(BackendError::new(ErrorKind::Invalid, what).into());
    }
    if metadata.len() == 0 {
        return Err(corrupt(format!("{name} is empty; remove it to begin anew")));
    }
    Ok(())
}

/// Makes the file under another name, and gives it its own once it is whole: whoever is killed in
/// the middle leaves no half store, and an empty file under that name is never one of ours.
fn create(place: &Place) -> Step<()> {
    let doing = format!("creating {}", place.file.display());
    // A log without its database would be taken for the new one's.
    for old in place.companions() {
        remove(&old).doing(&doing)?;
    }
    let new = with_suffix(&place.file, &format!(".new-{}", Nonce::random()));
    let made = make(&new).and_then(|()| fs::hard_link(&new, &place.file).doing(&doing));
    let tidied = remove(&new).doing(&doing);
    made.and(tidied)
}

fn make(new: &Path) -> Step<()> {
    let doing = format!("creating {}", new.display());
    drop(private().create_new(true).open(new).doing(&doing)?);
    let conn = connect(new).doing(&doing)?;
    let made = (|| {
        conn.pragma_update(None, "page_size", PAGE_SIZE)?;
        identity::create(&conn)?;
        conn.pragma_update(None, "journal_mode", "WAL")
    })();
    made.doing(&doing)?;
    conn.close().map_err(|(_, error)| error).doing(&doing)
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn gone(name: &str) -> Fault {
    BackendError::new(ErrorKind::Unavailable, format!("{name} is gone")).into()
}
