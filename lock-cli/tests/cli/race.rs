//! Real processes at the same time.

use std::process::{Child, Stdio};

use crate::checkout::{Answer, Checkout};

fn spawn(checkout: &Checkout, agent: usize, pattern: &str) -> Child {
    let mut command = checkout.command();
    command.args(["acquire", pattern, "--json", "--agent", &format!("agent-{agent}")]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn answers(children: Vec<Child>) -> Vec<Answer> {
    children.into_iter().map(|child| child.wait_with_output().unwrap().into()).collect()
}

/// The first call makes the store, too: all of them begin without one.
#[test]
fn of_many_processes_exactly_one_is_granted_a_path() {
    for _ in 0..5 {
        let checkout = Checkout::new();
        let answers = answers((0..12).map(|agent| spawn(&checkout, agent, "src/a.rs")).collect());
        let granted: Vec<_> = answers.iter().filter(|answer| answer.code == 0).collect();
        assert_eq!(granted.len(), 1, "{answers:?}");
        let winner = granted[0].json()["locks"][0]["agent_id"].clone();
        for answer in answers.iter().filter(|answer| answer.code != 0) {
            assert_eq!(answer.code, 1, "{answer:?}");
            assert_eq!(answer.json()["conflicts"][0]["held"]["agent_id"], winner);
        }
    }
}

#[test]
fn of_many_globs_that_overlap_exactly_one_is_granted() {
    let checkout = Checkout::new();
    let globs = ["src/*.rs", "src/a.rs", "src/a*", "**/a.rs", "src/", "src/{a,b}.rs"];
    let children = (0..).zip(globs).map(|(agent, glob)| spawn(&checkout, agent, glob)).collect();
    let answers = answers(children);
    assert_eq!(answers.iter().filter(|answer| answer.code == 0).count(), 1, "{answers:?}");
}

#[test]
fn processes_on_different_paths_do_not_disturb_each_other() {
    let checkout = Checkout::new();
    let children =
        (0..12).map(|agent| spawn(&checkout, agent, &format!("src/{agent}.rs"))).collect();
    for answer in answers(children) {
        assert_eq!(answer.code, 0, "{answer:?}");
    }
    assert_eq!(checkout.must("list --json").json()["locks"].as_array().unwrap().len(), 12);
}
