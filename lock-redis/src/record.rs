//! Records as text: `expires refreshed acquired token revision {json}`.
//!
//! What the script fills in or compares stands in front as numbers, times in microseconds since
//! the epoch; it never looks into the JSON, which holds everything else.

use lock_core::{
    AgentId, HolderId, Lock, Mode, Pattern, Process, Reason, RecordId, Timestamp, Token, Ttl,
    Waiter,
};
use serde::{Deserialize, Serialize};

/// The part of a lock's record that only a change of its own revision touches.
#[derive(Serialize)]
pub(crate) struct LockBody<'a> {
    pub(crate) id: RecordId,
    pub(crate) pattern: &'a Pattern,
    pub(crate) agent: &'a AgentId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) holder: Option<&'a HolderId>,
    pub(crate) mode: Mode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'a Reason>,
    pub(crate) ttl_ms: Ttl,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) processes: &'a [Process],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waited_since: Option<Timestamp>,
    #[serde(flatten)]
    pub(crate) extra: &'a serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct OwnedLockBody {
    id: RecordId,
    pattern: Pattern,
    agent: AgentId,
    #[serde(default)]
    holder: Option<HolderId>,
    mode: Mode,
    #[serde(default)]
    reason: Option<Reason>,
    ttl_ms: Ttl,
    #[serde(default)]
    processes: Vec<Process>,
    #[serde(default)]
    waited_since: Option<Timestamp>,
    #[serde(flatten)]
    extra: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct WaiterBody {
    id: RecordId,
    agent: AgentId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holder: Option<HolderId>,
    patterns: Vec<Pattern>,
    mode: Mode,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    processes: Vec<Process>,
}

/// A lock's record, as far as it can be read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LockRecord {
    /// What stands in front; none if it does not.
    pub(crate) head: Option<Head>,
    /// All of it.
    pub(crate) lock: Option<Lock>,
}

/// The numbers in front of a lock's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) expires: i64,
    pub(crate) refreshed: i64,
    pub(crate) acquired: i64,
    pub(crate) token: u64,
    pub(crate) revision: u64,
}

impl<'a> LockBody<'a> {
    pub(crate) fn of(lock: &'a Lock) -> Self {
        Self {
            id: lock.id,
            pattern: &lock.pattern,
            agent: &lock.agent,
            holder: lock.holder.as_ref(),
            mode: lock.mode,
            reason: lock.reason.as_ref(),
            ttl_ms: lock.ttl,
            processes: &lock.processes,
            waited_since: lock.waited_since,
            extra: &lock.extra,
        }
    }
}

/// The JSON of a waiter's record.
pub(crate) fn waiter_body(waiter: &Waiter) -> String {
    json(&WaiterBody {
        id: waiter.id,
        agent: waiter.agent.clone(),
        holder: waiter.holder.clone(),
        patterns: waiter.patterns.clone(),
        mode: waiter.mode,
        processes: waiter.processes.clone(),
    })
}

/// None of our bodies has a key or a value that JSON cannot hold.
pub(crate) fn json(body: &impl Serialize) -> String {
    json_after(String::with_capacity(512), body)
}

/// The same, with something in front.
pub(crate) fn json_after(text: String, body: &impl Serialize) -> String {
    let mut text = text.into_bytes();
    match serde_json::to_writer(&mut text, body) {
        Ok(()) => String::from_utf8(text).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

impl LockRecord {
    /// Reads a record. The id that it is stored under must be the one in it.
    pub(crate) fn read(id: RecordId, text: &str) -> Self {
        let read = Self::read_head(text);
        Self { lock: read.lock.filter(|lock| lock.id == id), ..read }
    }

    /// Reads a record that stands alone.
    pub(crate) fn read_any(text: &str) -> Option<Lock> {
        Self::read_head(text).lock
    }

    fn read_head(text: &str) -> Self {
        let Some((head, body)) = Head::read(text) else { return Self { head: None, lock: None } };
        let body = serde_json::from_str::<OwnedLockBody>(body).ok();
        let lock = body.map(|body| Lock {
            id: body.id,
            pattern: body.pattern,
            agent: body.agent,
            holder: body.holder,
            mode: body.mode,
            reason: body.reason,
            ttl: body.ttl_ms,
            acquired_at: Timestamp::from_micros(head.acquired),
            waited_since: body.waited_since,
            refreshed_at: Timestamp::from_micros(head.refreshed),
            expires_at: Timestamp::from_micros(head.expires),
            token: Token::new(head.token),
            processes: body.processes,
            damaged: false,
            extra: body.extra,
        });
        Self { head: Some(head), lock }
    }
}

impl Head {
    fn read(text: &str) -> Option<(Self, &str)> {
        let (expires, text) = int(text)?;
        let (refreshed, text) = int(text)?;
        let (acquired, text) = int(text)?;
        let (token, text) = int(text)?;
        let (revision, text) = int(text)?;
        text.starts_with('{').then_some(())?;
        let (token, revision) = (token.unsigned_abs(), revision.unsigned_abs());
        Some((Self { expires, refreshed, acquired, token, revision }, text))
    }
}

/// A waiter from its id and its record.
pub(crate) fn read_waiter(id: &str, text: &str) -> Option<Waiter> {
    let (expires, text) = int(text)?;
    let (since, text) = int(text)?;
    let (ticket, text) = int(text)?;
    let body: WaiterBody = serde_json::from_str(text).ok()?;
    (id.parse() == Ok(body.id)).then(|| Waiter {
        id: body.id,
        agent: body.agent,
        holder: body.holder,
        patterns: body.patterns,
        mode: body.mode,
        ticket: ticket.unsigned_abs(),
        since: Timestamp::from_micros(since),
        expires_at: Timestamp::from_micros(expires),
        processes: body.processes,
    })
}

/// The expiry and the ticket in front of a waiter's record, whatever follows.
pub(crate) fn waiter_head(text: &str) -> Option<(i64, &str)> {
    let (expires, text) = int(text)?;
    let (_, text) = int(text)?;
    let (ticket, rest) = text.split_once(' ')?;
    let digits = !ticket.is_empty() && ticket.bytes().all(|b| b.is_ascii_digit());
    (digits && rest.starts_with('{')).then_some((expires, ticket))
}

/// A number of plain digits, and what follows the space after it.
pub(crate) fn int(text: &str) -> Option<(i64, &str)> {
    let (digits, rest) = text.split_once(' ')?;
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    Some((digits.parse().ok().filter(|_| plain)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let mut extra = serde_json::Map::new();
        extra.insert("colour".to_owned(), "red".into());
        Lock {
            id: "0123456789abcdef0123456789abcdef-3".parse().unwrap(),
            pattern: Pattern::parse("src/*.rs").unwrap(),
            agent: AgentId::new("agent-7").unwrap(),
            holder: HolderId::new("abc.def"),
            mode: Mode::Shared,
            reason: Some(Reason::new("two\nlines").unwrap()),
            ttl: Ttl::default(),
            acquired_at: Timestamp::from_micros(10),
            waited_since: Some(Timestamp::from_micros(5)),
            refreshed_at: Timestamp::from_micros(20),
            expires_at: Timestamp::from_micros(1_764_000_000_123_456),
            token: Token::MAX,
            processes: Vec::new(),
            damaged: false,
            extra,
        }
    }

    #[test]
    fn a_lock_survives_its_text() {
        let lock = lock();
        let text =
            format!("1764000000123456 20 10 9007199254740991 4 {}", json(&LockBody::of(&lock)));
        let record = LockRecord::read(lock.id, &text);
        assert_eq!(record.lock.as_ref(), Some(&lock));
        assert_eq!(record.head.unwrap().revision, 4);
    }

    #[test]
    fn what_cannot_be_read_is_none_and_keeps_the_numbers_that_can() {
        let id = lock().id;
        for text in ["", "{}", "1 2 3 4 5", "1 2 3 4 -5 {}", "1 2 3 x 5 {}", "1  2 3 4 5 {}"] {
            assert_eq!(LockRecord::read(id, text), LockRecord { head: None, lock: None }, "{text}");
        }
        let other = format!("1 2 3 4 5 {}", json(&LockBody::of(&lock())).replace("-3", "-4"));
        for text in ["1 2 3 4 5 {", "1 2 3 4 5 {}", &other] {
            let record = LockRecord::read(id, text);
            assert_eq!((record.head.unwrap().expires, record.lock), (1, None), "{text}");
        }
    }
}
