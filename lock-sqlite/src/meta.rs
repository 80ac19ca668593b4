//! The one row that stands for the whole namespace.

use lock_core::{Token, Version};
use rusqlite::{Connection, params};

use crate::error::{Doing as _, Step, corrupt};

/// What is known of the namespace as a whole.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Meta {
    pub(crate) version: Version,
    pub(crate) last_token: Token,
    /// Whether an ending was ever forgotten.
    pub(crate) forgetful: bool,
    /// Whether there is any waiter: in the common case one statement less.
    pub(crate) waiters: bool,
}

impl Meta {
    pub(crate) fn load(conn: &Connection) -> Step<Self> {
        const SQL: &str = "SELECT version, last_token, forgetful, EXISTS (SELECT 1 FROM waiters) \
                           FROM meta WHERE one = 1";
        let mut query = conn.prepare_cached(SQL).doing("reading the version")?;
        let (version, last_token, forgetful, waiters) = query
            .query_row([], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get(2)?, row.get(3)?))
            })
            .doing("reading the version")?;
        let number = |value: i64| {
            u64::try_from(value).map_err(|_| corrupt(format!("{value} is no version and no token")))
        };
        let (version, last_token) =
            (Version::new(number(version)?), Token::new(number(last_token)?));
        Ok(Self { version, last_token, forgetful, waiters })
    }

    pub(crate) fn store(&self, conn: &Connection) -> Step<()> {
        const SQL: &str =
            "UPDATE meta SET version = ?1, last_token = ?2, forgetful = ?3 WHERE one = 1";
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let (version, token) = (number(self.version.get()), number(self.last_token.get()));
        let mut update = conn.prepare_cached(SQL).doing("writing the version")?;
        update.execute(params![version, token, self.forgetful]).doing("writing the version")?;
        Ok(())
    }
}
