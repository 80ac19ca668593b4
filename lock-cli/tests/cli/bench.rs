//! `lockctl bench` measures, and leaves nothing behind.

use std::fs;

use crate::{checkout::Checkout, redis::Redis};

fn names(checkout: &Checkout) -> Vec<String> {
    let entries = fs::read_dir(checkout.root()).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn it_measures_every_backend_and_leaves_nothing_behind() {
    let redis = Redis::start();
    for url in ["fs:.agent_locks", "sqlite:locks.db", &redis.url()] {
        let checkout = Checkout::new();
        checkout.must(&format!("acquire src/module/ --agent ada --backend {url}"));
        let (before, keys) = (names(&checkout), redis.keys());
        let answer = checkout.must(&format!("bench --cycles 20 --json --backend {url}"));
        let json = answer.json();
        let number = |value: &serde_json::Value| value.as_f64().unwrap();
        assert_eq!(json["cycles"], 20, "{answer:?}");
        for what in ["cycle_seconds", "floor_seconds"] {
            let (p50, p99) = (number(&json[what]["p50"]), number(&json[what]["p99"]));
            assert!(0.0 < p50 && p50 <= p99 && number(&json[what]["spread"]) >= 0.0, "{answer:?}");
        }
        let ratio = number(&json["cycle_seconds"]["p50"]) / number(&json["floor_seconds"]["p50"]);
        assert!((number(&json["ratio"]) - ratio).abs() < 1e-9, "{answer:?}");
        assert_eq!((names(&checkout), redis.keys()), (before, keys), "{url}");
        // Its own store was not touched: what is held there did not stand in the way.
        let held = checkout.must(&format!("list --json --backend {url}")).json();
        assert_eq!(held["locks"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn it_says_what_it_measured() {
    let checkout = Checkout::new();
    let answer = checkout.must("bench --cycles 10");
    for words in ["fs:.agent_locks, 10 times", "cycle  median", "floor  median", "ratio  "] {
        assert!(answer.stdout.contains(words), "{answer:?}");
    }
    assert_eq!(checkout.lockctl("bench --cycles 9").code, 2);
    assert_eq!(Checkout::plain().lockctl("bench").code, 2);
}
