//! The floor: what any lock manager in SQLite writes at least, with nothing read but the token.

use std::{fs::File, io, path::Path};

use rusqlite::{Connection, params};

/// A connection and a guard, and nothing that thinks.
pub(crate) struct Floor {
    conn: Connection,
    guard: File,
    count: u64,
    now: i64,
}

const PATH: &str = "src/module/file.rs";
const AGENT: &str = "agent-7";
const BOOT: &str = "7e1d7c2c-1f4e-4f6e-9a53-0a0b0c0d0e0f";

impl Floor {
    /// On a file of the store's schema.
    pub(crate) fn open(file: &Path) -> io::Result<Self> {
        let mut guard = file.as_os_str().to_owned();
        guard.push(".guard");
        let guard = File::options().read(true).write(true).create(true).truncate(false).open(guard);
        let conn = Connection::open(file).map_err(io::Error::other)?;
        conn.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2000")
            .map_err(io::Error::other)?;
        let count = u64::from(std::process::id()) << 32;
        Ok(Self { conn, guard: guard?, count, now: 1_764_000_000_000_000 })
    }

    /// Takes and frees one lock.
    pub(crate) fn cycle(&mut self) -> io::Result<()> {
        self.count += 1;
        self.now += 20;
        let id = format!("{:032x}-0", u128::from(self.count) << 64 | 0x1234_5678_9abc_def0);
        self.step(|floor| floor.acquire(&id))?;
        self.step(|floor| floor.release(&id))
    }

    fn step(&self, work: impl FnOnce(&Self) -> rusqlite::Result<()>) -> io::Result<()> {
        fs4::FileExt::lock(&self.guard)?;
        let begun = self.run("BEGIN IMMEDIATE", []);
        let done = begun.and_then(|()| work(self)).and_then(|()| self.run("COMMIT", []));
        fs4::FileExt::unlock(&self.guard)?;
        done.map_err(io::Error::other)
    }

    fn acquire(&self, id: &str) -> rusqlite::Result<()> {
        let (token, now, end) = (self.token()? + 1, self.now, self.now + 300_000_000);
        self.run(
            "INSERT INTO locks VALUES (?1, ?1, ?2, ?3, NULL, ?4, NULL, ?5, ?6, ?6, ?7, ?8, ?6, \
             ?9, NULL)",
            params![PATH, id, AGENT, "exclusive", 300_000, now, end, BOOT, token],
        )?;
        self.run(
            "INSERT INTO log VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7, NULL, ?1, ?2, ?8, \
             ?9, NULL, NULL, NULL, ?10, NULL)",
            params![
                token,
                now,
                "acquired",
                id,
                PATH,
                AGENT,
                "exclusive",
                end,
                300_000,
                id.get(..32)
            ],
        )?;
        self.run("UPDATE meta SET version = ?1, last_token = ?1 WHERE one = 1", [token])
    }

    fn release(&self, id: &str) -> rusqlite::Result<()> {
        let (token, now) = (self.token()?, self.now);
        self.run(
            "DELETE FROM locks WHERE anchor = ?1 AND pattern = ?1 AND id = ?2",
            params![PATH, id],
        )?;
        self.run(
            "INSERT INTO log VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, NULL, ?7, NULL, ?1, ?2, ?2, \
             NULL, ?8, ?6, NULL, ?9, NULL)",
            params![token, now, "ended", id, PATH, AGENT, "exclusive", "released", id.get(..32)],
        )?;
        self.run("UPDATE meta SET version = version + 1 WHERE one = 1", [])
    }

    fn token(&self) -> rusqlite::Result<i64> {
        let mut query = self.conn.prepare_cached("SELECT last_token FROM meta WHERE one = 1")?;
        query.query_row([], |row| row.get(0))
    }

    fn run(&self, sql: &str, params: impl rusqlite::Params) -> rusqlite::Result<()> {
        self.conn.prepare_cached(sql)?.execute(params).map(drop)
    }
}
