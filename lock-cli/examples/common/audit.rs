//! What must hold of the store's history, whatever the rule says: written apart from it.

use std::{collections::HashMap, time::Duration};

use lock_core::{
    Cause, Ending, HistoryEntry, Lock, Mode, RecordId, Timestamp, Token, Version, View,
};

use super::recent::Recent;

/// Under which names locks are cleaned up and broken; nobody else may.
pub(super) const CLEANER: &str = "cleaner";
pub(super) const BREAKER: &str = "breaker";

/// How far two readings of one lease's end may lie apart.
const JITTER: Duration = Duration::from_millis(10);

/// Follows a history, line by line. It keeps the locks that are there, and what is recent.
#[derive(Debug)]
pub(super) struct Audit {
    /// The version of the last line that was seen.
    logged: Version,
    token: Token,
    pub(super) locks: HashMap<RecordId, Lock>,
    /// Every grant of late.
    pub(super) granted: Recent<Token>,
    /// Every end of late, with its step's time.
    pub(super) ended: Recent<(Timestamp, Cause)>,
    pub(super) grants: u64,
    pub(super) ends: HashMap<String, u64>,
}

impl Audit {
    pub(super) fn new() -> Self {
        Self {
            logged: Version::default(),
            token: Token::ZERO,
            locks: HashMap::new(),
            granted: Recent::new(),
            ended: Recent::new(),
            grants: 0,
            ends: HashMap::new(),
        }
    }

    /// From where on the history must be looked at: from the last known line, which must still be
    /// there, or others may be missing too.
    pub(super) fn since(&self) -> Version {
        Version::new(self.logged.get().saturating_sub(1))
    }

    /// Holds what is new in `view` against what was before, and what is left against the history.
    pub(super) fn take(
        &mut self,
        view: &View,
        is_alive: impl Fn(u32) -> bool,
    ) -> Result<(), String> {
        let known = view.history.first().is_some_and(|entry| entry.version() <= self.logged);
        if self.logged > Version::default() && !known {
            return Err("the history was forgotten faster than it could be read".to_owned());
        }
        let news = view.history.iter().filter(|entry| entry.version() > self.logged);
        let news: Vec<&HistoryEntry> = news.collect();
        let steps = news.chunk_by(|one, two| one.version() == two.version());
        for step in steps {
            let ends = step.iter().filter(|entry| entry.ending().is_some());
            let grants = step.iter().filter(|entry| entry.ending().is_none());
            for entry in ends.chain(grants) {
                match entry {
                    HistoryEntry::Ended { at, ending, .. } => self.end(*at, ending, &is_alive)?,
                    HistoryEntry::Acquired { lock, .. } => self.grant(lock)?,
                    _ => {}
                }
            }
            let tokens = step.iter().filter_map(|entry| match entry {
                HistoryEntry::Acquired { lock, .. } => Some(lock.token),
                _ => None,
            });
            let Some(version) = step.first().map(|entry| entry.version()) else { continue };
            if version <= self.logged {
                return Err(format!("version {version} comes after {}", self.logged));
            }
            self.logged = version;
            self.token = tokens.max().unwrap_or(self.token);
        }
        self.compare(view)
    }

    fn grant(&mut self, lock: &Lock) -> Result<(), String> {
        if lock.token <= self.token {
            return Err(format!("the token {} comes after {}", lock.token, self.token));
        }
        if let Some(other) = self.locks.values().find(|other| are_rivals(lock, other)) {
            return Err(format!("not exclusive: {lock:?}\nwas granted beside {other:?}"));
        }
        self.grants += 1;
        self.granted.insert(lock.id, lock.token);
        self.locks.insert(lock.id, lock.clone());
        Ok(())
    }

    fn end(
        &mut self,
        at: Timestamp,
        ending: &Ending,
        is_alive: impl Fn(u32) -> bool,
    ) -> Result<(), String> {
        let Some(lock) = self.locks.remove(&ending.id) else {
            return Err(format!("a lock ended that was not there: {ending:?}"));
        };
        let by = ending.by.as_deref();
        let past_lease = lock.expires_at <= at + JITTER;
        let right = match ending.ended {
            Cause::Released => by == Some(lock.agent.as_str()),
            Cause::Expired => past_lease,
            Cause::TakenOver => past_lease && by.is_some(),
            Cause::Broken => by == Some(BREAKER),
            // What is broken when its time is over already is only cleaned away.
            Cause::Cleaned => by == Some(CLEANER) || (by == Some(BREAKER) && past_lease),
            Cause::HolderDead => {
                let processes = &lock.processes;
                !processes.is_empty() && !processes.iter().any(|process| is_alive(process.pid))
            }
            _ => false,
        };
        if !right || ending.token != lock.token {
            return Err(format!("at {at} {lock:?}\nhad no business to end so: {ending:?}"));
        }
        *self.ends.entry(ending.ended.to_string()).or_default() += 1;
        self.ended.insert(ending.id, (at, ending.ended));
        Ok(())
    }

    /// The records of the same instant are exactly what the history leaves; only their leases may
    /// have been extended.
    fn compare(&mut self, view: &View) -> Result<(), String> {
        for lock in &view.locks {
            let Some(known) = self.locks.get_mut(&lock.id) else {
                return Err(format!("a lock that no history tells of: {lock:?}"));
            };
            if lock.expires_at + JITTER < known.expires_at || lock.token != known.token {
                return Err(format!("it became less: {lock:?}\nwas {known:?}"));
            }
            known.clone_from(lock);
        }
        match view.locks.len() == self.locks.len() {
            true => Ok(()),
            false => {
                let there = |id: &RecordId| view.locks.iter().any(|lock| lock.id == *id);
                let gone = self.locks.values().find(|lock| !there(&lock.id));
                Err(format!("a lock is gone, and no history tells of it: {gone:?}"))
            }
        }
    }
}

/// Whether the two may not be held at once.
pub(super) fn are_rivals(one: &Lock, two: &Lock) -> bool {
    let strangers = match (&one.holder, &two.holder) {
        _ if one.agent != two.agent => true,
        (Some(one), Some(two)) => !one.is_related_to(two),
        _ => false,
    };
    let both_share = one.mode == Mode::Shared && two.mode == Mode::Shared;
    strangers && !both_share && one.pattern.meets(&two.pattern)
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;
    use lock_core::{
        AgentId, LockBackend as _, LockManager, LockScope, MemoryBackend, Nonce, Scope,
    };

    use super::*;

    /// What a store tells in which `one` was granted `a`, and has let go of `b`.
    fn honest() -> View {
        let store = MemoryBackend::new();
        let locks = LockManager::new(store.clone(), "one").unwrap();
        block_on(async {
            let leases = locks.acquire("b").await.unwrap().held().unwrap();
            locks.release(&leases).await.unwrap();
            let _ = locks.acquire("a").await.unwrap().held().unwrap();
            let scope = Scope::of(LockScope::All).with_history(Version::default());
            store.view(&scope).await.unwrap()
        })
    }

    fn verdict(view: &View) -> String {
        Audit::new().take(view, |_| true).err().unwrap_or_default()
    }

    /// The last grant once more, under the next version, changed by `lie`.
    fn lie(lie: impl FnOnce(&mut Lock)) -> String {
        let mut view = honest();
        let Some(HistoryEntry::Acquired { version, at, lock }) = view.history.last() else {
            panic!("the last line is a grant");
        };
        let (version, at, mut lock) = (Version::new(version.get() + 1), *at, lock.clone());
        lock.id = RecordId::new(Nonce::random(), 0);
        lock.token = Token::new(lock.token.get() + 1);
        lie(&mut lock);
        view.history.push(HistoryEntry::Acquired { version, at, lock: lock.clone() });
        view.locks.push(lock);
        verdict(&view)
    }

    /// The end of `a`, changed by `lie`.
    fn end(lie: impl FnOnce(&mut Ending)) -> String {
        end_at(|lock| lock.acquired_at, lie)
    }

    /// The end of `a` at a time of its.
    fn end_at(at: impl FnOnce(&Lock) -> Timestamp, lie: impl FnOnce(&mut Ending)) -> String {
        let mut view = honest();
        let mut ending = view.history.iter().find_map(HistoryEntry::ending).unwrap().clone();
        let lock = view.locks.pop().unwrap();
        (ending.id, ending.token) = (lock.id, lock.token);
        lie(&mut ending);
        let version = Version::new(view.version.get() + 1);
        view.history.push(HistoryEntry::Ended { version, at: at(&lock), ending });
        verdict(&view)
    }

    /// What was live when the breaker saw it may be stale when it is broken.
    #[test]
    fn what_is_broken_is_cleaned_if_its_time_is_over_and_only_then() {
        let cleaned = |ending: &mut Ending| {
            (ending.ended, ending.by) = (Cause::Cleaned, Some(BREAKER.to_owned()));
        };
        assert_eq!(end_at(|lock| lock.expires_at, cleaned), "");
        assert!(end(cleaned).contains("no business to end so"));
    }

    #[test]
    fn an_honest_history_passes() {
        assert_eq!(verdict(&honest()), "");
        assert_eq!(lie(|_| {}), "", "an agent's own claims do not exclude each other");
        assert_eq!(end(|_| {}), "");
    }

    #[test]
    fn each_lie_is_caught() {
        let two = || AgentId::new("two").unwrap();
        for (told, caught) in [
            (lie(|lock| lock.agent = two()), "not exclusive"),
            (lie(|lock| lock.token = Token::new(1)), "the token 1 comes after"),
            (end(|ending| ending.by = Some("two".to_owned())), "no business to end so"),
            (end(|ending| ending.token = Token::new(1)), "no business to end so"),
            (end(|ending| ending.ended = Cause::TakenOver), "no business to end so"),
            (end(|ending| ending.ended = Cause::HolderDead), "no business to end so"),
            (end(|ending| ending.id = RecordId::new(Nonce::random(), 0)), "was not there"),
        ] {
            assert!(told.contains(caught), "{caught}: {told}");
        }
    }

    #[test]
    fn records_that_the_history_does_not_explain_are_caught() {
        let mut view = honest();
        view.locks.clear();
        assert!(verdict(&view).contains("a lock is gone"));
        let mut view = honest();
        view.history.clear();
        assert!(verdict(&view).contains("a lock that no history tells of"));
        let (mut audit, view) = (Audit::new(), honest());
        audit.take(&view, |_| true).unwrap();
        let forgotten = View { history: Vec::new(), ..view };
        assert!(audit.take(&forgotten, |_| true).unwrap_err().contains("forgotten"));
    }
}
