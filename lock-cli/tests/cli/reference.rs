//! `docs/cli.md` is what `--help` says, and the README shows what the example prints.
//!
//! `LOCKCTL_DOCS=overwrite cargo test -p lock-cli --test cli reference` writes both anew.

use std::{fs, path::Path};

use crate::{checkout::Checkout, examples, redact::redact};

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Fails if the file is not `expected`, or writes it if told to.
fn pinned(path: &str, actual: &str, expected: &str) {
    if std::env::var_os("LOCKCTL_DOCS").is_some_and(|value| value == "overwrite") {
        fs::write(workspace().join(path), expected).unwrap();
        return;
    }
    let differs = actual.lines().zip(expected.lines()).find(|(one, two)| one != two);
    assert!(
        actual == expected,
        "{path} is stale, first at {differs:?}: run LOCKCTL_DOCS=overwrite cargo test -p lock-cli"
    );
}

#[test]
fn docs_cli_md_is_what_help_says() {
    let checkout = Checkout::plain();
    let help = |line: &str| checkout.must(line).stdout;
    let main = help("--help");
    let verbs = main.lines().skip_while(|line| *line != "Commands:").skip(1);
    let verbs = verbs.take_while(|line| !line.is_empty());
    let mut page = String::from(
        "# The command line\n\n\
        This page is what `--help` says; a test keeps it so. \
        What the words mean stands in the [README](../README.md), \
        patterns in [patterns.md](patterns.md).\n",
    );
    let mut section = |name: &str, help: &str| {
        page.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", help.trim_end()));
    };
    section("lockctl", &main);
    for verb in verbs.filter_map(|line| line.split_whitespace().next()) {
        if verb != "help" {
            section(&format!("lockctl {verb}"), &help(&format!("{verb} --help")));
        }
    }
    let actual = fs::read_to_string(workspace().join("docs/cli.md")).unwrap_or_default();
    pinned("docs/cli.md", &actual, &page);
}

/// The example over this very checkout, word for word but for times and tokens.
#[test]
fn the_readme_shows_what_the_example_prints() {
    let printed = examples::run("two_agents", &[]);

    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    let (before, rest) = readme.split_once("<!-- two_agents -->\n```console\n").unwrap();
    let (shown, after) = rest.split_once("```\n<!-- end -->").unwrap();
    if redact(shown, workspace()) != redact(&printed, workspace()) {
        let updated =
            format!("{before}<!-- two_agents -->\n```console\n{printed}```\n<!-- end -->{after}");
        pinned("README.md", &readme, &updated);
    }
}
