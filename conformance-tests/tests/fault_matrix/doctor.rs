//! What `doctor` says of each state that a fault leaves, and what `--repair` does about it:
//! `docs/doctor.md` says it as the table does, and each cell names a test that is there and runs.

use std::{fmt::Write as _, fs};

use crate::{
    states::{Cell, STATES},
    top, trouble,
};

fn document() -> String {
    let mut text = "\
# What doctor sees, and what it mends

What `lockctl doctor` says of each state that a [fault](faults.md) leaves, under which name, and what `--repair` does about it.
Whatever `--repair` removes it keeps, in the store's quarantine; a live lock it never frees. Each cell has its test. The table is
written from `conformance-tests/tests/fault_matrix/states.rs`; `FAULTS=overwrite cargo test -p conformance-tests --test
fault_matrix` writes it anew.

| state | `fs:` | `sqlite:` | `redis:` |
|---|---|---|---|
"
    .to_owned();
    for (state, cells) in STATES {
        let cell = |cell: &Cell| match cell {
            Cell::Seen { check, says, repair, test: (file, test) } => {
                format!("`{check}`: {says}; {repair} ([test](../{file} \"{test}\"))")
            }
            Cell::None(why) => format!("— {why}"),
        };
        let [fs, sqlite, redis] = cells.each_ref().map(cell);
        writeln!(text, "| {state} | {fs} | {sqlite} | {redis} |").unwrap();
    }
    text
}

#[test]
fn the_document_says_what_the_doctor_table_says() {
    let file = top().join("docs/doctor.md");
    if std::env::var_os("FAULTS").is_some_and(|it| it == "overwrite") {
        fs::write(&file, document()).unwrap();
    }
    assert!(fs::read_to_string(file).unwrap() == document(), "FAULTS=overwrite writes it anew");
}

#[test]
fn each_state_names_a_test_that_runs_and_knows_the_check() {
    let mut wrong = Vec::new();
    for (state, cells) in STATES {
        for cell in cells {
            let Cell::Seen { check, test: (file, test), .. } = cell else { continue };
            let source = fs::read_to_string(top().join(file)).unwrap_or_default();
            wrong.extend(trouble(&source, test).map(|why| format!("{why} {file}::{test}")));
            // Alone, or with what was seen after it.
            if ![format!("\"{check}\""), format!("\"{check}: ")]
                .iter()
                .any(|it| source.contains(it))
            {
                wrong.push(format!("{state}: {file} knows no check {check}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
