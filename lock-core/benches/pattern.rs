//! What a verdict on two patterns costs.
//!
//! Targets: 0.5 µs for two parsed typical patterns, 2 µs with parsing, 50 µs for one path against
//! 10,000 globs, and 50 ms for any pair within the limits.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should say so at once")]

use std::hint::black_box;

use divan::Bencher;
use lock_core::pattern::Pattern;

#[path = "../src/pattern/hostile.rs"]
mod hostile;

fn main() {
    divan::main();
}

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap()
}

/// What people and agents lock, in pairs.
const TYPICAL: [(&str, &str); 10] = [
    ("src/lib.rs", "src/main.rs"),
    ("src/lib.rs", "src/*.rs"),
    ("src/*.rs", "src/lib*"),
    ("src/", "src/decide/mod.rs"),
    ("src/**/*.rs", "src/decide/*.rs"),
    ("**/*.md", "docs/**"),
    ("crates/*/Cargo.toml", "crates/core/**"),
    ("src/**/*.{ts,tsx}", "src/app/[a-z]*.tsx"),
    ("tests/**/*_test.py", "tests/**/test_*.py"),
    ("{src,tests}/**/*.py", "src/app/models/user.py"),
];

#[divan::bench(args = TYPICAL.map(|(p, q)| format!("{p} {q}")))]
fn typical(bencher: Bencher<'_, '_>, pair: &str) {
    let (p, q) = pair.split_once(' ').unwrap();
    let (p, q) = (pattern(p), pattern(q));
    bencher.bench(|| black_box(&p).meets(black_box(&q)));
}

#[divan::bench(args = TYPICAL.map(|(p, q)| format!("{p} {q}")))]
fn typical_with_parsing(bencher: Bencher<'_, '_>, pair: &str) {
    let (p, q) = pair.split_once(' ').unwrap();
    bencher.bench(|| pattern(black_box(p)).meets(&pattern(black_box(q))));
}

#[divan::bench(args = TYPICAL.map(|(p, q)| format!("{p} {q}")))]
fn typical_witness(bencher: Bencher<'_, '_>, pair: &str) {
    let (p, q) = pair.split_once(' ').unwrap();
    let (p, q) = (pattern(p), pattern(q));
    bencher.bench(|| black_box(&p).witness(black_box(&q)));
}

/// Globs as a large repository has them: of its directories, and of kinds of files.
fn globs(kind: &str) -> Vec<Pattern> {
    (0..10_000)
        .map(|n| match kind {
            "directories" => format!("services/team{}/module{}/*.rs", n / 100, n % 100),
            "kinds" => format!("**/*_{n}.rs"),
            _ => format!("src/**/module{n}/*.rs"),
        })
        .map(|text| pattern(&text))
        .collect()
}

#[divan::bench(args = ["directories", "kinds", "alike"])]
fn path_against_10_000_globs(bencher: Bencher<'_, '_>, kind: &str) {
    let globs = globs(kind);
    let path = Pattern::literal(match kind {
        "directories" => "services/team7/module42/lib.rs",
        "kinds" => "services/team7/model_42.rs",
        _ => "src/core/module42/lib.rs",
    })
    .unwrap();
    bencher.bench(|| globs.iter().filter(|glob| glob.meets(black_box(&path))).count());
}

#[divan::bench(sample_count = 5, sample_size = 1, args = hostile::pairs().into_iter().map(|pair| pair.name))]
fn any_pair_within_the_limits(bencher: Bencher<'_, '_>, name: &str) {
    let pair = hostile::pairs().into_iter().find(|pair| pair.name == name).unwrap();
    let (p, q) = (pattern(&pair.p), pattern(&pair.q));
    assert_eq!(p.meets(&q), pair.meet);
    bencher.bench(|| black_box(&p).witness(black_box(&q)));
}

#[divan::bench(sample_count = 5, sample_size = 1, args = hostile::pairs().into_iter().map(|pair| pair.name))]
fn parsing_two_at_the_limits(bencher: Bencher<'_, '_>, name: &str) {
    let pair = hostile::pairs().into_iter().find(|pair| pair.name == name).unwrap();
    bencher.bench(|| (pattern(black_box(&pair.p)), pattern(black_box(&pair.q))));
}
