//! What each fault leaves of each store: `docs/faults.md` says it as the table here does, and each
//! cell names a test that is there and runs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so at once")]

mod mutants;
mod table;

use std::{collections::BTreeSet, fmt::Write as _, fs, path::PathBuf};

use mutants::STORES;
use table::{Cell, Row, TABLE};

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document() -> String {
    let mutants = mutants::all().len();
    let (all, cells) = (shown(), shown().len());
    let tests = BTreeSet::from_iter(&all).len();
    let missing = match PENDING.len() {
        0 => String::new(),
        count => format!(" For {count} of the tests there is none yet."),
    };
    let mut text = format!(
        "\
# Faults, and what they leave

What happens to a store when the machine, the server or somebody else does it harm, and the test that shows it. *Exit 6* and the
words between backquotes are what `lockctl` answers; an error never means that a lock is free, or granted. The table is written
from `conformance-tests/tests/fault_matrix/table.rs`; `FAULTS=overwrite cargo test -p conformance-tests --test fault_matrix`
writes it anew.

A test shows something if it can fail. `conformance-tests/mutants/run` breaks the product on purpose in {mutants} ways, one after the
other, and demands that the tests that must see it do: {tests} tests for {cells} cells.{missing} What is broken, and who must see it,
stands in the tables beside it (`--only NAME`, `--package fs`). Every ordinary run checks that each cell has its mutant.

| fault | `fs:` | `sqlite:` | `redis:` |
|---|---|---|---|
"
    );
    for Row { fault, cells } in TABLE {
        let cell = |cell: &Cell| match cell {
            Cell::Shown(outcome, file, test) => format!("{outcome} ([test](../{file} \"{test}\"))"),
            Cell::None(why) => format!("— {why}"),
        };
        let [fs, sqlite, redis] = cells.each_ref().map(cell);
        writeln!(text, "| {fault} | {fs} | {sqlite} | {redis} |").unwrap();
    }
    text
}

#[test]
fn the_document_says_what_the_table_says() {
    let file = top().join("docs/faults.md");
    if std::env::var_os("FAULTS").is_some_and(|it| it == "overwrite") {
        fs::write(&file, document()).unwrap();
    }
    assert_eq!(fs::read_to_string(file).unwrap(), document());
}

/// The cells that a test shows: of which store, and which test.
fn shown() -> Vec<(&'static str, &'static str, &'static str)> {
    let cells = TABLE.iter().flat_map(|row| STORES.iter().zip(&row.cells));
    let shown = cells.filter_map(|(store, cell)| match cell {
        Cell::Shown(_, file, test) => Some((*store, *file, *test)),
        Cell::None(_) => None,
    });
    shown.collect()
}

/// Tests that no mutant was made for yet.
const PENDING: &[&str] = &[
    "lock-redis a_black_hole_is_told_soon",
    "lock-redis a_broken_connection_is_made_anew_without_a_word",
    "lock-redis a_full_server_takes_nothing_new_and_lets_go",
    "lock-redis a_grant_that_was_not_replicated_is_lost_and_its_token_is_the_lower_one",
    "lock-redis a_holder_that_wakes_past_its_lease_has_lost",
    "lock-redis a_key_of_another_type_is_named_and_nothing_is_half_done",
    "lock-redis a_machine_with_a_wrong_clock_changes_nothing",
    "lock-redis a_replica_takes_no_locks_and_says_why",
    "lock-redis a_reply_lost_after_the_commit_is_settled_by_the_nonce",
    "lock-redis a_server_that_nobody_vouches_for_is_refused",
    "lock-redis a_slot_that_moves_loses_no_lock_and_no_step",
    "lock-redis a_wrong_password_is_denied_and_not_repeated",
    "lock-redis after_a_promotion_the_same_url_works_again",
    "lock-redis an_evicting_policy_is_unhealthy",
    "lock-redis another_namespace_is_out_of_reach",
    "lock-redis holds_its_pattern_and_disturbs_no_other",
    "lock-redis is_settled_for_an_acquire",
    "lock-redis killed_at_any_moment",
    "lock-redis nobody_on_the_port_is_told_soon",
    "lock-redis none_of_the_rights_is_too_many_and_none_is_missing",
    "lock-redis one_that_accepts_and_never_answers_is_told_soon",
    "lock-redis one_that_keeps_nothing_has_lost_all_and_says_so",
    "lock-redis one_that_writes_each_step_down_has_lost_nothing",
    "lock-redis plain_to_a_tls_port_and_tls_to_a_plain_one_are_told_apart",
    "lock-redis scripts_that_the_server_forgot_are_told_again",
    "lock-redis what_a_pause_held_up_for_too_long_is_not_carried_out",
    "lock-redis what_is_no_redis_is_told_apart_from_a_lost_reply",
    "lock-redis who_listens_hears_again_after_a_restart",
    "lock-redis whoever_is_stopped_at_any_moment_goes_on",
];

#[test]
fn the_test_of_each_cell_must_see_a_mutant() {
    let mutants = mutants::all();
    let (mut unseen, mut pending) = (BTreeSet::new(), BTreeSet::from_iter(PENDING));
    for (store, file, test) in shown() {
        if !mutants.values().any(|mutant| mutant.is_seen_by(store, file, test)) {
            match PENDING.iter().find(|it| **it == format!("{store} {test}")) {
                Some(it) => drop(pending.remove(it)),
                None => drop(unseen.insert(format!("{store} {test} in {file}"))),
            }
        }
    }
    println!("PENDING: {}", PENDING.join("\nPENDING: "));
    assert!(unseen.is_empty(), "{}", Vec::from_iter(unseen).join("\n"));
    assert!(pending.is_empty(), "these are seen: {pending:?}");
}

/// Why a named test shows nothing, if it does not.
fn trouble(source: &str, test: &str) -> Option<&'static str> {
    // A scenario of the suite is a name and a function.
    if source.contains(&format!("\"{test}\"")) {
        return None;
    }
    let Some(at) = source.find(&format!("fn {test}(")) else { return Some("there is no") };
    // What stands above it, up to the end of the item before.
    let above = source.get(..at).unwrap_or_default();
    let above = above.rsplit_once("\n}").map_or(above, |(_, above)| above);
    match (above.contains("test]"), above.contains("#[ignore")) {
        (false, _) => Some("no test is"),
        (_, true) => Some("nobody runs"),
        _ => None,
    }
}

#[test]
fn each_cell_names_a_test_that_runs() {
    let mut wrong = Vec::new();
    for Row { fault, cells } in TABLE {
        assert!(
            cells.iter().any(|cell| matches!(cell, Cell::Shown(..))),
            "{fault}: nothing shows it"
        );
        for cell in cells {
            match cell {
                Cell::Shown(outcome, file, test) => {
                    assert!(!outcome.is_empty(), "{fault}");
                    let source = fs::read_to_string(top().join(file)).unwrap_or_default();
                    wrong.extend(trouble(&source, test).map(|why| format!("{why} {file}::{test}")));
                }
                Cell::None(why) => assert!(!why.is_empty(), "{fault}"),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(shown().len() >= 60, "only {} cells", shown().len());
}

#[test]
fn a_test_that_does_not_run_shows_nothing() {
    let source =
        "#[test]\nfn runs() {\n}\n\n#[test]\n#[ignore = \"x\"]\nfn rests() {\n}\n\nfn helps() {}";
    assert_eq!(trouble(source, "runs"), None);
    assert_eq!(trouble(source, "rests"), Some("nobody runs"));
    assert_eq!(trouble(source, "helps"), Some("no test is"));
    assert_eq!(trouble(source, "gone"), Some("there is no"));
}
