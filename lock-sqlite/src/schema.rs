//! The tables, and how older ones become newer ones.

/// `LOCK` in ASCII: says that a file is ours, to us and to `file(1)`.
pub(crate) const APPLICATION_ID: i32 = 0x4C4F_434B;

/// The size of a page. Each step rewrites four to six pages, so small ones are cheaper; but a
/// record has to fit into a quarter of one, or each costs a page of its own.
pub(crate) const PAGE_SIZE: i32 = 2048;

/// What leads from each version of the schema (`PRAGMA user_version`) to the next, the first one
/// from an empty file.
pub(crate) const STEPS: &[&str] = &[FIRST, SECOND];

/// Times are microseconds since 1970, leases stand beside them on the clock of the boot `boot_id`.
///
/// `locks` is clustered by anchor, because that is how it is searched; nothing asks by expiry, so
/// nothing pays for an index on it. Of the log only endings are indexed, grants cost no index.
const FIRST: &str = "
CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,
    last_token INTEGER NOT NULL,
    forgetful INTEGER NOT NULL
) STRICT;
INSERT INTO meta VALUES (1, 0, 0, 0);

CREATE TABLE locks (
    anchor TEXT NOT NULL,
    pattern TEXT NOT NULL,
    id TEXT NOT NULL,
    agent TEXT NOT NULL,
    holder TEXT,
    mode TEXT NOT NULL,
    reason TEXT,
    ttl_ms INTEGER NOT NULL,
    acquired_us INTEGER NOT NULL,
    refreshed_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    boot_id TEXT,
    boottime_us INTEGER,
    token INTEGER NOT NULL,
    body TEXT,
    PRIMARY KEY (anchor, pattern, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX locks_by_agent ON locks (agent);

CREATE TABLE waiters (
    id TEXT PRIMARY KEY,
    agent TEXT NOT NULL,
    holder TEXT,
    patterns TEXT NOT NULL,
    mode TEXT NOT NULL,
    ticket INTEGER NOT NULL,
    since_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    boot_id TEXT,
    boottime_us INTEGER,
    processes TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    at_us INTEGER NOT NULL,
    event TEXT NOT NULL,
    id TEXT NOT NULL,
    pattern TEXT NOT NULL,
    agent TEXT NOT NULL,
    holder TEXT,
    mode TEXT NOT NULL,
    reason TEXT,
    token INTEGER NOT NULL,
    from_us INTEGER NOT NULL,
    until_us INTEGER NOT NULL,
    ttl_ms INTEGER,
    ended TEXT,
    by TEXT,
    note TEXT,
    nonce TEXT NOT NULL,
    body TEXT
) STRICT;
CREATE INDEX endings_by_agent ON log (agent, pattern) WHERE ended IS NOT NULL;

CREATE TABLE quarantine (
    removed_us INTEGER NOT NULL,
    of TEXT NOT NULL,
    row TEXT NOT NULL
) STRICT;

CREATE VIEW held AS SELECT
    pattern, agent, holder, mode, reason, token,
    strftime('%Y-%m-%dT%H:%M:%fZ', acquired_us / 1e6, 'unixepoch') AS acquired_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', refreshed_us / 1e6, 'unixepoch') AS refreshed_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', expires_us / 1e6, 'unixepoch') AS expires_at
FROM locks ORDER BY pattern, token;

CREATE VIEW line AS SELECT
    agent, holder, patterns, mode, ticket,
    strftime('%Y-%m-%dT%H:%M:%fZ', since_us / 1e6, 'unixepoch') AS since
FROM waiters ORDER BY ticket;

CREATE VIEW history AS SELECT
    version, event, pattern, agent, holder, mode, reason, token,
    strftime('%Y-%m-%dT%H:%M:%fZ', from_us / 1e6, 'unixepoch') AS \"from\",
    strftime('%Y-%m-%dT%H:%M:%fZ', until_us / 1e6, 'unixepoch') AS until,
    ended, by, note
FROM log ORDER BY seq;
";

/// How many lines of each kind the log has forgotten, so that counts outlive them.
const SECOND: &str = "
CREATE TABLE forgotten (
    what TEXT PRIMARY KEY,
    lines INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";
