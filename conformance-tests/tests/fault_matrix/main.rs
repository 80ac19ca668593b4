//! What each fault leaves of each store: `docs/faults.md` says it as the table here does, and each
//! cell names a test that is there and runs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so at once")]

mod doctor;
mod mutants;
mod states;
mod table;

use std::{collections::BTreeSet, fmt::Write as _, fs, path::PathBuf};

use mutants::STORES;
use table::{Cell, Row, TABLE};

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document() -> String {
    let mutants = mutants::all().len();
    let (cells, tests) = (shown().len(), BTreeSet::from_iter(shown()).len());
    let mut text = format!(
        "\
# Faults, and what they leave

What happens to a store when the machine, the server or somebody else does it harm, and the test that shows it. *Exit 6* and the
words between backquotes are what `lockctl` answers; an error never means that a lock is free, or granted. The table is written
from `conformance-tests/tests/fault_matrix/table.rs`; `FAULTS=overwrite cargo test -p conformance-tests --test fault_matrix`
writes it anew.

A test shows something if it can fail. `conformance-tests/mutants/run` breaks the product on purpose in {mutants} ways, one after the
other, and demands that the tests that must see it do: {tests} tests for {cells} cells. What is broken, and who must see it,
stands in the tables beside it (`--only NAME`, `--package fs`). Every ordinary run checks that each cell has its mutant.

Of the system calls at which a process is killed or stopped, an ordinary run draws some of each operation, by a seed that it prints;
`LOCK_TEST_POINTS=1000 cargo test -p lock-fs -p lock-sqlite --test crash_points` tries all of them, in a quarter of an hour, and
[long-run.md](long-run.md) has what came of it.

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

/// A test that no mutant was made for may be one that cannot fail.
#[test]
fn the_test_of_each_cell_must_see_a_mutant() {
    let mutants = mutants::all();
    let unseen = shown().into_iter().filter(|(store, file, test)| {
        !mutants.values().any(|mutant| mutant.is_seen_by(store, file, test))
    });
    let unseen: Vec<_> =
        unseen.map(|(store, file, test)| format!("{store}: {file}::{test}")).collect();
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
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
