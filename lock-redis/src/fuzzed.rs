//! What a fuzzer asks of this crate, and what the tests ask again with its corpus.
//!
//! Built for tests and under `cfg(fuzzing)` only. Each check panics when a promise is broken.

#![allow(clippy::expect_used, clippy::panic, reason = "a check that fails is a find")]

use std::str;

use crate::{
    RedisOptions, log,
    name::{self, Name},
    record::{self, LockBody, LockRecord, json},
};

/// Whatever stands where a record, a name or a line of the log should: it is read or it is not,
/// and a lock that is read is written back as the same.
pub fn record(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    if let Some(lock) = LockRecord::read_any(text) {
        let head = LockRecord::read(lock.id, text).head.expect("it was read");
        let numbers = format!(
            "{} {} {} {} {}",
            head.expires, head.refreshed, head.acquired, head.token, head.revision
        );
        let again = format!("{numbers} {}", json(&LockBody::of(&lock)));
        let again = LockRecord::read(lock.id, &again).lock.expect("our own text");
        // Numbers that we do not know need not be the same to the last digit.
        assert!(again.extra.keys().eq(lock.extra.keys()));
        let extra = lock.extra.clone();
        assert_eq!(lock_core::Lock { extra, ..again }, lock);
        let named = name::name(&lock.pattern, &String::from(lock.id), lock.acquired_at);
        assert!(Name::read(&named).is_some(), "{named:?}");
    }
    let (id, rest) = text.split_once(' ').unwrap_or(("", text));
    if let Some(waiter) = record::read_waiter(id, rest) {
        assert_eq!(String::from(waiter.id), id);
        assert!(record::waiter_head(rest).is_some(), "{rest:?}");
    }
    let _ = (log::read_ending(text), log::read_line(text), Name::read(text));
}

/// Whatever text is read as a server's URL: nothing of it moves a cursor or tells a password.
pub fn url(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let shown = match RedisOptions::from_url(text) {
        Ok(options) => format!("{options} {options:?}"),
        Err(error) => error.to_string(),
    };
    assert!(!shown.contains(char::is_control), "{shown:?}");
    let told = |password: &str| text.matches(password).count() == 1 && shown.contains(password);
    let authority = text.split_once("//").and_then(|(_, rest)| rest.rsplit_once('@'));
    if let Some((_, password)) = authority.and_then(|(credentials, _)| credentials.split_once(':'))
    {
        let odd = password.len() > 6 && password.bytes().all(|byte| byte.is_ascii_alphanumeric());
        assert!(!odd || !told(password), "{shown:?}");
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    fn replay(target: &str, check: fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
        let files = fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path());
        let files: Vec<_> = files.collect();
        assert!(files.len() >= 10, "the corpus of {target} is missing");
        for file in files {
            println!("{}", file.display());
            check(&fs::read(file).unwrap());
        }
    }

    #[test]
    fn the_corpus_of_records_holds() {
        replay("redis_record", super::record);
    }

    #[test]
    fn the_corpus_of_urls_holds() {
        replay("redis_url", super::url);
    }
}
