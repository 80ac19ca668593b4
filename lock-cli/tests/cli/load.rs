//! The load of many agents, with few and for a moment, on every store.
//!
//! `LOCK_TEST_SECONDS` sets for how long each phase; 1 unless told.

use crate::examples::run;

#[test]
fn a_load_is_served_without_violations_and_reported_on_every_store() {
    let seconds = std::env::var("LOCK_TEST_SECONDS").unwrap_or_else(|_| "1".to_owned());
    let printed = run("load", &["--agents", "12", "--seconds", &seconds]);
    let rows: Vec<Vec<&str>> = printed
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|line| line.split(" | ").collect())
        .collect();
    let head = "store,phase,grants,grants/s,wait p50,p99,longest,of a round,Jain,violations";
    assert_eq!(rows[0].join(","), head, "{printed}");
    let places: Vec<_> = rows[1..].iter().map(|row| (row[0], row[1])).collect();
    let stores = ["fs", "sqlite", "redis"].into_iter();
    let each = stores.flat_map(|store| [(store, "mixed"), (store, "one hot path")]);
    assert_eq!(places, each.collect::<Vec<_>>(), "{printed}");
    for row in &rows[1..] {
        // A load that served nobody shows nothing.
        assert!(row[2].parse::<u64>().unwrap() > 10, "{printed}");
        assert!(row[3].parse::<f64>().unwrap() > 0.0, "{printed}");
        let millis = |cell: &str| cell.strip_suffix(" ms").unwrap().parse::<f64>().unwrap();
        let waits: Vec<_> = row[4..=6].iter().map(|cell| millis(cell)).collect();
        assert!(waits.is_sorted(), "{printed}");
        // How fair and how fast is for a quiet machine to say: beside the figure may stand that
        // its target was missed.
        let figure = |cell: &str| cell.split(' ').next().unwrap().parse::<f64>().ok();
        assert_eq!(figure(row[7]).is_some(), row[1] == "one hot path", "{printed}");
        assert!(figure(row[8]).is_some_and(|jain| jain > 0.0 && jain <= 1.0), "{printed}");
        assert_eq!(row[9], "0", "{printed}");
    }
}
