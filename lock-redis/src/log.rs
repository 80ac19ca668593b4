//! The log and the remembered endings as text.
//!
//! `A version at nonce record`, `E version at nonce ending`; and an ending is
//! `e` and then `agent NUL holder NUL pattern NUL version until from token {json}`: sorted by bytes,
//! the endings of one agent, holder and pattern stand together, the latest last.

use std::borrow::Cow;

use lock_core::{
    AgentId, Cause, Ending, HistoryEntry, HolderId, Lock, Mode, Nonce, Pattern, Reason, RecordId,
    Timestamp, Token, Version,
};
use serde::{Deserialize, Serialize};

use crate::{
    record::{LockRecord, int, json_after},
    words::{push_number, together},
};

/// What an ending's numbers and key do not say.
#[derive(Serialize, Deserialize)]
struct EndingBody<'a> {
    id: RecordId,
    mode: Mode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'a, Reason>>,
    ended: Cause,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<Cow<'a, str>>,
    nonce: Nonce,
}

/// What the endings of this agent and holder on this pattern begin with.
pub(crate) fn ending_key(agent: &AgentId, holder: Option<&HolderId>, pattern: &Pattern) -> String {
    let holder = holder.map_or("", HolderId::as_str);
    together(&["e", agent.as_str(), "\0", holder, "\0", pattern.as_str(), "\0"])
}

/// What the endings of this agent and holder begin with.
pub(crate) fn holder_key(agent: &AgentId, holder: Option<&HolderId>) -> String {
    together(&["e", agent.as_str(), "\0", holder.map_or("", HolderId::as_str), "\0"])
}

/// The end of an ending, after its key, its version and the time, which the script fills in.
pub(crate) fn ending_tail(
    lock: &Lock,
    ended: Cause,
    by: Option<&str>,
    note: Option<&str>,
    nonce: Nonce,
) -> String {
    let mut numbers = String::with_capacity(512);
    push_number(&mut numbers, lock.acquired_at.as_micros());
    numbers.push(' ');
    push_number(&mut numbers, lock.token.get());
    numbers.push(' ');
    let body = EndingBody {
        id: lock.id,
        mode: lock.mode,
        reason: lock.reason.as_ref().map(Cow::Borrowed),
        ended,
        by: by.map(Cow::Borrowed),
        note: note.map(Cow::Borrowed),
        nonce,
    };
    json_after(numbers, &body)
}

/// Reads an ending, with the version that it was made by.
pub(crate) fn read_ending(text: &str) -> Option<(Version, Ending)> {
    let (agent, rest) = text.strip_prefix('e')?.split_once('\0')?;
    let (holder, rest) = rest.split_once('\0')?;
    let (pattern, rest) = rest.split_once('\0')?;
    let (version, rest) = int(rest)?;
    let (until, rest) = int(rest)?;
    let (from, rest) = int(rest)?;
    let (token, rest) = int(rest)?;
    let body: EndingBody<'_> = serde_json::from_str(rest).ok()?;
    let ending = Ending {
        id: body.id,
        pattern: Pattern::parse(pattern).ok()?,
        agent: AgentId::new(agent).ok()?,
        holder: HolderId::new(holder),
        mode: body.mode,
        reason: body.reason.map(Cow::into_owned),
        token: Token::new(token.unsigned_abs()),
        from: Timestamp::from_micros(from),
        until: Timestamp::from_micros(until),
        ended: body.ended,
        by: body.by.map(Cow::into_owned),
        note: body.note.map(Cow::into_owned),
        nonce: body.nonce,
    };
    Some((Version::new(version.unsigned_abs()), ending))
}

/// Reads a line of the log. A line that cannot be read is nobody's history.
pub(crate) fn read_line(text: &str) -> Option<HistoryEntry> {
    let (kind, rest) = text.split_once(' ')?;
    let (version, rest) = int(rest)?;
    let (at, rest) = int(rest)?;
    let (_, rest) = rest.split_once(' ')?;
    let version = Version::new(version.unsigned_abs());
    let at = Timestamp::from_micros(at);
    match kind {
        "A" => {
            let lock = LockRecord::read_any(rest)?;
            Some(HistoryEntry::Acquired { version, at, lock })
        }
        "E" => Some(HistoryEntry::Ended { version, at, ending: read_ending(rest)?.1 }),
        _ => None,
    }
}
