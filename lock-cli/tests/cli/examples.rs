//! Every example of the workspace runs, and says at its end what it is there to show.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::redis::Redis;

/// Each example, and the last line of a run without arguments. Where there is none, tests of its
/// own run it.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("lock-cli", "load", ""),
    ("lock-cli", "own_store", ""),
    ("lock-cli", "replay", ""),
    ("lock-cli", "service", "20 jobs, each done once"),
    ("lock-cli", "swarm", ""),
    ("lock-cli", "two_agents", ""),
    ("lock-core", "hold", "grace had it after ada"),
    ("lock-core", "react_to_loss", "stopped: lost src/lib.rs (cleaned"),
    ("lock-core", "wait_in_line", "served: grace, alan"),
    ("lock-fs", "fenced_write", "the report is by grace"),
];

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Where the examples lie, as they are now: built here, for a test binary alone brings none.
pub(crate) fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let profile_dir = Path::new(env!("CARGO_BIN_EXE_lockctl")).parent().unwrap();
        let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
            Some("debug") => "dev",
            other => other.unwrap(),
        };
        // The whole workspace at once, so that nothing is built a second time with other features.
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--workspace", "--examples", "--profile", profile])
            .arg("--target-dir")
            .arg(profile_dir.parent().unwrap())
            .current_dir(workspace())
            .status();
        assert!(built.unwrap().success(), "the examples can be built");
        profile_dir.join("examples")
    })
}

/// Runs it, and gives what it printed.
pub(crate) fn run(example: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(built().join(example));
    // Built alone, it would have other features, and all below it be compiled again.
    command.env("TWO_AGENTS_LOCKCTL", env!("CARGO_BIN_EXE_lockctl"));
    let output = command.args(arguments).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let notes = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}: {}\n{printed}{notes}", output.status);
    printed
}

#[test]
fn every_example_is_run_and_stands_in_the_readme() {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(workspace()).unwrap() {
        let package = entry.unwrap().path();
        let Ok(examples) = fs::read_dir(package.join("examples")) else { continue };
        let package = package.file_name().unwrap().to_str().unwrap().to_owned();
        for example in examples {
            let example = example.unwrap().path();
            // A directory without a main file is what several examples share.
            if example.is_dir() && !example.join("main.rs").exists() {
                continue;
            }
            let example = example.file_stem().unwrap().to_str().unwrap().to_owned();
            found.insert((package.clone(), example));
        }
    }
    let known = EXAMPLES.iter().map(|(package, name, _)| ((*package).into(), (*name).into()));
    assert_eq!(found, known.collect(), "one line for each, and its last line");

    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    for (package, name) in found {
        let link = format!("]({package}/examples/{name}");
        let command = format!("-p {package} --example {name}");
        assert!(readme.contains(&link) || readme.contains(&command), "README.md: {name}");
    }
}

#[test]
fn every_example_ends_as_it_should() {
    for (_, example, last) in EXAMPLES.iter().filter(|(.., last)| !last.is_empty()) {
        let printed = run(example, &[]);
        let found = printed.lines().last().unwrap_or_default();
        assert!(found.starts_with(last), "{example}: {printed}");
    }
}

#[test]
fn the_service_runs_on_whatever_it_is_pointed_at() {
    let directory = tempfile::tempdir().unwrap();
    let redis = Redis::start();
    for url in [format!("sqlite:{}/jobs.db", directory.path().display()), redis.url()] {
        assert!(run("service", &[&url]).ends_with("20 jobs, each done once\n"), "{url}");
    }
}
