//! The version and the last token.

use lock_core::{Check, HistoryEntry, LockScope, Scope, Token, Version, host::Moment};

use super::step;
use crate::{error::Result, load::load, recover, store::Store};

/// No token and no version may be given out twice.
pub(crate) fn version(store: &mut Store, moment: Moment, mend: bool) -> Result<Check> {
    const NAME: &str = "version";
    let recover::Standing { state, redo, .. } = recover::foresee(store, moment)?;
    let scope = Scope::of(LockScope::All).with_waiters().with_history(Version::default());
    let view = load(store, &scope, &state, redo.as_ref(), moment)?.view;
    let mut token = view.locks.iter().map(|lock| lock.token).max().unwrap_or_default();
    let mut version = view.waiters.iter().map(|waiter| waiter.ticket).max().unwrap_or_default();
    for entry in &view.history {
        version = version.max(entry.version().get());
        token = token.max(match entry {
            HistoryEntry::Acquired { lock, .. } => lock.token,
            HistoryEntry::Ended { ending, .. } => ending.token,
            _ => Token::ZERO,
        });
    }
    if state.token >= token && state.version.get() >= version {
        return Ok(Check::good(NAME, format!("last token {}", state.token)));
    }
    if !mend {
        return Ok(Check::bad(NAME, "behind the records", "lockctl doctor --repair"));
    }
    step(store, state, |_, after| {
        after.token = after.token.max(token);
        after.version = after.version.max(Version::new(version).next());
        Ok(())
    })?;
    Ok(Check::good(NAME, "was behind the records; mended"))
}
