//! `docs/writing-a-backend.md` quotes code that is compiled and run, and names scenarios, files and
//! knobs that exist.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so at once")]

use std::{collections::BTreeSet, fs, path::Path};

const GUIDE: &str = include_str!("../../docs/writing-a-backend.md");

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// What stands between backticks in a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[test]
fn its_code_is_the_code() {
    let blocks: Vec<&str> = GUIDE.split("```rust\n").skip(1).collect();
    for block in &blocks {
        let block = block.split("```").next().unwrap();
        let (file, code) = block.split_once('\n').unwrap();
        let file = file.strip_prefix("// ").unwrap_or_else(|| panic!("whose code is {file}?"));
        let source = fs::read_to_string(workspace().join(file)).unwrap();
        for piece in code.split("// …\n") {
            assert!(source.contains(piece), "this is not in {file}:\n{piece}");
        }
    }
    let whole = blocks.iter().any(|block| block.contains("async fn execute"));
    assert!(whole && blocks.len() >= 6, "it walks through a whole backend");
}

#[test]
fn every_scenario_that_it_names_exists() {
    let scenarios: BTreeSet<String> = conformance_tests::scenarios().into_iter().collect();
    let rows = GUIDE.split("## Which race").nth(1).unwrap().lines();
    let mut races = 0;
    for row in rows.filter(|line| line.starts_with("| ")).skip(1) {
        races += 1;
        let mut named = 0;
        for name in quoted(row) {
            named += 1;
            if name.ends_with(".rs") {
                assert!(workspace().join(name).exists(), "there is no file {name}");
                continue;
            }
            let there = scenarios.contains(name)
                || ["threads", "processes"]
                    .iter()
                    .all(|who| scenarios.contains(&format!("{name}_among_{who}")));
            assert!(there, "there is no scenario {name}");
        }
        assert!(named > 0, "nobody tries this: {row}");
    }
    assert!(races >= 25, "a row for each race: {races}");
}

#[test]
fn its_knobs_are_the_suites() {
    let knobs = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
        words.filter(|word| word.starts_with("LOCK_TEST_")).map(str::to_owned).collect()
    };
    let known = knobs(include_str!("../src/knobs.rs"));
    assert_eq!(knobs(GUIDE), known);
    assert_eq!(knobs(include_str!("../src/lib.rs")), known);
}
