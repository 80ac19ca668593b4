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
    let audible = decision.is_audible();
    let outcome = commit::write(conn, decision, &loaded)?;
    transaction.commit()?;
    Ok(Done { outcome, audible })
}

/// A step that was taken.
pub(crate) struct Done {
    pub(crate) outcome: Outcome,
    /// Whether others may wait for it.
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

#[cfg(test)]
mod tests {
    use lock_core::{Acquire, AgentId, Answer, ErrorKind, LockScope, Mode, Pattern, Ttl};

    use super::*;
    use crate::{db::Db, error::Fault, file::Place};

    fn acquire(path: &str) -> Command {
        Command::new(Acquire {
            agent: AgentId::new("agent").unwrap(),
            holder: None,
            patterns: vec![Pattern::literal(path).unwrap()],
            mode: Mode::Exclusive,
            reason: None,
            ttl: Ttl::default(),
            processes: Vec::new(),
            wait: None,
        })
    }

    fn kind(done: Step<Done>) -> Option<ErrorKind> {
        match done {
            Err(Fault::Final(error)) => Some(error.kind()),
            _ => None,
        }
    }

    fn db(dir: &tempfile::TempDir) -> Db {
        Db::open(&Place::of(&dir.path().join("locks.db")).unwrap()).unwrap()
    }

    /// A full file refuses the step as a whole, and takes the next one when there is room.
    #[test]
    fn a_full_file_takes_no_part_of_a_step() {
        let dir = tempfile::tempdir().unwrap();
        let (db, host) = (db(&dir), Host::current());
        let pages = |limit: i64| db.conn.pragma_update(None, "max_page_count", limit).unwrap();
        pages(1); // As few as there are.
        let mut done = 0;
        let full = loop {
            match execute(&db.conn, &acquire(&format!("{done}/{}", "x".repeat(1_000))), host) {
                Ok(_) => done += 1,
                error => break kind(error),
            }
            assert!(done < 1_000, "it is never full");
        };
        assert_eq!(full, Some(ErrorKind::Full));
        let before = view(&db.conn, &Scope::of(LockScope::All), host).unwrap();
        assert_eq!(before.locks.len(), done);
        assert_eq!(before.version.get(), done as u64);
        pages(10_000);
        let Done { outcome, .. } = execute(&db.conn, &acquire("y"), host).unwrap();
        assert!(matches!(outcome.answer, Answer::Granted(_)));
    }

    /// What the file says about its pages can be wrong in any step: no step may half happen.
    #[test]
    fn a_table_that_is_gone_is_damage() {
        let dir = tempfile::tempdir().unwrap();
        let db = db(&dir);
        db.conn.execute_batch("DROP TABLE log").unwrap();
        let done = execute(&db.conn, &acquire("x"), Host::current());
        assert_eq!(kind(done), Some(ErrorKind::Corrupt));
        assert!(db.conn.is_autocommit(), "it was rolled back");
        let held = db.conn.query_row("SELECT count(*) FROM locks", [], |row| row.get::<_, i64>(0));
        assert_eq!(held.unwrap(), 0);
    }

    /// A retry finds what the first try did by its nonce.
    #[test]
    fn a_retry_finds_its_own_work() {
        let dir = tempfile::tempdir().unwrap();
        let (db, host) = (db(&dir), Host::current());
        let command = acquire("x");
        let first = execute(&db.conn, &command, host).unwrap().outcome;
        let again = execute(&db.conn, &command.again(), host).unwrap().outcome;
        assert_eq!(first.answer, again.answer);
        assert!(first.changed && !again.changed);
    }

    /// A guard against regressions that no noise can trip. Each statement is there for a reason;
    /// one more is a decision.
    #[test]
    fn a_cycle_takes_no_more_statements_than_it_needs() {
        use std::sync::atomic::{AtomicUsize, Ordering};

        use lock_core::{Release, Target, Targets};
        use rusqlite::trace::{TraceEvent, TraceEventCodes};

        static STATEMENTS: AtomicUsize = AtomicUsize::new(0);
        let count = |event: TraceEvent<'_>| {
            if matches!(event, TraceEvent::Stmt(..)) {
                STATEMENTS.fetch_add(1, Ordering::Relaxed);
            }
        };
        let dir = tempfile::tempdir().unwrap();
        let (mut db, host) = (db(&dir), Host::current());
        for n in 0..100 {
            execute(&db.conn, &acquire(&format!("elsewhere/{n}")), host).unwrap();
        }
        db.conn.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(count)).unwrap();
        let statements = |command: &Command| {
            let before = STATEMENTS.load(Ordering::Relaxed);
            assert!(execute(&db.conn, command, host).unwrap().outcome.changed);
            STATEMENTS.load(Ordering::Relaxed) - before
        };
        let pattern = Pattern::literal("src/a.rs").unwrap();
        let release = Command::new(Release {
            agent: AgentId::new("agent").unwrap(),
            holder: None,
            targets: Targets::Some(vec![Target::from(pattern)]),
            token: None,
        });
        let (acquired, released) = (statements(&acquire("src/a.rs")), statements(&release));
        assert!((5..=8).contains(&acquired), "an acquire: {acquired}");
        assert!((5..=7).contains(&released), "a release: {released}");
    }
}
