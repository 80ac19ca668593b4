//! What stands in the file of a lock or a waiter.

use std::{borrow::Cow, fmt};

use lock_core::{
    Decision, Lock, RecordId, Ttl, Waiter,
    host::{Host, LeaseMark, Moment},
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value};

/// The format of a record. A record of a later one is not read.
const FORMAT: u32 = 1;

/// The largest record, in bytes: several times what the limits on its fields allow.
pub(crate) const LARGEST: usize = 64 * 1024;

/// Room for most records.
const USUAL: usize = 512;

/// What a newer version wrote beside what we know.
pub(crate) type Extra = Map<String, Value>;

#[derive(Serialize)]
struct WaiterOut<'a> {
    format: u32,
    waiter: &'a Waiter,
    lease: LeaseMark,
}

/// The text of a lock's file.
pub(crate) fn of_lock(
    lock: &Lock,
    extra: Option<&Extra>,
    host: &Host,
    moment: Moment,
) -> serde_json::Result<String> {
    let lease = host.mark(moment, lock.expires_at);
    of_parts(&json(lock)?, &lease, extra)
}

/// The lock's own text, as it stands in its file and in the log.
pub(crate) fn json(lock: &Lock) -> serde_json::Result<String> {
    let mut text = Vec::with_capacity(USUAL);
    serde_json::to_writer(&mut text, lock)?;
    String::from_utf8(text).map_err(serde::ser::Error::custom)
}

/// The same, where the lock's own text is there already.
pub(crate) fn of_parts(
    lock: &str,
    lease: &LeaseMark,
    extra: Option<&Extra>,
) -> serde_json::Result<String> {
    let mut text = Vec::with_capacity(USUAL);
    text.extend_from_slice(format!(r#"{{"format":{FORMAT},"lock":"#).as_bytes());
    text.extend_from_slice(lock.as_bytes());
    text.extend_from_slice(br#","lease":"#);
    serde_json::to_writer(&mut text, lease)?;
    for (key, value) in extra.into_iter().flatten() {
        text.push(b',');
        serde_json::to_writer(&mut text, key)?;
        text.push(b':');
        serde_json::to_writer(&mut text, value)?;
    }
    text.push(b'}');
    whole(text)
}

/// The text of a waiter's file.
pub(crate) fn of_waiter(
    waiter: &Waiter,
    host: &Host,
    moment: Moment,
) -> serde_json::Result<String> {
    text(&WaiterOut { format: FORMAT, waiter, lease: host.mark(moment, waiter.expires_at) })
}

fn text(out: &impl Serialize) -> serde_json::Result<String> {
    let mut text = Vec::with_capacity(USUAL);
    serde_json::to_writer(&mut text, out)?;
    whole(text)
}

fn whole(mut text: Vec<u8>) -> serde_json::Result<String> {
    text.push(b'\n');
    if text.len() > LARGEST {
        return Err(serde::ser::Error::custom(format!("a record has at most {LARGEST} bytes")));
    }
    String::from_utf8(text).map_err(serde::ser::Error::custom)
}

struct LockIn {
    format: u32,
    lock: Lock,
    lease: Option<LeaseMark>,
    extra: Extra,
}

/// A waiter as it stands in its file.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct WaiterIn {
    format: u32,
    waiter: Waiter,
    lease: Option<LeaseMark>,
}

/// Written out: derived with `flatten`, it would copy every record once before reading it.
impl<'de> Deserialize<'de> for LockIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LockVisitor)
    }
}

struct LockVisitor;

impl<'de> Visitor<'de> for LockVisitor {
    type Value = LockIn;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a lock's record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LockIn, A::Error> {
        let (mut format, mut lock, mut lease, mut extra) = (None, None, None, Extra::new());
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match &*key {
                "format" => format = Some(map.next_value()?),
                "lock" => lock = Some(map.next_value()?),
                "lease" => lease = map.next_value()?,
                _ => drop(extra.insert(key.into_owned(), map.next_value()?)),
            }
        }
        let format = format.ok_or_else(|| A::Error::missing_field("format"))?;
        let lock = lock.ok_or_else(|| A::Error::missing_field("lock"))?;
        Ok(LockIn { format, lock, lease, extra })
    }
}

/// A lock as it stands in its file.
pub(crate) struct Read {
    /// The lock, with its expiry on this machine's clock.
    pub(crate) lock: Lock,
    /// Whether its lease was marked on another boot or host.
    pub(crate) foreign: bool,
    pub(crate) extra: Extra,
}

/// The lock in the text of a file, as of `moment`; `None` if there is none.
pub(crate) fn lock(bytes: &[u8], host: &Host, moment: Moment) -> Option<Read> {
    let LockIn { lock, lease, extra, .. } =
        read::<LockIn>(bytes).filter(|record| record.format == FORMAT)?;
    Some(Read { extra, ..as_of(lock, lease.as_ref(), host, moment) })
}

/// The lock that a file says, which holds nothing else.
pub(crate) fn as_of(
    mut lock: Lock,
    lease: Option<&LeaseMark>,
    host: &Host,
    moment: Moment,
) -> Read {
    let reading = host.read(moment, lease, lock.expires_at, lock.ttl);
    lock.expires_at = reading.expires_at;
    Read { lock, foreign: reading.foreign, extra: Extra::new() }
}

/// The waiter in the text of a file; `None` if there is none.
pub(crate) fn waiter(bytes: &[u8]) -> Option<WaiterIn> {
    read::<WaiterIn>(bytes).filter(|record| record.format == FORMAT)
}

impl WaiterIn {
    pub(crate) fn id(&self) -> RecordId {
        self.waiter.id
    }

    /// The waiter, with its expiry on this machine's clock as of `moment`.
    pub(crate) fn at(&self, host: &Host, moment: Moment) -> Waiter {
        let ttl = Ttl::new(Decision::WAITER_TTL).unwrap_or_default();
        let reading = host.read(moment, self.lease.as_ref(), self.waiter.expires_at, ttl);
        Waiter { expires_at: reading.expires_at, ..self.waiter.clone() }
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}
