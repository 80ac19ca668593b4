//! What a fuzzer asks of this crate, and what the tests ask again with its corpus.
//!
//! Built for tests and under `cfg(fuzzing)` only. Each check panics when a promise is broken.

#![allow(clippy::expect_used, clippy::panic, reason = "a check that fails is a find")]

use rusqlite::{Connection, ToSql, types::Value};

use crate::rows;

/// How many columns a lock's row has.
const COLUMNS: usize = 15;

/// Whatever stands in the columns of a lock: a damaged row is a lock all the same, of nobody
/// known, and never an error.
///
/// The columns stand one after the other, apart by a byte of 31; the first byte of each says what
/// it is: a text, a number, bytes, or else nothing.
pub fn record(data: &[u8]) {
    let mut columns: Vec<Value> = data.split(|byte| *byte == 31).take(COLUMNS).map(value).collect();
    columns.resize(COLUMNS, Value::Null);
    let conn = Connection::open_in_memory().expect("a database in memory");
    let marks = vec!["?"; COLUMNS].join(", ");
    let values = columns.iter().map(|value| value as &dyn ToSql);
    let mut statement = conn.prepare(&format!("SELECT {marks}")).expect("a plain statement");
    let read = statement.query_row(rusqlite::params_from_iter(values), |row| rows::read(row, &[]));
    let stored = read.expect("no row is an error");
    assert_eq!(stored.lock.damaged, stored.key.is_some());
    if let (false, Some(Value::Text(pattern))) = (stored.lock.damaged, columns.get(1)) {
        assert!(lock_core::Pattern::parse(pattern).as_ref() == Ok(&stored.lock.pattern));
    }
}

fn value(column: &[u8]) -> Value {
    match column.split_first() {
        Some((b't', text)) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        Some((b'b', bytes)) => Value::Blob(bytes.to_vec()),
        Some((b'i', number)) => {
            let number = std::str::from_utf8(number).ok().and_then(|text| text.parse().ok());
            Value::Integer(number.unwrap_or(i64::MIN))
        }
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn the_corpus_of_records_holds() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/sqlite_record");
        let files = fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path());
        let files: Vec<_> = files.collect();
        assert!(files.len() >= 10, "the corpus is missing");
        for file in files {
            println!("{}", file.display());
            super::record(&fs::read(file).unwrap());
        }
    }
}
