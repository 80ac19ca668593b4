//! How many instructions a verdict takes: a guard against regressions that no noise can trip.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test reports")]

use std::{env, hint::black_box, process::Command};

use lock_core::Pattern;

const PAIR: &str = "LOCK_CORE_TEST_PAIR";
const ROUNDS: &str = "LOCK_CORE_TEST_ROUNDS";

/// Two patterns as people write them, and the most instructions of a verdict on them, and of
/// reading both first: a sixth more than it is in a test's build.
const CEILINGS: [(&str, u64, u64); 6] = [
    ("src/lib.rs src/main.rs", 60, 5_200),
    ("src/lib.rs src/*.rs", 1_250, 10_500),
    ("src/**/*.rs src/decide/*.rs", 5_100, 24_000),
    ("tests/**/*_test.py tests/**/test_*.py", 6_900, 30_000),
    ("crates/*/Cargo.toml crates/core/**", 4_700, 27_000),
    ("src/**/*.{ts,tsx} src/app/[a-z]*.tsx", 5_200, 35_000),
];

/// What valgrind counts while a child looks at `pair` so many times.
fn counted(what: &str, pair: &str, rounds: u64) -> u64 {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg(env::current_exe().unwrap());
    valgrind.args(["--ignored", "--exact", what, "--test-threads=1"]);
    let output = valgrind.env(PAIR, pair).env(ROUNDS, rounds.to_string()).output();
    let output = output.unwrap_or_else(|error| {
        panic!("valgrind is needed, and ./test brings it: {error}");
    });
    assert!(output.status.success(), "{output:?}");
    // ==4242== Collected : 1234567
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("Collected")).unwrap();
    line.split_whitespace().last().unwrap().parse().unwrap()
}

#[test]
fn a_verdict_stays_below_its_ceiling() {
    for (pair, verdict, reading) in CEILINGS {
        for (what, ceiling) in [("meeting", verdict), ("parsing_and_meeting", reading)] {
            // What the harness does is the same in both.
            let (few, many) = (counted(what, pair, 10), counted(what, pair, 1_010));
            let each = (many - few) / 1_000;
            println!("{pair}, {what}: {each} instructions");
            assert!(each <= ceiling, "{pair}, {what}: {each} instructions, not {ceiling}");
            assert!(each > 5, "{pair}, {what}: it was not counted");
        }
    }
}

fn asked() -> (String, String, u64) {
    let pair = env::var(PAIR).unwrap_or_else(|_| panic!("no test asked for this"));
    let (one, other) = pair.split_once(' ').unwrap();
    (one.to_owned(), other.to_owned(), env::var(ROUNDS).unwrap().parse().unwrap())
}

#[test]
#[ignore = "another test runs it in a process of its own"]
fn meeting() {
    let (one, other, rounds) = asked();
    let (one, other) = (Pattern::parse(&one).unwrap(), Pattern::parse(&other).unwrap());
    for _ in 0..rounds {
        black_box(black_box(&one).meets(black_box(&other)));
    }
}

#[test]
#[ignore = "another test runs it in a process of its own"]
fn parsing_and_meeting() {
    let (one, other, rounds) = asked();
    for _ in 0..rounds {
        let one = Pattern::parse(black_box(&one)).unwrap();
        black_box(one.meets(&Pattern::parse(black_box(&other)).unwrap()));
    }
}
