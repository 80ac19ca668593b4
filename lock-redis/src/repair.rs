//! Finding what is not as it should be in a namespace, and mending what can be mended.
//!
//! Nothing is deleted: what goes is kept, a record in the hash `quarantine` and a key of another
//! type under another name. And no live lock is freed: what cannot be read holds its pattern until
//! its time is over, and a lock that no search finds is put back only where nobody was granted
//! its place meanwhile.

use std::collections::HashMap;

use lock_core::{BackendError, Check, Findings, Lock, RecordId, Timestamp, Ttl};
use redis::{Value, cmd};

use crate::{
    error::{Call, unreadable},
    load::micros,
    log::read_line,
    name::{Name, agent_name, name},
    record::{LockRecord, read_waiter},
    script::KEYS,
    store::Store,
};

const SCRIPT: &str = include_str!("lua/repair.lua");

/// What each of the keys is.
const KINDS: [&str; 6] = ["hash", "zset", "hash", "list", "hash", "hash"];

/// How far the version jumps when it had to be guessed: more steps than can have been forgotten.
const JUMP: u64 = 1 << 20;

/// Something that is not as it should be, and the act that mends it; none if only time does.
struct Sick {
    said: String,
    act: Option<Vec<String>>,
}

fn act(words: &[&str]) -> Option<Vec<String>> {
    Some(words.iter().map(|word| (*word).to_owned()).collect())
}

/// Looks at all that the namespace holds, and mends it if told to.
pub(crate) async fn checks(store: &Store, mend: bool) -> Result<Vec<Check>, BackendError> {
    let (seconds, part): (i64, i64) = ask(store, &["TIME"]).await?;
    let now = seconds * 1_000_000 + part;
    let mut checks = vec![settle("keys", "keys", keys(store, now).await?, store, mend).await?];
    if checks.iter().any(|check| !check.ok) {
        // What lies in their place cannot be read as one of ours.
        return Ok(checks);
    }
    let key = |name: &str| store.keys.named(name);
    let data: HashMap<String, String> = ask(store, &["HGETALL", &key("data")]).await?;
    let index: Vec<String> = ask(store, &["ZRANGEBYLEX", &key("index"), "-", "+"]).await?;
    let waiters: HashMap<String, String> = ask(store, &["HGETALL", &key("waiters")]).await?;
    let log: Vec<String> = ask(store, &["LRANGE", &key("log"), "0", "-1"]).await?;
    let places = (data.len(), places(&data, &index, &log, now));
    let line = waiters.iter().filter(|(id, text)| read_waiter(id, text).is_none());
    let line = line.map(|(id, text)| Sick {
        said: "a waiter cannot be read".to_owned(),
        act: act(&["field", "3", id, text, &format!("waiter:{now}:{id}")]),
    });
    let line = (waiters.len(), line.collect());
    let torn = log.iter().enumerate().filter(|(_, line)| read_line(line).is_none());
    let history = torn.map(|(number, line)| Sick {
        said: format!("entry {number} cannot be read"),
        act: act(&["line", line, &format!("log:{now}:{number}")]),
    });
    let history = (log.len(), history.collect());
    for (check, what, found) in
        [("places", "fields", places), ("line", "waiters", line), ("history", "entries", history)]
    {
        checks.push(settle(check, what, found, store, mend).await?);
    }
    Ok(checks)
}

async fn settle(
    check: &str,
    what: &str,
    (total, sick): (usize, Vec<Sick>),
    store: &Store,
    mend: bool,
) -> Result<Check, BackendError> {
    let mut findings = Findings { total, ..Findings::default() };
    for Sick { said, act } in sick {
        let mended = match act {
            Some(act) if mend => carry_out(store, &act).await? > 0,
            _ => false,
        };
        if mended { findings.mended += 1 } else { findings.left.push(said) }
    }
    Ok(findings.check(check, what))
}

/// Keys of another type in place of ours.
async fn keys(store: &Store, now: i64) -> Result<(usize, Vec<Sick>), BackendError> {
    let mut sick = Vec::new();
    let mut broken = Vec::new();
    for (number, (short, kind)) in (1..).zip(KEYS.into_iter().zip(KINDS)) {
        let key = store.keys.named(short);
        let found: String = ask(store, &["TYPE", &key]).await?;
        if found != kind && found != "none" {
            let aside = store.keys.named(&format!("broken:{now}:{short}"));
            let act = act(&["key", &format!("{number}"), kind, &aside]);
            sick.push(Sick { said: format!("{key} is a {found}, not a {kind}"), act });
            broken.push(short);
        }
    }
    // The numbers went with the data; the log says what they were, at least.
    if broken.contains(&"data") && !broken.contains(&"log") {
        let last: Vec<String> =
            ask(store, &["LRANGE", &store.keys.named("log"), "-1", "-1"]).await?;
        let version = last.iter().find_map(|line| read_line(line));
        let version = version.map_or(0, |entry| entry.version().get());
        let (version, token) = ((version + JUMP).to_string(), now.to_string());
        let act = act(&["numbers", &version, &token]);
        sick.push(Sick { said: "the version and the last token are lost".to_owned(), act });
    }
    Ok((KEYS.len(), sick))
}

/// Locks that no search finds, entries of nothing, and records that nobody can read.
fn places(data: &HashMap<String, String>, index: &[String], log: &[String], now: i64) -> Vec<Sick> {
    let mut sick = Vec::new();
    let mut indexed: HashMap<RecordId, &str> = HashMap::new();
    let keep = |what: &str, id: &str| format!("{what}:{now}:{id}");
    for member in index {
        match (member.get(..1), Name::read(member)) {
            (Some("a"), Some(name)) => drop(indexed.insert(name.id, member)),
            (Some("e" | "g"), _) => {}
            _ => sick.push(Sick {
                said: "an entry of the index cannot be read".to_owned(),
                act: act(&["entry", member, &keep("index", member)]),
            }),
        }
    }
    let read = |id: RecordId, text: &str| LockRecord::read(id, text);
    let locks: Vec<(RecordId, Lock)> = data
        .iter()
        .filter_map(|(field, text)| Some((field.parse().ok()?, text)))
        .filter_map(|(id, text)| Some((id, read(id, text).lock?)))
        .collect();
    let live = |lock: &&Lock| now < lock.expires_at.as_micros();
    for (id, lock) in locks.iter().filter(|(id, _)| !indexed.contains_key(id)) {
        let meets = |other: &&(RecordId, Lock)| {
            indexed.contains_key(&other.0)
                && live(&&other.1)
                && other.1.pattern.meets(&lock.pattern)
        };
        let taken = locks.iter().any(|other| meets(&other));
        let text = data.get(&id.to_string()).map_or("", String::as_str);
        let id_text = String::from(*id);
        let entry = name(&lock.pattern, &id_text, lock.acquired_at);
        let agent = agent_name(&lock.agent, &id_text);
        let said = format!("the lock of {} is not where it would be looked for", lock.pattern);
        sick.push(match (live(&lock), taken) {
            (true, true) => {
                Sick { said: format!("{said}, and its path was granted meanwhile"), act: None }
            }
            (true, false) => {
                Sick { said, act: act(&["index", &id.to_string(), text, &entry, &agent]) }
            }
            (false, _) => Sick {
                said,
                act: act(&["field", "1", &id.to_string(), text, &keep("lock", &id.to_string())]),
            },
        });
    }
    for (id, member) in indexed {
        let field = id.to_string();
        let text = data.get(&field).map_or("", String::as_str);
        let record = read(id, text);
        let Some(name) = Name::read(member).filter(|_| record.lock.is_none()) else { continue };
        let lease = micros(Ttl::default().duration());
        let due = record.head.map_or(name.acquired.saturating_add(lease), |head| head.expires);
        let said = format!("the lock of {} cannot be read", name.pattern);
        if now < due {
            let until = Timestamp::from_micros(due);
            sick.push(Sick { said: format!("{said}, held until {until}"), act: None });
            continue;
        }
        let mut both = act(&["entry", member, &keep("index", &field)]).unwrap_or_default();
        both.extend(act(&["field", "1", &field, text, &keep("lock", &field)]).unwrap_or_default());
        sick.push(Sick { said, act: Some(both) });
    }
    let ending = |line: &String| line.starts_with('E');
    if log.iter().any(ending) && !index.iter().any(|member| member.starts_with('e')) {
        let act = act(&["endings"]);
        sick.push(Sick { said: "the endings are not in the index".to_owned(), act });
    }
    sick
}

/// Carries an act out; how much of it was still as it was found.
async fn carry_out(store: &Store, act: &[String]) -> Result<i64, BackendError> {
    let make = |_| {
        let mut call = cmd("EVAL");
        call.arg(SCRIPT).arg(KEYS.len());
        for key in KEYS {
            call.arg(store.keys.named(key));
        }
        call.arg(act);
        Ok(call)
    };
    match store.connection.call(Call::Sent, make).await?.0 {
        Value::Int(done) => Ok(done),
        _ => Err(unreadable("no number")),
    }
}

async fn ask<T: redis::FromRedisValue>(store: &Store, words: &[&str]) -> Result<T, BackendError> {
    let make = |_| {
        let mut call = redis::Cmd::new();
        words.iter().for_each(|word| {
            call.arg(*word);
        });
        Ok(call)
    };
    let value = store.connection.call(Call::Harmless, make).await?.0;
    redis::from_redis_value(value).map_err(|_| unreadable("an answer to the doctor"))
}
