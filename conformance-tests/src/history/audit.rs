//! What must hold whatever the rule says: written apart from it, so that a mistake in the rule
//! is not its own witness.

use std::time::Duration;

use lock_core::{Answer, Cause, Ending, HistoryEntry, Lock, Mode, Timestamp};

use super::{Rules, model::Model};

/// How far a token may lie behind the clock: the store reads the clock before it hands it out.
const TOKEN_SLACK: Duration = Duration::from_secs(1);

/// Holds the step that gave `answer` at `now`, and wrote `log`, against the state before it.
pub(super) fn audit(
    before: &Model,
    answer: &Answer,
    now: Timestamp,
    log: &[HistoryEntry],
    rules: Rules<'_>,
) -> Result<(), String> {
    let ended: Vec<&Ending> = log.iter().filter_map(HistoryEntry::ending).collect();
    for ending in &ended {
        let lock = before.locks.get(&ending.id);
        check_ending(ending, lock.ok_or("a lock ended that was not there")?, now, rules)?;
    }
    let Answer::Granted(granted) = answer else { return Ok(()) };
    let new = granted.iter().filter(|g| !before.locks.contains_key(&g.lock.id)).map(|g| &g.lock);
    for lock in new {
        let token = lock.token;
        if token <= before.token {
            return Err(format!("the token {token} comes after {}", before.token));
        }
        let micros = i64::try_from(token.get()).unwrap_or(i64::MAX);
        if Timestamp::from_micros(micros) + TOKEN_SLACK < now && now.as_micros() < YEAR_2100 {
            return Err(format!("the token {token} is behind the clock: {now}"));
        }
        for other in before.locks.values() {
            let gone = ended.iter().any(|ending| ending.id == other.id);
            if !gone && now + rules.jitter < other.expires_at && are_rivals(lock, other) {
                return Err(format!("not exclusive: {lock:?}\nwas granted beside {other:?}"));
            }
        }
    }
    Ok(())
}

/// Past this a clock is broken, and tokens do not follow it.
const YEAR_2100: i64 = 4_102_444_800_000_000;

/// Whether the two may not be held at once.
fn are_rivals(one: &Lock, two: &Lock) -> bool {
    let nested = |one: &str, two: &str| one == two || one.starts_with(&format!("{two}."));
    let strangers = match (&one.holder, &two.holder) {
        _ if one.agent != two.agent => true,
        (Some(one), Some(two)) => {
            !nested(one.as_str(), two.as_str()) && !nested(two.as_str(), one.as_str())
        }
        _ => false,
    };
    let both_share = one.mode == Mode::Shared && two.mode == Mode::Shared;
    strangers && !both_share && one.pattern.meets(&two.pattern)
}

/// Whether whoever ended the lock was entitled to.
fn check_ending(
    ending: &Ending,
    lock: &Lock,
    now: Timestamp,
    rules: Rules<'_>,
) -> Result<(), String> {
    let past_lease = lock.expires_at <= now + rules.jitter;
    let by_its_agent = ending.by.as_deref() == Some(lock.agent.as_str());
    let right = ending.token == lock.token
        && match ending.ended {
            Cause::Released => by_its_agent,
            Cause::Expired => past_lease,
            Cause::TakenOver => past_lease && ending.by.is_some(),
            Cause::HolderDead => !lock.processes.is_empty(),
            Cause::Broken | Cause::Cleaned => ending.by.is_some(),
            _ => false,
        };
    if right {
        Ok(())
    } else {
        Err(format!("at {now} {lock:?}\nhad no business to end so: {ending:?}"))
    }
}
