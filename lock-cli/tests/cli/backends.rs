//! One meaning on every backend: the same commands, the same answers.

use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use lock_core::LockManager;

use crate::{
    checkout::{Answer, Checkout},
    redact::redact,
    redis::Redis,
};

/// Everything that an agent and an operator do in a day, with what each command answers.
const DAY: &[&str] = &[
    "list",
    "check src/a.rs --agent ada",
    "acquire src/*.rs docs/ --agent ada --reason rename",
    "acquire src/a.rs --agent grace",
    "acquire src/a.rs README.md --agent grace",
    "acquire src/a.rs --agent ada",
    "acquire lib/ --agent grace --shared",
    "acquire lib/x --agent ada --shared",
    "acquire lib/x --agent ada",
    "who lib",
    "stats",
    "check src/{a,b}.rs --agent grace",
    "acquire docs/x --agent grace --wait=10ms",
    "refresh --all --agent ada",
    "refresh src/*.rs --agent grace",
    "release src/*.rs --agent grace",
    "release src/b.rs --agent ada",
    "list --by ada",
    "list --under src",
    "break docs/ --reason stuck",
    "refresh docs/ --agent ada",
    "cleanup-agent grace --dry-run",
    "cleanup-agent grace",
    "cleanup-orphaned --known ada",
    "cleanup-stale --older-than 0s",
    "acquire short --agent ada --ttl 100ms",
    "sleep",
    "list --stale",
    "refresh short --agent ada",
    "acquire s* --agent grace",
    "refresh short --agent ada",
    "cleanup-stale",
    "release --all --agent grace",
    "list",
    "history --by ada",
    "history src",
    "stats",
];

fn day(url: &str) -> Vec<String> {
    let checkout = Checkout::new();
    let mut told = Vec::new();
    for line in DAY {
        if *line == "sleep" {
            std::thread::sleep(Duration::from_millis(150));
            continue;
        }
        let words = line.split(' ').chain(["--json", "-q", "--backend", url]);
        let Answer { code, stdout, stderr } = checkout.run(words);
        let text = redact(&format!("{stdout}{stderr}"), checkout.root()).replace(url, "[URL]");
        told.push(format!("$ {line}\n{text}[exit {code}]"));
    }
    told
}

#[test]
fn the_same_day_on_every_backend() {
    let redis = Redis::start();
    let reference = day("fs:.agent_locks");
    assert!(reference.iter().filter(|answer| answer.contains("[exit 0]")).count() > 15);
    assert!(reference.iter().filter(|answer| answer.contains("\"conflict\"")).count() >= 4);
    for url in ["sqlite:locks.db".to_owned(), redis.url()] {
        for (ours, theirs) in reference.iter().zip(day(&url)) {
            assert_eq!(*ours, theirs, "{url}");
        }
    }
}

/// What the log forgets stays counted.
#[test]
fn counts_outlive_the_history_on_every_backend() {
    let (redis, dir) = (Redis::start(), tempfile::tempdir().unwrap());
    let many: Vec<String> = (0..1_000).map(|number| number.to_string()).collect();
    for url in ["fs:locks".to_owned(), "sqlite:locks.db".to_owned(), redis.url()] {
        let stats = block_on(async {
            let backend = lock_cli::builtin().connect_at(&url, dir.path()).await?;
            let locks = LockManager::new(backend, "ada")?;
            for _ in 0..24 {
                let leases = locks.acquire(many.clone()).await?.held()?;
                locks.release(&leases).await?;
            }
            locks.stats().await
        });
        let stats = stats.unwrap();
        assert_eq!((stats.totals.acquired, stats.totals.released), (24_000, 24_000), "{url}");
        assert!((10_000..24_000).contains(&stats.hold.count), "{url}: {}", stats.hold.count);
    }
}

#[test]
fn a_dead_server_is_told_within_two_seconds() {
    let checkout = Checkout::new();
    for url in [
        "redis://127.0.0.1:1",
        "redis+unix:/nowhere/at/all",
        "rediss://127.0.0.1:1",
        "redis+sentinel://127.0.0.1:1,127.0.0.1:2/main",
        "redis+cluster://127.0.0.1:1,127.0.0.1:2",
    ] {
        let start = Instant::now();
        let answer = checkout.run(["acquire", "a", "--agent", "ada", "--json", "--backend", url]);
        assert_eq!(answer.code, 6, "{answer:?}");
        assert_eq!(answer.json()["error"]["code"], "unavailable");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    }
}

#[test]
fn a_password_is_never_shown() {
    let checkout = Checkout::new();
    for url in [
        "redis://ada:s3cret@127.0.0.1:1/0",
        "redis+sentinel://ada:s3cret@127.0.0.1:1/main?sentinel-password=s3cret",
        "redis+cluster://ada:s3cret@127.0.0.1:1",
    ] {
        for line in ["acquire a --agent ada", "list", "doctor", "who a --json", "doctor --json"] {
            let words = line.split(' ').chain(["-vv", "--backend", url]);
            let answer = checkout.run(words);
            assert!(!answer.text().contains("s3cret"), "{line}: {answer:?}");
            assert_ne!(answer.code, 0, "{line}");
        }
    }
}

#[test]
fn a_scheme_that_nobody_knows_names_those_that_are_there() {
    let answer = Checkout::new().lockctl("list --backend etcd://host");
    assert_eq!(answer.code, 2);
    for name in ["fs", "sqlite", "redis", "valkey"] {
        assert!(answer.stderr.contains(name), "{answer:?}");
    }
}
