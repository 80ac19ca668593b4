//! A process is killed at each point of each kind of step: what it leaves is the old state or the
//! new one, and its history says which.

use std::{collections::BTreeSet, path::Path};

use futures_lite::future::block_on;
use lock_core::{
    Acquire, AgentId, Answer, Break, Command, HistoryEntry, LockBackend as _, LockScope, Mode,
    Nonce, Pattern, Reason, RecordId, Release, Scope, Targets, Token, Ttl, Version, View,
};

use crate::{
    FsBackend,
    fault::killing::killed_at,
    state::{Found, State},
    store::Store,
};

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap()
}

fn acquire(agent: &str, patterns: &[&str], mode: Mode) -> Acquire {
    Acquire {
        agent: AgentId::new(agent).unwrap(),
        holder: None,
        patterns: patterns.iter().map(|text| pattern(text)).collect(),
        mode,
        reason: None,
        ttl: Ttl::default(),
        processes: Vec::new(),
        wait: None,
    }
}

fn release(agent: &str) -> Release {
    let agent = AgentId::new(agent).unwrap();
    Release { agent, holder: None, targets: Targets::All, token: None }
}

fn run(dir: &Path, command: impl Into<lock_core::Action>) -> Answer {
    let backend = FsBackend::open(dir).unwrap();
    block_on(backend.execute(&Command::new(command))).unwrap().answer
}

fn everything(dir: &Path) -> View {
    let scope = Scope::of(LockScope::All).with_waiters().with_history(Version::new(0));
    block_on(FsBackend::open(dir).unwrap().view(&scope)).unwrap()
}

/// What of a view does not depend on when it was taken.
fn summary(view: &View) -> (BTreeSet<String>, BTreeSet<RecordId>, Vec<String>) {
    let locks = view.locks.iter().map(|l| format!("{} {} {}", l.agent, l.pattern, l.mode));
    let history = view.history.iter().map(|entry| match entry {
        HistoryEntry::Acquired { lock, .. } => format!("+{} {}", lock.agent, lock.pattern),
        HistoryEntry::Ended { ending, .. } => {
            format!("-{} {} {}", ending.agent, ending.pattern, ending.ended)
        }
        _ => unreachable!(),
    });
    (locks.collect(), view.waiters.iter().map(|w| w.id).collect(), history.collect())
}

fn highest_token(view: &View) -> Token {
    let tokens = view.history.iter().map(|entry| match entry {
        HistoryEntry::Acquired { lock, .. } => lock.token,
        HistoryEntry::Ended { ending, .. } => ending.token,
        _ => Token::ZERO,
    });
    tokens.max().unwrap_or_default()
}

/// Kills `command` at each of its points, each time in a store of its own that `prepare` made.
fn old_or_new(prepare: impl Fn(&Path), command: impl Into<lock_core::Action>) {
    let command = Command::new(command);
    let whole = tempfile::tempdir().unwrap();
    prepare(whole.path());
    let old = summary(&everything(whole.path()));
    block_on(FsBackend::open(whole.path()).unwrap().execute(&command)).unwrap();
    let new = summary(&everything(whole.path()));
    let mut seen = BTreeSet::new();
    for at in 0.. {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        prepare(dir);
        let backend = FsBackend::open(dir).unwrap();
        let killed = killed_at(at, || {
            block_on(backend.execute(&command)).unwrap();
        });
        // Readers see what was committed, and write nothing.
        let foreseen = everything(dir);
        let is_new = summary(&foreseen) == new;
        assert!(is_new || summary(&foreseen) == old, "point {at}: {:?}", summary(&foreseen));
        assert_eq!(summary(&everything(dir)), summary(&foreseen), "point {at}, seen twice");
        // The next one who changes something settles it, and gets a higher token.
        let before = highest_token(&foreseen);
        run(dir, acquire("next", &["elsewhere"], Mode::Exclusive));
        let settled = everything(dir);
        assert!(highest_token(&settled) > before, "point {at}");
        assert!(!dir.join("redo").exists() && !dir.join("next").exists(), "point {at}");
        run(dir, release("next"));
        let mut settled = summary(&everything(dir));
        settled.2.retain(|line| !line.contains("next"));
        assert_eq!(settled, if is_new { new.clone() } else { old.clone() }, "point {at}, settled");
        // Asked again under its name, the command comes to what it would have come to.
        block_on(backend.execute(&command.again())).unwrap();
        assert_eq!(summary(&everything(dir)).0, new.0, "point {at}, again");
        seen.insert(is_new);
        if !killed {
            assert_eq!(seen.len(), 2, "some points lie before the commit and some after");
            return;
        }
    }
}

#[test]
fn a_grant() {
    old_or_new(|_| {}, acquire("a", &["src/a.rs"], Mode::Exclusive));
    old_or_new(
        |dir| drop(run(dir, acquire("b", &["src/b.rs"], Mode::Exclusive))),
        acquire("a", &["src/a*"], Mode::Exclusive),
    );
}

#[test]
fn a_grant_of_several() {
    old_or_new(
        |dir| drop(run(dir, acquire("b", &["src/b.rs"], Mode::Exclusive))),
        acquire("a", &["src/a.rs", "lib/*.rs", "doc/"], Mode::Shared),
    );
}

#[test]
fn a_release() {
    old_or_new(|dir| drop(run(dir, acquire("a", &["src/a.rs"], Mode::Exclusive))), release("a"));
}

#[test]
fn a_release_of_several() {
    old_or_new(
        |dir| drop(run(dir, acquire("a", &["src/a.rs", "lib/*.rs"], Mode::Exclusive))),
        release("a"),
    );
}

#[test]
fn an_upgrade() {
    old_or_new(
        |dir| drop(run(dir, acquire("a", &["src/a.rs"], Mode::Shared))),
        acquire("a", &["src/a.rs"], Mode::Exclusive),
    );
}

#[test]
fn a_takeover_in_one_place() {
    let stale = |dir: &Path| {
        let ttl = Ttl::new(std::time::Duration::from_millis(100)).unwrap();
        run(dir, Acquire { ttl, ..acquire("b", &["src/a.rs"], Mode::Exclusive) });
        std::thread::sleep(std::time::Duration::from_millis(110));
    };
    old_or_new(stale, acquire("a", &["src/a.rs"], Mode::Exclusive));
    old_or_new(stale, acquire("a", &["src/*.rs"], Mode::Exclusive));
}

#[test]
fn a_request_that_stands_in_line_and_one_that_leaves_it() {
    let wait = Some(RecordId::new(Nonce::from_bits(5), 0).into());
    let request = Acquire { wait, ..acquire("a", &["src/a.rs"], Mode::Exclusive) };
    let held = |dir: &Path| drop(run(dir, acquire("b", &["src/a.rs"], Mode::Exclusive)));
    old_or_new(held, request.clone());
    old_or_new(
        |dir| {
            held(dir);
            run(dir, request.clone());
            run(dir, release("b"));
        },
        request.clone(),
    );
}

#[test]
fn a_break_of_a_damaged_record() {
    old_or_new(
        |dir| {
            run(dir, acquire("b", &["src/a.rs"], Mode::Exclusive));
            std::fs::write(dir.join("locks/src/a.rs.lock"), "{").unwrap();
        },
        Break {
            by: "me@here".into(),
            targets: vec![pattern("src/a.rs").into()],
            reason: Reason::new("torn").unwrap(),
        },
    );
}

#[test]
fn a_lost_state_is_found_again_and_its_token_never_goes_back() {
    for text in [None, Some(""), Some("rubbish"), Some("lock-fs 1 clean version=1")] {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        run(dir, acquire("a", &["src/a.rs"], Mode::Exclusive));
        run(dir, acquire("b", &["b", "c/*"], Mode::Exclusive));
        run(dir, release("b"));
        let old = everything(dir);
        match text {
            None => std::fs::remove_file(dir.join("state")).unwrap(),
            Some(text) => std::fs::write(dir.join("state"), text).unwrap(),
        }
        let seen = everything(dir);
        assert_eq!(summary(&seen), summary(&old), "{text:?}");
        assert!(seen.version > old.version && seen.forgetful, "{text:?}");
        run(dir, acquire("c", &["d"], Mode::Exclusive));
        assert!(highest_token(&everything(dir)) > highest_token(&old), "{text:?}");
    }
}

/// The power fails: the last line of numbers is lost, and what the last steps wrote before it is not.
#[test]
fn numbers_behind_the_log_are_not_given_out_again() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    run(dir, acquire("a", &["src/a.rs"], Mode::Exclusive));
    let numbers = std::fs::read(dir.join("state")).unwrap();
    run(dir, acquire("b", &["b"], Mode::Exclusive));
    run(dir, acquire("c", &["c"], Mode::Exclusive));
    let old = everything(dir);
    std::fs::write(dir.join("state"), numbers).unwrap();
    let seen = everything(dir);
    assert_eq!((summary(&seen), seen.version), (summary(&old), old.version));
    run(dir, acquire("d", &["d"], Mode::Exclusive));
    let new = everything(dir);
    assert!(highest_token(&new) > highest_token(&old) && new.version > old.version);
    assert_eq!(summary(&new).2[..3], summary(&old).2);
}

/// A log that begins anew says first what all before it counted. Whoever settled a step that was
/// killed right after that took this line for the end of all that is true, and the step's own
/// lines were forgotten although its locks stood.
#[test]
fn the_first_step_in_a_new_log() {
    let full = |dir: &Path| {
        run(dir, acquire("b", &["src/b.rs"], Mode::Exclusive));
        let mut store = Store::open(dir, &FsBackend::options()).unwrap().unwrap();
        let Found::State(state) = store.read_state().unwrap() else { panic!("no numbers") };
        store.write_state(&State { lines: 20_000, ..state }).unwrap();
    };
    old_or_new(full, acquire("a", &["src/a.rs"], Mode::Exclusive));
    old_or_new(full, acquire("a", &["src/a.rs", "lib/*.rs"], Mode::Exclusive));
    old_or_new(full, release("b"));

    // The same where the numbers are lost.
    let dir = tempfile::tempdir().unwrap();
    full(dir.path());
    run(dir.path(), acquire("a", &["src/a.rs"], Mode::Exclusive));
    let before = summary(&everything(dir.path()));
    std::fs::remove_file(dir.path().join("state")).unwrap();
    run(dir.path(), acquire("c", &["c"], Mode::Exclusive));
    let after = summary(&everything(dir.path())).2;
    assert_eq!(
        after.iter().filter(|line| !line.contains(" c")).cloned().collect::<Vec<_>>(),
        before.2
    );
}

/// Whoever is killed leaves something that the doctor sees, understands and mends.
#[test]
fn the_doctor_settles_what_a_killed_process_left() {
    let command = Command::new(acquire("a", &["src/a.rs", "lib/*.rs"], Mode::Exclusive));
    let mut seen = BTreeSet::new();
    for at in 0.. {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        run(dir, acquire("b", &["src/b.rs"], Mode::Exclusive));
        let backend = FsBackend::open(dir).unwrap();
        let killed = killed_at(at, || drop(block_on(backend.execute(&command)).unwrap()));
        let foreseen = summary(&everything(dir));
        let examine = |mend| crate::inspect::inspect(dir, &FsBackend::options(), mend);
        let ill = |checks: Vec<lock_core::Check>| -> Vec<String> {
            checks.into_iter().filter(|check| !check.ok).map(|check| check.name).collect()
        };
        let before = ill(examine(false));
        assert!(before.iter().all(|name| ["step", "leftovers"].contains(&name.as_str())));
        seen.extend(before);
        assert_eq!(ill(examine(true)), [""; 0], "point {at}");
        assert_eq!(ill(examine(false)), [""; 0], "point {at}, again");
        assert_eq!(summary(&everything(dir)), foreseen, "point {at}: nothing but what was there");
        if !killed {
            assert_eq!(seen.len(), 2, "{seen:?}");
            return;
        }
    }
}

/// Somebody puts a directory where a step that was committed has a record to write, or to remove,
/// or a file where it needs a directory. Every step failed then, and no doctor helped.
#[test]
fn the_doctor_moves_away_what_a_committed_step_cannot_pass() {
    type Case = (&'static str, &'static str, fn(&Path), Command);
    let plant_dir = |place: &Path| {
        let _ = std::fs::remove_file(place);
        std::fs::create_dir_all(place.join("inside")).unwrap();
    };
    let plant_file = |place: &Path| {
        let _ = std::fs::remove_dir_all(place);
        std::fs::write(place, "in the way").unwrap();
    };
    let grant = || Command::new(acquire("a", &["src/a.rs", "lib/*.rs"], Mode::Exclusive));
    let cases: [Case; 3] = [
        ("a record to write", "locks/src/a.rs.lock", plant_dir, grant()),
        ("a record to remove", "locks/src/b.rs.lock", plant_dir, Command::new(release("b"))),
        ("a directory", "locks/lib", plant_file, grant()),
    ];
    for (what, place, plant, command) in cases {
        let mut tried = 0;
        for at in 0.. {
            let dir = tempfile::tempdir().unwrap();
            let dir = dir.path();
            run(dir, acquire("b", &["src/b.rs", "doc/"], Mode::Exclusive));
            let backend = FsBackend::open(dir).unwrap();
            if !killed_at(at, || drop(block_on(backend.execute(&command)).unwrap())) {
                break;
            }
            let foreseen = summary(&everything(dir));
            if !dir.join("redo").exists() {
                continue;
            }
            plant(&dir.join(place));
            let next = Command::new(acquire("next", &["elsewhere"], Mode::Exclusive));
            if block_on(FsBackend::open(dir).unwrap().execute(&next)).is_ok() {
                panic!("point {at}: {what} was not needed");
            }
            tried += 1;
            let examine = |mend| crate::inspect::inspect(dir, &FsBackend::options(), mend);
            let ill: Vec<lock_core::Check> = examine(false);
            let step = ill.iter().find(|check| check.name == "step").unwrap();
            assert!(!step.ok && step.detail.contains(place), "point {at}: {what}: {step:?}");
            let mended = examine(true);
            let left: Vec<_> = mended.iter().filter(|check| !check.ok).collect();
            assert!(left.is_empty(), "point {at}: {what}: {left:?}");
            assert_eq!(summary(&everything(dir)), foreseen, "point {at}: {what}");
            let kept = std::fs::read_dir(dir.join("quarantine")).unwrap().count();
            assert_eq!(kept, 1, "point {at}: {what}");
            run(dir, acquire("next", &["elsewhere"], Mode::Exclusive));
        }
        assert!(tried > 0, "{what}");
    }
}
