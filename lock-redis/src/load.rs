//! Asking for a scope, and reading what the script answers.

use std::time::Duration;

use lock_core::{
    AgentId, BackendError, EndingScope, HistoryEntry, Lock, Mode, Pattern, RecordId, Scope, Stamp,
    Timestamp, Token, Ttl, Version, View, host::Host,
};
use redis::Value;

use crate::{
    error::unreadable,
    line::Line,
    log::{ending_key, holder_key, read_ending, read_line},
    name::{Name, Range, ranges},
    quiet::Epoch,
    record::{LockRecord, waiter_head},
    seen::{Seen, SeenLock, SeenWaiter, State},
    words::Words,
};

/// So many waiters are asked for by name; if it were more, all.
const NAMED: usize = 500;

/// What the script answers.
#[derive(Debug)]
pub(crate) enum Reply {
    /// What there is.
    View(Box<Seen>),
    /// Committed; the stretch of this client in which that was; and the expiry and last refresh of each record that was changed or ended, as
    /// they were before; and the number of the connection.
    Done { stamp: Stamp, epoch: Option<Epoch>, before: Vec<Timestamp>, connection: u64 },
    /// It came too late to be carried out; the server's time.
    Late(Timestamp),
}

impl Reply {
    /// The server's clock at that call.
    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Self::View(seen) => seen.view.now,
            Self::Done { stamp, .. } => stamp.now,
            Self::Late(now) => *now,
        }
    }
}

/// A scope, as the script is asked for it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) ranges: Vec<Range>,
    /// 0: no waiters, 1: all, else those of `named`, and one more than there are.
    pub(crate) line: u32,
    named: Vec<RecordId>,
    pub(crate) history: Option<u64>,
    /// 0: no endings, 1: the last of each key, 2: of a holder, 3: made by a command.
    pub(crate) kind: u8,
    pub(crate) keys: Vec<String>,
}

impl Asked {
    pub(crate) fn of(scope: &Scope) -> Self {
        let (kind, keys) = match &scope.endings {
            EndingScope::None => (0, Vec::new()),
            EndingScope::Last(agent, holder, patterns) => {
                let key = |pattern: &Pattern| ending_key(agent, holder.as_ref(), pattern);
                (1, patterns.iter().map(key).collect())
            }
            EndingScope::OfHolder(agent, holder) => (2, vec![holder_key(agent, holder.as_ref())]),
            EndingScope::MadeBy(nonce) => (3, vec![nonce.to_string()]),
            // No command of this version asks for another kind.
            _ => (0, Vec::new()),
        };
        let (named, line) = match u32::try_from(scope.named.len()) {
            Ok(0) if !scope.waiters => (Vec::new(), 0),
            Ok(count) if !whole_line(scope) => (scope.named.clone(), count + 1),
            _ => (Vec::new(), 1),
        };
        let history = scope.history.map(Version::get);
        Self { ranges: ranges(&scope.locks), line, named, history, kind, keys }
    }

    /// Whether it is of one place in line and nothing else.
    pub(crate) fn is_of_a_place(&self) -> bool {
        self.line == 2 && self.ranges.is_empty() && self.kind == 0 && self.history.is_none()
    }

    /// Adds what of it is no number.
    pub(crate) fn write(&self, words: &mut Words) {
        for range in &self.ranges {
            range.write(words);
        }
        self.named.iter().for_each(|waiter| words.push(&String::from(*waiter)));
        self.keys.iter().for_each(|key| words.push(key));
    }
}

/// Whether all who wait are asked for. More does no harm, and does not cost more than so many names.
fn whole_line(scope: &Scope) -> bool {
    scope.waiters || scope.named.len() > NAMED
}

/// Reads an answer to a call with this scope, which came by that connection.
pub(crate) fn read_reply(
    value: Value,
    scope: &Scope,
    connection: u64,
    line: &Line,
) -> Result<Reply, BackendError> {
    let mut parts = match value {
        Value::BulkString(bytes) => return read_done(&bytes, connection),
        Value::Array(parts) => parts.into_iter(),
        _ => return Err(unreadable("neither a text nor an array")),
    };
    let mut next = || parts.next().ok_or_else(|| unreadable("it ends too soon"));
    match text(next()?)?.as_str() {
        "late" => Ok(Reply::Late(Timestamp::from_micros(int(next()?)?))),
        "view" => {
            let now = Timestamp::from_micros(int(next()?)?);
            let version = Version::new(unsigned(next()?)?);
            let token = Token::new(unsigned(next()?)?);
            let forgetful = int(next()?)? == 1;
            let view = View { scope: scope.clone(), now, version, forgetful, ..View::default() };
            let connection = Some(connection);
            let mut seen = Seen { view, token, connection, at: now, ..Seen::default() };
            read_locks(&mut seen, array(next()?)?)?;
            read_waiters(&mut seen, array(next()?)?, line)?;
            read_endings(&mut seen, array(next()?)?)?;
            let lines = array(next()?)?.into_iter().rev();
            let lines = lines.map(text).collect::<Result<Vec<_>, _>>()?;
            let entries = lines.iter().filter_map(|line| read_line(line));
            seen.view.history = entries.collect::<Vec<HistoryEntry>>();
            let turn = parts.next().map_or(Ok(0), unsigned)?;
            seen.turn = Duration::from_micros(turn);
            Host::current().bury(&mut seen.view);
            Ok(Reply::View(Box::new(seen)))
        }
        other => Err(unreadable(other)),
    }
}

/// `done`, the time, the version, the token, the epoch (`0`: as claimed, or none), and the times of each record that was changed or ended.
fn read_done(bytes: &[u8], connection: u64) -> Result<Reply, BackendError> {
    let mut words = std::str::from_utf8(bytes).unwrap_or_default().split(' ');
    if words.next() != Some("done") {
        return Err(unreadable("neither done nor a view"));
    }
    let mut next = || words.next()?.parse::<u64>().ok();
    let (Some(now), Some(version), Some(token)) = (next(), next(), next()) else {
        return Err(unreadable("numbers are missing"));
    };
    let epoch = words.next().and_then(|word| {
        let (token, version) = word.split_once('.')?;
        Some(Epoch { token: token.parse().ok()?, version: version.parse().ok()? })
    });
    let now = Timestamp::from_micros(now.try_into().unwrap_or(i64::MAX));
    let stamp = Stamp { now, version: Version::new(version), token: Token::new(token) };
    let before = words.map(|word| word.parse().map(Timestamp::from_micros));
    let before = before.collect::<Result<_, _>>().map_err(|_| unreadable("a time is no number"))?;
    Ok(Reply::Done { stamp, epoch, before, connection })
}

fn read_locks(seen: &mut Seen, parts: Vec<Value>) -> Result<(), BackendError> {
    let now = seen.view.now.as_micros();
    let mut parts = parts.into_iter();
    while let (Some(stored), Some(name), Some(record)) = (parts.next(), parts.next(), parts.next())
    {
        let (stored, name, record) = (text(stored)?, text(name)?, text(record)?);
        // Found by its agent, its other entry follows from its body.
        let name = if name.starts_with('a') { name } else { String::new() };
        let id: Option<RecordId> = stored.parse().ok();
        let read = id.map(|id| LockRecord::read(id, &record));
        let head = read.as_ref().and_then(|read| read.head);
        let indexed = Name::read(&name);
        let expires = head.map(|head| head.expires).or_else(|| {
            let acquired = indexed.as_ref()?.acquired;
            Some(acquired.saturating_add(micros(Ttl::default().duration())))
        });
        let live = expires.is_none_or(|expires| now < expires);
        let state = head.map(|head| State { token: head.token, revision: head.revision });
        let lock = SeenLock { id: stored, name, live, state };
        let Some(id) = id else {
            seen.locks.push(lock);
            continue;
        };
        seen.push_lock(id, lock);
        let damaged = || indexed.as_ref().and_then(|name| damaged(name, expires));
        // One whose pattern is not even in the index stands in no way: `doctor` reports it.
        seen.view.locks.extend(read.and_then(|read| read.lock).or_else(damaged));
    }
    Ok(())
}

/// A lock that nobody can read: its pattern is held, by nobody known.
fn damaged(name: &Name, expires: Option<i64>) -> Option<Lock> {
    let acquired = Timestamp::from_micros(name.acquired);
    Some(Lock {
        id: name.id,
        pattern: name.pattern.clone(),
        agent: AgentId::new(Lock::UNKNOWN_AGENT).ok()?,
        holder: None,
        mode: Mode::Exclusive,
        reason: None,
        ttl: Ttl::default(),
        acquired_at: acquired,
        waited_since: None,
        refreshed_at: acquired,
        expires_at: Timestamp::from_micros(expires?),
        token: Token::ZERO,
        processes: Vec::new(),
        damaged: true,
        extra: serde_json::Map::new(),
    })
}

fn read_waiters(seen: &mut Seen, parts: Vec<Value>, line: &Line) -> Result<(), BackendError> {
    let now = seen.view.now.as_micros();
    let mut parts = parts.into_iter();
    let mut records = Vec::new();
    while let (Some(id), Some(record)) = (parts.next(), parts.next()) {
        records.push((text(id)?, text(record)?));
    }
    seen.view.waiters =
        line.read(&records, whole_line(&seen.view.scope)).into_iter().flatten().collect();
    for (id, record) in records {
        let head = waiter_head(&record);
        let live = head.is_some_and(|(expires, _)| now < expires);
        let ticket = head.map_or("", |(_, ticket)| ticket).to_owned();
        seen.waiters.push(SeenWaiter { id, ticket, live });
    }
    Ok(())
}

fn read_endings(seen: &mut Seen, parts: Vec<Value>) -> Result<(), BackendError> {
    let count = parts.len();
    let mut endings = Vec::with_capacity(count);
    for part in parts {
        endings.extend(read_ending(&text(part)?));
    }
    // They come with the latest first, also within one step.
    endings.reverse();
    endings.sort_by_key(|(version, _)| *version);
    let latest = endings.last().map_or(String::new(), |(v, _)| format!("{:016}", v.get()));
    seen.endings = format!("{count} {latest}");
    seen.view.endings = endings.into_iter().map(|(_, ending)| ending).collect();
    Ok(())
}

/// Whole microseconds.
pub(crate) fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

fn array(value: Value) -> Result<Vec<Value>, BackendError> {
    match value {
        Value::Array(parts) => Ok(parts),
        _ => Err(unreadable("no array")),
    }
}

/// Bytes that are no UTF-8 make a record that cannot be read, not an answer that cannot.
fn text(value: Value) -> Result<String, BackendError> {
    match value {
        Value::BulkString(bytes) => Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())),
        _ => Err(unreadable("no text")),
    }
}

fn int(value: Value) -> Result<i64, BackendError> {
    match value {
        Value::Int(number) => Ok(number),
        _ => Err(unreadable("no number")),
    }
}

fn unsigned(value: Value) -> Result<u64, BackendError> {
    u64::try_from(int(value)?).map_err(|_| unreadable("a negative number"))
}
