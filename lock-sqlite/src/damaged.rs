//! A record that cannot be read holds its pattern all the same.

use lock_core::{
    AgentId, Lock, Mode, Nonce, Pattern, RecordId, Timestamp, Token, Ttl, host::LeaseMark,
};
use rusqlite::Row;

use crate::rows::{Key, Stored, key, mark, text, whole};

/// The lock that a row stands for which makes no sense: on its pattern, or on everything below
/// its anchor if that cannot be read either, by nobody known, until the default lease has passed
/// since it was last written.
pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let key = key(row)?;
    let written = Timestamp::from_micros(whole(row, 9)?.unwrap_or(0));
    let expires_at = written + Ttl::default().duration();
    let pattern = pattern(text(row, 1)?.flatten(), text(row, 0)?.flatten());
    let pattern = pattern.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let agent = AgentId::new(Lock::UNKNOWN_AGENT)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let token = whole(row, 13)?.and_then(|token| token.try_into().ok()).unwrap_or(0);
    let lock = Lock {
        id: name(&key),
        pattern,
        agent,
        holder: None,
        mode: Mode::Exclusive,
        reason: None,
        ttl: Ttl::default(),
        acquired_at: written,
        waited_since: None,
        refreshed_at: written,
        expires_at,
        token: Token::new(token),
        processes: Vec::new(),
        damaged: true,
        extra: serde_json::Map::new(),
    };
    let mark = shifted(mark(row, 11)?, whole(row, 10)?, expires_at);
    Ok(Stored { lock, mark, key: Some(key) })
}

/// The mark of `granted`, the lease that the row speaks of, moved to `expires_at`: so that a step
/// of the wall clock does not move the end of a damaged record either.
fn shifted(
    mark: Option<LeaseMark>,
    granted: Option<i64>,
    expires_at: Timestamp,
) -> Option<LeaseMark> {
    let (mark, granted) = (mark?, granted?);
    let by = expires_at.as_micros().checked_sub(granted)?;
    Some(LeaseMark { boottime_us: mark.boottime_us.checked_add(by)?, ..mark })
}

fn pattern(
    text: Option<&str>,
    anchor: Option<&str>,
) -> Result<Pattern, lock_core::pattern::PatternError> {
    let read = text.and_then(|text| Pattern::parse(text).ok());
    let below = || anchor.and_then(|anchor| Pattern::directory(anchor).ok());
    read.or_else(below).map_or_else(|| Pattern::parse("**"), Ok)
}

/// The record's own name if it has one, else one made from what stands there: the same each time.
fn name(key: &Key) -> RecordId {
    let own = std::str::from_utf8(&key.id).ok().and_then(|text| text.parse().ok());
    own.unwrap_or_else(|| {
        // FNV-1a, 128 bits: nobody gains from a collision here.
        let all = [&key.anchor, &key.pattern, &key.id].into_iter().flatten();
        let hash = all.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
            (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        });
        RecordId::new(Nonce::from_bits(hash), u16::MAX)
    })
}
