//! What stands in the file of a lock or a waiter.

use lock_core::{
    Decision, Lock, Ttl, Waiter,
    host::{Host, LeaseMark, Moment},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The format of a record. A record of a later one is not read.
const FORMAT: u32 = 1;

/// The largest record, in bytes: several times what the limits on its fields allow.
pub(crate) const LARGEST: usize = 64 * 1024;

#[derive(Serialize)]
struct LockOut<'a> {
    format: u32,
    lock: &'a Lock,
    lease: LeaseMark,
}

#[derive(Serialize)]
struct WaiterOut<'a> {
    format: u32,
    waiter: &'a Waiter,
    lease: LeaseMark,
}

/// The text of a lock's file.
pub(crate) fn of_lock(lock: &Lock, host: &Host, moment: Moment) -> serde_json::Result<String> {
    text(&LockOut { format: FORMAT, lock, lease: host.mark(moment, lock.expires_at) })
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
    let mut text = serde_json::to_string(out)?;
    text.push('\n');
    if text.len() > LARGEST {
        return Err(serde::ser::Error::custom(format!("a record has at most {LARGEST} bytes")));
    }
    Ok(text)
}

#[derive(Deserialize)]
struct LockIn {
    format: u32,
    lock: Lock,
    lease: Option<LeaseMark>,
}

#[derive(Deserialize)]
struct WaiterIn {
    format: u32,
    waiter: Waiter,
    lease: Option<LeaseMark>,
}

/// The lock in the text of a file, with its expiry on this machine's clock as of `moment`, and
/// whether its lease was marked on another boot or host; `None` if there is none.
pub(crate) fn lock(bytes: &[u8], host: &Host, moment: Moment) -> Option<(Lock, bool)> {
    let LockIn { mut lock, lease, .. } =
        read::<LockIn>(bytes).filter(|record| record.format == FORMAT)?;
    let reading = host.read(moment, lease.as_ref(), lock.expires_at, lock.ttl);
    lock.expires_at = reading.expires_at;
    Some((lock, reading.foreign))
}

/// The waiter in the text of a file, like [`lock`].
pub(crate) fn waiter(bytes: &[u8], host: &Host, moment: Moment) -> Option<Waiter> {
    let WaiterIn { mut waiter, lease, .. } =
        read::<WaiterIn>(bytes).filter(|record| record.format == FORMAT)?;
    let ttl = Ttl::new(Decision::WAITER_TTL).unwrap_or_default();
    let reading = host.read(moment, lease.as_ref(), waiter.expires_at, ttl);
    waiter.expires_at = reading.expires_at;
    Some(waiter)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}
