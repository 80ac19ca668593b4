//! What a namespace counts beside its records: refusals, and lines that its log has forgotten.
//!
//! One hash: `conflict`, `timeout`, `deadlock`, `hot:PATTERN`, and `forgotten:` with `acquired` or
//! how a lock ended. The script of the steps writes the last, nobody else does.

use lock_core::{BackendError, Cause, Note, Noted, Pattern, Refusals, Tally, Totals};
use redis::{Cmd, Value, cmd};

use crate::{
    error::{Call, unreadable},
    store::Store,
};

/// Counts one more of each field. It does with the rights that steps need.
const COUNT: &str = "
for i = 1, #ARGV do
  local count = tonumber(redis.call('HGET', KEYS[1], ARGV[i])) or 0
  redis.call('HSET', KEYS[1], ARGV[i], string.format('%.0f', count + 1))
end
return redis.call('HLEN', KEYS[1])";

/// With more fields than this, the coldest patterns go.
const FULL: i64 = 2 * Refusals::HOT as i64;

const HOT: &str = "hot:";
const FORGOTTEN: &str = "forgotten:";

/// The key's short name.
pub(crate) const COUNTS: &str = "counts";

/// Counts a request that was not granted at once.
pub(crate) async fn note(store: &Store, note: &Note) -> Result<(), BackendError> {
    let what = match note.what {
        Noted::Conflict => Some("conflict"),
        Noted::Timeout => Some("timeout"),
        Noted::Deadlock => Some("deadlock"),
        Noted::Wait => None,
    };
    let hot = note.hot.iter().map(|pattern| format!("{HOT}{pattern}"));
    let fields: Vec<String> = what.map(str::to_owned).into_iter().chain(hot).collect();
    if fields.is_empty() {
        return Ok(());
    }
    let make = |_| {
        let mut call = cmd("EVAL");
        call.arg(COUNT).arg(1).arg(store.keys.named(COUNTS)).arg(&fields);
        Ok(call)
    };
    match store.connection.call(Call::Sent, make).await?.0 {
        Value::Int(fields) if fields > FULL => cool(store).await,
        _ => Ok(()),
    }
}

/// Forgets all but the hottest patterns. What others count meanwhile may be lost.
async fn cool(store: &Store) -> Result<(), BackendError> {
    let refusals = read(store).await?.refusals;
    let kept: Vec<&Pattern> =
        refusals.hottest(Refusals::HOT).into_iter().map(|(pattern, _)| pattern).collect();
    let cold: Vec<String> = refusals
        .hot
        .keys()
        .filter(|pattern| !kept.contains(pattern))
        .map(|pattern| format!("{HOT}{pattern}"))
        .collect();
    if cold.is_empty() {
        return Ok(());
    }
    let make = |_| {
        let mut call = cmd("HDEL");
        call.arg(store.keys.named(COUNTS)).arg(&cold);
        Ok(call)
    };
    store.connection.call(Call::Sent, make).await.map(drop)
}

/// Reads what was counted.
pub(crate) async fn read(store: &Store) -> Result<Tally, BackendError> {
    let make = |_| -> Result<Cmd, BackendError> {
        let mut call = cmd("HGETALL");
        call.arg(store.keys.named(COUNTS));
        Ok(call)
    };
    let counts = store.connection.call(Call::Harmless, make).await?.0;
    let counts: Vec<(String, u64)> =
        redis::from_redis_value(counts).map_err(|_| unreadable("the counts"))?;
    let mut tally = Tally::default();
    for (field, count) in counts {
        let Refusals { conflicts, timeouts, deadlocks, hot } = &mut tally.refusals;
        match field.as_str() {
            "conflict" => *conflicts = count,
            "timeout" => *timeouts = count,
            "deadlock" => *deadlocks = count,
            other => {
                if let Some(pattern) = other.strip_prefix(HOT) {
                    hot.extend(Pattern::parse(pattern).ok().map(|pattern| (pattern, count)));
                } else if let Some(event) = other.strip_prefix(FORGOTTEN) {
                    forgotten(&mut tally.forgotten, event, count);
                }
            }
        }
    }
    Ok(tally)
}

fn forgotten(totals: &mut Totals, event: &str, count: u64) {
    match event {
        "acquired" => totals.acquired += count,
        ended => totals.add_ends(Cause::named(ended), count),
    }
}
