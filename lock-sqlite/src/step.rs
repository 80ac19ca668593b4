//! One command as one transaction.

use lock_core::{
    Command, Outcome, Scope, View, decide,
    host::{Host, Moment},
};
use rusqlite::Connection;

use crate::{
    commit,
    error::{Doing as _, Step, of_commit},
    load::{self, Loaded},
};

/// A transaction that is rolled back unless it is committed.
pub(crate) struct Transaction<'a> {
    conn: &'a Connection,
}

impl<'a> Transaction<'a> {
    pub(crate) fn begin(conn: &'a Connection, how: &str) -> Step<Self> {
        let begin = || conn.prepare_cached(how)?.execute([]);
        begin().doing("beginning")?;
        Ok(Self { conn })
    }

    pub(crate) fn commit(self) -> Step<()> {
        let commit = || self.conn.prepare_cached("COMMIT")?.execute([]);
        commit().map_err(of_commit).map(drop)
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // Some errors have rolled it back already.
        if !self.conn.is_autocommit() {
            let roll_back = || self.conn.prepare_cached("ROLLBACK")?.execute([]);
            if let Err(error) = roll_back() {
                tracing::warn!(%error, "a step could not be rolled back");
            }
        }
    }
}

/// Runs `command`. The caller holds the guard; the transaction holds against those who do not
/// know it.
pub(crate) fn execute(conn: &Connection, command: &Command, host: &'static Host) -> Step<Done> {
    let transaction = Transaction::begin(conn, "BEGIN IMMEDIATE")?;
    let mut scope = command.scope();
    let (decision, loaded) = loop {
        let loaded = load::load(conn, &scope, host)?;
        match decide(command, &loaded.view) {
            Ok(decision) => break (decision, loaded),
            Err(wider) => scope = wider,
        }
    };
    commit::mark_anew(conn, &loaded)?;
    if decision.changes().is_empty() {
        // Only new marks are worth a commit.
        if !loaded.foreign.is_empty() {
            transaction.commit()?;
        }
        let outcome = decision.outcome(loaded.view.now, loaded.view.version);
        return Ok(Done { outcome, audible: false });
    }
    let audible = decision.makes_version();
    let outcome = commit::write(conn, decision, &loaded)?;
    transaction.commit()?;
    Ok(Done { outcome, audible })
}

/// A step that was taken.
pub(crate) struct Done {
    pub(crate) outcome: Outcome,
    /// Whether it made a new version, which others may wait for.
    pub(crate) audible: bool,
}

/// The view of `scope`, as of one instant.
pub(crate) fn view(conn: &Connection, scope: &Scope, host: &'static Host) -> Step<View> {
    let _transaction = Transaction::begin(conn, "BEGIN")?;
    let Loaded { view, .. } = load::load(conn, scope, host)?;
    Ok(view)
}

/// The view of `scope` where there is no file.
pub(crate) fn nothing(scope: &Scope) -> View {
    View { scope: scope.clone(), now: Moment::now().wall, ..View::default() }
}

/// What `command` comes to where there is no file; none if it changes something, which takes one.
pub(crate) fn on_nothing(command: &Command) -> Option<Outcome> {
    let mut scope = command.scope();
    loop {
        let view = nothing(&scope);
        match decide(command, &view) {
            Ok(decision) if decision.changes().is_empty() => {
                return Some(decision.outcome(view.now, view.version));
            }
            Ok(_) => return None,
            Err(wider) => scope = wider,
        }
    }
}
