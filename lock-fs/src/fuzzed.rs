//! What a fuzzer asks of this crate, and what the tests ask again with its corpus.
//!
//! Built for tests and under `cfg(fuzzing)` only. Each check panics when a promise is broken.

#![allow(clippy::expect_used, clippy::panic, reason = "a check that fails is a find")]

use std::str;

use lock_core::host::{Host, Moment};

use crate::{
    log, name, record,
    redo::Redo,
    state::{Found, State},
};

/// Whatever lies where a record, the state, the log or a redo file should: it is read or it is
/// not, and what is read is written back as the same.
pub fn record(data: &[u8]) {
    // No file is read beyond its limit, and what is read may grow a little when it is written.
    if data.len() > record::LARGEST / 2 {
        return;
    }
    let (host, moment) = (Host::current(), Moment::now());
    if let Some(record::Read { lock, extra, .. }) = record::lock(data, host, moment) {
        let text = record::of_lock(&lock, Some(&extra), host, moment);
        let text = text.expect("what was read fits a record");
        let again = record::lock(text.as_bytes(), host, moment).expect("our own text");
        assert!(!again.foreign);
        // Numbers that we do not know need not be the same to the last digit.
        assert!(again.extra.keys().eq(extra.keys()));
        assert!(again.lock.extra.keys().eq(lock.extra.keys()));
        // Whether its lease is over may not change by writing it down.
        assert_eq!(again.lock.expires_at <= moment.wall, lock.expires_at <= moment.wall);
        let (expires_at, extra) = (lock.expires_at, lock.extra.clone());
        assert_eq!(lock_core::Lock { expires_at, extra, ..again.lock }, lock);
    }
    let waiter = |text: &[u8]| record::waiter(text).map(|read| read.at(host, moment));
    if let Some(found) = waiter(data) {
        let text = record::of_waiter(&found, host, moment).expect("what was read fits a record");
        let again = waiter(text.as_bytes()).expect("our own text");
        let expires_at = found.expires_at;
        assert_eq!(lock_core::Waiter { expires_at, ..again }, found);
    }
    if let Found::State(state) = State::parse(data) {
        assert_eq!(State::parse(state.to_string().as_bytes()), Found::State(state));
    }
    let entries: Vec<_> = log::entries(data).collect();
    if !entries.is_empty() {
        let text = log::text(&entries, &[]).expect("what was read can be written");
        assert_eq!(log::entries(text.as_bytes()).collect::<Vec<_>>(), entries);
    }
    if let Ok(redo) = serde_json::from_slice::<Redo>(data) {
        for op in redo.ops.iter().filter(|op| op.is_sound()) {
            let path = op.spot().path();
            assert!(!path.starts_with('/') && path.split('/').all(|it| it != ".."), "{op:?}");
        }
    }
    if let Ok(text) = str::from_utf8(data) {
        if let Some(decoded) = name::decode(text) {
            assert_eq!(name::encode(&decoded), text);
        }
        if !text.is_empty() {
            assert_eq!(name::decode(&name::encode(text)).as_deref(), Some(text));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn the_corpus_of_records_holds() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/fs_record");
        let files = fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path());
        let files: Vec<_> = files.collect();
        assert!(files.len() >= 10, "the corpus is missing");
        for file in files {
            println!("{}", file.display());
            super::record(&fs::read(file).unwrap());
        }
    }
}
