//! Looking: `benches/look.rs` on this store.
//!
//! `cargo bench -p lock-sqlite --bench look [-- --quick]`; `TMPDIR` says on which disk.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench prints, and stops where it cannot go on"
)]

#[path = "../../benches/mod.rs"]
mod benches;
#[path = "../src/floor.rs"]
mod floor;
mod here;

use std::hint::black_box;

use benches::{look, look::Bare, stores::Stores as _};
use here::Here;

use rusqlite::{Connection, Params, types::Value};

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let here = Here::at(dir.path());
    let count = look::filled(&here, "locks");
    let conn = Connection::open(here.file("locks")).unwrap();
    let all = || read(&conn, "SELECT * FROM locks", []);
    let one = || {
        let sql = "SELECT * FROM locks WHERE anchor = ?1 AND pattern = ?1";
        assert_eq!(read(&conn, sql, [look::PATH]), 1);
    };
    let bare = Bare { all: ("reading all rows", &all), one: ("reading one row", &one) };
    look::measure(&here, "locks", count, &bare);
}

/// Reads every column of what is asked for; how many rows there are.
fn read(conn: &Connection, sql: &str, params: impl Params) -> usize {
    let mut query = conn.prepare_cached(sql).unwrap();
    let columns = query.column_count();
    let mut rows = query.query(params).unwrap();
    let mut count = 0;
    while let Some(row) = rows.next().unwrap() {
        for column in 0..columns {
            black_box(row.get::<_, Value>(column).unwrap());
        }
        count += 1;
    }
    count
}
