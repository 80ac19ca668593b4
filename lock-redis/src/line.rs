//! Reading the line: it is read again whenever anybody moves, and hardly anybody has.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use lock_core::{Timestamp, Waiter};

use crate::record::{int, read_waiter};

/// The waiters that were read last, with their records after the expiry.
#[derive(Debug, Default)]
pub(crate) struct Line(Mutex<HashMap<String, (String, Option<Waiter>)>>);

impl Line {
    /// Reads the records of the `whole` line, or of some who stand in it; a record that only lives on
    /// is not read again.
    pub(crate) fn read(&self, records: &[(String, String)], whole: bool) -> Vec<Option<Waiter>> {
        // A panic elsewhere leaves at worst too few.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = HashMap::with_capacity(records.len());
        let mut line = Vec::with_capacity(records.len());
        for (id, record) in records {
            let Some((expires, rest)) = int(record) else {
                line.push(None);
                continue;
            };
            let (rest, mut waiter) = match known.remove(id) {
                Some(known) if known.0 == rest => known,
                _ => (rest.to_owned(), read_waiter(id, record)),
            };
            if let Some(waiter) = &mut waiter {
                waiter.expires_at = Timestamp::from_micros(expires);
            }
            line.push(waiter.clone());
            next.insert(id.clone(), (rest, waiter));
        }
        // Who is not in the whole line has left it. A look at one says nothing of the others, and those
        // who wait look at one far more often than at all.
        match whole {
            true => *known = next,
            false => known.extend(next),
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef-3";

    fn record(expires: i64, agent: &str) -> (String, String) {
        let body =
            format!(r#"{{"id":"{ID}","agent":"{agent}","patterns":["a"],"mode":"exclusive"}}"#);
        (ID.to_owned(), format!("{expires} 5 7 {body}"))
    }

    #[test]
    fn what_was_read_before_is_what_would_be_read_now() {
        let line = Line::default();
        for (expires, agent) in [(10, "one"), (20, "one"), (20, "two"), (30, "one")] {
            let one = record(expires, agent);
            let read = line.read(std::slice::from_ref(&one), true);
            assert_eq!(read, [read_waiter(ID, &one.1)], "{one:?}");
            assert!(read[0].is_some());
        }
        assert_eq!(line.read(&[(ID.to_owned(), "torn".to_owned())], true), [None]);
        assert_eq!(line.read(&[], true), []);
        assert!(line.0.lock().unwrap().is_empty());
    }

    /// A waiter looks at the one ahead again and again; once that forgot all the others, and each look at
    /// the whole line read every record of it anew.
    #[test]
    fn a_look_at_one_forgets_nobody() {
        let (line, other) = (Line::default(), "0123456789abcdef0123456789abcdef-4");
        let one = record(10, "one");
        let all = [one.clone(), (other.to_owned(), one.1.clone())];
        let ids = || {
            let mut ids: Vec<_> = line.0.lock().unwrap().keys().cloned().collect();
            ids.sort();
            ids
        };
        line.read(&all, true);
        line.read(&[record(20, "one")], false);
        assert_eq!(ids(), [ID, other]);
        line.read(&[], false);
        assert_eq!(ids(), [ID, other], "not there, or not asked for");
        line.read(&all[1..], true);
        assert_eq!(ids(), [other], "who has left is forgotten with the next look at all");
    }
}
