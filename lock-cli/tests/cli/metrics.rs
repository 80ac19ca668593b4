//! `stats --format prometheus`, held against the naming rules of Prometheus.
//!
//! The rules are those of <https://prometheus.io/docs/practices/naming> and of
//! `promtool check metrics`; the checker below is seen to fail on each of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::checkout::Checkout;

/// What a text of metrics breaks.
fn broken_rules(text: &str) -> Vec<String> {
    let mut broken = Vec::new();
    let (mut helped, mut typed) = (BTreeSet::new(), BTreeMap::new());
    let mut sampled = BTreeSet::new();
    for line in text.lines() {
        let mut complain = |what: &str| broken.push(format!("{what}: {line}"));
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words.as_slice() {
            ["#", "HELP", name, help] => {
                if !helped.insert((*name).to_owned()) || help.trim().is_empty() {
                    complain("helped twice or not at all");
                }
            }
            ["#", "TYPE", name, kind] => {
                let known = ["counter", "gauge"].contains(kind);
                if !known || typed.insert((*name).to_owned(), (*kind).to_owned()).is_some() {
                    complain("typed twice or not as a counter or gauge");
                }
            }
            _ => {
                let Some((series, value)) = line.rsplit_once(' ') else {
                    complain("no sample");
                    continue;
                };
                let (name, labels) = series.split_once('{').unwrap_or((series, ""));
                if value.parse::<f64>().is_err() || !sampled.insert(series.to_owned()) {
                    complain("no number, or sampled twice");
                }
                if labels.contains(['/', '*']) || labels.matches("=\"").count() > 1 {
                    complain("a path, or many labels");
                }
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                if !name.starts_with("lockctl_") || !name.chars().all(plain) {
                    complain("no name in lower case with the application in front");
                }
                if !helped.contains(name) {
                    complain("no help");
                }
                let total = name.ends_with("_total");
                match typed.get(name).map(String::as_str) {
                    Some("counter") if !total => complain("a counter ends in _total"),
                    Some("gauge") if total => complain("only a counter ends in _total"),
                    Some(_) => {}
                    None => complain("no type"),
                }
                for kind in ["_count", "_sum", "_bucket", "_counter", "_gauge"] {
                    if name.ends_with(kind) {
                        complain("a name that means another kind of metric");
                    }
                }
                for unit in ["_ms", "_millis", "_milliseconds", "_minutes", "_micros"] {
                    if name.contains(unit) {
                        complain("no base unit");
                    }
                }
            }
        }
    }
    for name in typed.keys().filter(|name| !sampled.iter().any(|s| s.starts_with(*name))) {
        broken.push(format!("announced and not there: {name}"));
    }
    broken
}

#[test]
fn the_checker_knows_what_is_wrong() {
    let good = "# HELP lockctl_a_total A.\n# TYPE lockctl_a_total counter\nlockctl_a_total 1\n";
    assert_eq!(broken_rules(good), [] as [&str; 0]);
    for (from, to) in [
        ("lockctl_a_total", "lockctl_a"),
        (" counter", " gauge"),
        (" counter", " histogram"),
        ("lockctl_a_total", "locks_total"),
        ("lockctl_a_total", "lockctl_aB_total"),
        ("lockctl_a_total", "lockctl_a_ms_total"),
        ("lockctl_a_total", "lockctl_a_sum"),
        ("lockctl_a_total 1", "lockctl_a_total{path=\"src/a.rs\"} 1"),
        ("lockctl_a_total 1", "lockctl_a_total one"),
        ("lockctl_a_total 1\n", "lockctl_a_total 1\nlockctl_a_total 1\n"),
        ("lockctl_a_total 1\n", ""),
        ("# HELP lockctl_a_total A.\n", ""),
        ("# TYPE lockctl_a_total counter\n", ""),
        (" A.", " "),
    ] {
        let bad = good.replace(from, to);
        assert!(bad != good && !broken_rules(&bad).is_empty(), "{bad}");
    }
}

#[test]
fn metrics_keep_the_naming_rules_and_tell_what_happened() {
    let checkout = Checkout::new();
    let scrape = || checkout.must("stats --format prometheus").stdout;
    let fresh = scrape();
    assert_eq!(broken_rules(&fresh), [] as [&str; 0], "{fresh}");
    assert!(!fresh.contains("seconds"), "nothing was waited for or held yet: {fresh}");

    checkout.must("acquire src/*.rs docs/ --agent ada");
    checkout.lockctl("acquire src/a.rs --agent grace");
    checkout.lockctl("acquire src/a.rs --agent grace --wait=10ms");
    checkout.must("release docs/ --agent ada");
    let text = scrape();
    assert_eq!(broken_rules(&text), [] as [&str; 0], "{text}");
    assert!(!text.contains("src") && !text.contains("ada"), "{text}");
    for line in [
        "lockctl_locks_acquired_total 2",
        "lockctl_locks_ended_total{cause=\"released\"} 1",
        "lockctl_locks_ended_total{cause=\"expired\"} 0",
        "lockctl_requests_refused_total{outcome=\"conflict\"} 1",
        "lockctl_requests_refused_total{outcome=\"timeout\"} 1",
        "lockctl_requests_refused_total{outcome=\"deadlock\"} 0",
        "lockctl_locks_held 1",
        "lockctl_requests_waiting 0",
        "lockctl_wait_max_seconds 0.0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
    }
    for name in ["lockctl_hold_p50_seconds", "lockctl_hold_p99_seconds", "lockctl_hold_max_seconds"]
    {
        assert!(text.lines().any(|line| line.starts_with(name)), "{name} is not in:\n{text}");
    }
}
