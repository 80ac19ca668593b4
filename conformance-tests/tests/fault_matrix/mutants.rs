//! The tables in `mutants`: how the product is broken on purpose, and which tests must see it.
//!
//! Here they are only read; `mutants/run` tries them, which takes a build for each.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{top, trouble};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mutant {
    /// What is broken, in a sentence.
    breaks: String,
    file: String,
    /// What is there, once.
    find: String,
    /// What stands there instead.
    put: String,
    /// The tests that must fail, as nextest calls them.
    fails: Vec<String>,
    /// Whether a test may see it by not coming to its end.
    #[serde(default)]
    hangs: bool,
    /// More places, where two things guard against one.
    #[serde(default)]
    also: Vec<Place>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    file: String,
    find: String,
    put: String,
}

/// All of them, by their names.
pub(crate) fn all() -> BTreeMap<String, Mutant> {
    let mut all = BTreeMap::new();
    for file in fs::read_dir(top().join("conformance-tests/mutants")).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_some_and(|it| it == "toml") {
            let text = fs::read_to_string(&file).unwrap();
            let table: BTreeMap<String, Mutant> =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            for (name, mutant) in table {
                assert!(all.insert(name.clone(), mutant).is_none(), "{name} is there twice");
            }
        }
    }
    all
}

impl Mutant {
    /// What keeps it from being tried.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let also = self.also.iter().map(|it| (&it.file, &it.find, &it.put));
        let mut wrong = Vec::new();
        for (file, find, put) in [(&self.file, &self.find, &self.put)].into_iter().chain(also) {
            let source = fs::read_to_string(top().join(file)).unwrap_or_default();
            match source.matches(find).count() {
                1 if find != put => {}
                1 => wrong.push("changes nothing".to_owned()),
                count => wrong.push(format!("{count} times in {file}: {find}")),
            }
        }
        if self.breaks.is_empty() || self.fails.is_empty() {
            wrong.push("says nothing".to_owned());
        }
        if self.hangs && self.fails.len() > 1 {
            wrong.push("one test that hangs is enough to wait for".to_owned());
        }
        wrong.extend(self.fails.iter().filter(|id| !exists(id)).map(|id| format!("no test {id}")));
        wrong
    }

    /// Whether it is one of the store in `package`, or of what all stores share, and `test` in
    /// `file` must see it there.
    pub(crate) fn is_seen_by(&self, package: &str, file: &str, test: &str) -> bool {
        let (of, _) = self.file.split_once('/').unwrap_or_default();
        let here = of == package || !STORES.contains(&of);
        let binary = match file.split('/').collect::<Vec<_>>()[..] {
            ["conformance-tests", ..] => format!("{package}::conformance"),
            [package, "tests", binary, ..] => {
                format!("{package}::{}", binary.trim_end_matches(".rs"))
            }
            [package, ..] => package.to_owned(),
            [] => String::new(),
        };
        let is_it = |id: &String| {
            let (at, name) = id.split_once(' ').unwrap_or_default();
            at == binary && name.rsplit("::").next() == Some(test)
        };
        here && self.fails.iter().any(is_it)
    }
}

/// The stores' crates, in the order of the table's columns.
pub(crate) const STORES: [&str; 3] = ["lock-fs", "lock-sqlite", "lock-redis"];

/// Whether there is a test that nextest calls `id`, and it runs.
fn exists(id: &str) -> bool {
    let Some((binary, name)) = id.split_once(' ') else { return false };
    let test = name.rsplit("::").next().unwrap_or_default();
    let mut places = Vec::new();
    match binary.split_once("::") {
        None => places.push(top().join(binary).join("src")),
        Some((package, binary)) => {
            let tests = top().join(package).join("tests");
            places.extend([tests.join(format!("{binary}.rs")), tests.join(binary)]);
            if binary == "conformance" {
                places.push(top().join("conformance-tests/src/scenarios"));
            }
        }
    }
    let sources = places.iter().flat_map(|place| sources(place));
    sources.filter_map(|file| fs::read_to_string(file).ok()).any(|it| trouble(&it, test).is_none())
}

fn sources(place: &Path) -> Vec<PathBuf> {
    match fs::read_dir(place) {
        Ok(inside) => inside.flat_map(|entry| sources(&entry.unwrap().path())).collect(),
        Err(_) => vec![place.to_owned()],
    }
}

#[test]
fn each_mutant_can_be_made_and_names_tests_that_run() {
    let all = all();
    assert!(!all.is_empty());
    let wrong = all.iter().flat_map(|(name, mutant)| {
        mutant.wrong().into_iter().map(move |why| format!("{name}: {why}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_mutant_that_cannot_be_tried_is_found_out() {
    let file = "conformance-tests/tests/fault_matrix/mutants.rs";
    let known =
        "conformance-tests::fault_matrix mutants::each_mutant_can_be_made_and_names_tests_that_run";
    let mutant = |find: &str, fails: &str| Mutant {
        breaks: "x".to_owned(),
        file: file.to_owned(),
        find: find.to_owned(),
        put: "y".to_owned(),
        fails: vec![fails.to_owned()],
        hangs: false,
        also: Vec::new(),
    };
    let once = concat!("The tables in", " `mutants`:");
    assert_eq!(mutant(once, known).wrong(), [""; 0]);
    assert_eq!(mutant("use", known).wrong().len(), 1);
    assert_eq!(mutant(concat!("no ", "such ", "text"), known).wrong().len(), 1);
    assert_eq!(mutant(once, "conformance-tests::fault_matrix exists").wrong().len(), 1);
    assert_eq!(mutant(once, "lock-fs::faults child").wrong().len(), 1, "it is ignored");
    let of_fs = Mutant { file: "lock-fs/src/x.rs".into(), ..mutant("", "lock-cli::cli a::b") };
    assert!(of_fs.is_seen_by("lock-fs", "lock-cli/tests/cli/a.rs", "b"));
    assert!(!of_fs.is_seen_by("lock-sqlite", "lock-cli/tests/cli/a.rs", "b"));
    assert!(!of_fs.is_seen_by("lock-fs", "lock-cli/tests/cli/a.rs", "a"));
}
