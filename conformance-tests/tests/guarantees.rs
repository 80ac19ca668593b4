//! `docs/guarantees.md` promises nothing without a test.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so at once")]

use std::{fs, path::Path};

/// The tests that a row names: `path/to/file.rs::name`, between backquotes.
fn named(row: &str) -> Vec<(&str, &str)> {
    let quoted = row.split('`').skip(1).step_by(2);
    quoted.filter_map(|text| text.split_once("::")).filter(|(path, _)| path.contains('/')).collect()
}

#[test]
fn every_promise_has_a_test_that_exists() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = fs::read_to_string(top.join("docs/guarantees.md")).unwrap();
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| promise");
    let rows: Vec<&str> = text.lines().filter(is_row).collect();
    assert!(rows.len() > 20, "only {} promises", rows.len());
    let mut wrong = Vec::new();
    for row in rows {
        let tests = named(row);
        if tests.is_empty() {
            wrong.push(format!("no test shows: {row}"));
        }
        for (path, name) in tests {
            // A test is a function, or a scenario by its name.
            let found = fs::read_to_string(top.join(path)).is_ok_and(|text| {
                text.contains(&format!("fn {name}(")) || text.contains(&format!("\"{name}\""))
            });
            if !found {
                wrong.push(format!("there is no {path}::{name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_name_is_found_between_backquotes() {
    let row = "| `fs:` keeps | | `a/b.rs::one`, `c/d.rs::two` and `Type::method` |";
    assert_eq!(named(row), [("a/b.rs", "one"), ("c/d.rs", "two")]);
}
