//! Who held what, from when to when, and how it ended.

use std::time::Duration;

use super::{Error, LockManager};
use crate::{
    AgentId, Cause, Ending, HistoryEntry, Lock, LockScope, Mode, Pattern, Reason, Scope, Timestamp,
    Token, Version, View,
};

/// How many tenures a history tells at most; older ones are forgotten.
const TOLD: usize = 10_000;

/// Which tenures to tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryFilter {
    /// Only of patterns that meet one of these; none: no limit.
    pub under: Vec<Pattern>,
    /// Only of this agent.
    pub by: Option<AgentId>,
    /// Only those that ended no longer ago than this, or not at all.
    pub since: Option<Duration>,
    /// Only those that held at this time.
    pub at: Option<Timestamp>,
}

/// The life of one lock, from its grant to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenure {
    /// What was locked.
    pub pattern: Pattern,
    /// Who held it.
    pub agent: AgentId,
    /// Whether it was shared.
    pub mode: Mode,
    /// Why it was held.
    pub reason: Option<Reason>,
    /// The fencing token of the grant.
    pub token: Token,
    /// When it was granted.
    pub from: Timestamp,
    /// When it ended; none: it lives.
    pub until: Option<Timestamp>,
    /// How it ended; none: it lives.
    pub ended: Option<Cause>,
    /// Who ended it.
    pub by: Option<String>,
    /// What they said of it.
    pub note: Option<String>,
}

impl LockManager {
    /// Who held what, from when to when, and how it ended: the oldest first, what still lives
    /// last. The last 10,000 ends at least are remembered, and they are written in the same step
    /// as the ends themselves.
    ///
    /// # Errors
    /// Whatever the store says.
    ///
    /// ```
    /// # use lock_core::{Cause, HistoryFilter, LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// let leases = locks.acquire("a.rs").await?.held()?;
    /// locks.release(&leases).await?;
    /// let tenures = locks.history(HistoryFilter::default()).await?;
    /// assert_eq!(tenures[0].ended, Some(Cause::Released));
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub async fn history(&self, filter: HistoryFilter) -> Result<Vec<Tenure>, Error> {
        let locks = match filter.under.is_empty() {
            true => LockScope::All,
            false => LockScope::Meeting(filter.under.clone()),
        };
        let scope = Scope::of(locks).with_history(Version::default());
        Ok(filter.apply(&self.backend.view(&scope).await?))
    }
}

impl HistoryFilter {
    /// The tenures in `view` that pass.
    pub fn apply(&self, view: &View) -> Vec<Tenure> {
        let endings = view.history.iter().filter_map(HistoryEntry::ending);
        let ended = endings.map(|ending| (Tenure::ended(ending), ending.until));
        let mut held: Vec<(Tenure, Timestamp)> =
            view.locks.iter().map(|lock| (Tenure::held(lock, view), lock.expires_at)).collect();
        held.sort_by_key(|(tenure, _)| (tenure.from, tenure.token));
        let all = ended.chain(held).filter(|(tenure, end)| self.passes(tenure, *end, view.now));
        let mut tenures: Vec<Tenure> = all.map(|(tenure, _)| tenure).collect();
        tenures.drain(..tenures.len().saturating_sub(TOLD));
        tenures
    }

    /// `end` is when the lease ends or ended: of a lock that lives, that much is known.
    fn passes(&self, tenure: &Tenure, end: Timestamp, now: Timestamp) -> bool {
        let pattern = &tenure.pattern;
        let until = tenure.until.unwrap_or(now);
        (self.under.is_empty() || self.under.iter().any(|under| under.meets(pattern)))
            && self.by.as_ref().is_none_or(|by| *by == tenure.agent)
            && self.since.is_none_or(|since| now.since(until) <= since)
            && self.at.is_none_or(|at| tenure.from <= at && at < tenure.until.unwrap_or(end))
    }
}

impl Tenure {
    fn ended(ending: &Ending) -> Self {
        Self {
            pattern: ending.pattern.clone(),
            agent: ending.agent.clone(),
            mode: ending.mode,
            reason: ending.reason.clone(),
            token: ending.token,
            from: ending.from,
            until: Some(ending.until),
            ended: Some(ending.ended),
            by: ending.by.clone(),
            note: ending.note.clone(),
        }
    }

    /// A lock whose record is still there: it lives, or its lease ran out and nobody noticed yet.
    fn held(lock: &Lock, view: &View) -> Self {
        let live = view.is_live(lock);
        let cause = if lock.expires_at <= view.now { Cause::Expired } else { Cause::HolderDead };
        Self {
            pattern: lock.pattern.clone(),
            agent: lock.agent.clone(),
            mode: lock.mode,
            reason: lock.reason.clone(),
            token: lock.token,
            from: lock.acquired_at,
            until: (!live).then(|| lock.expires_at.min(view.now)),
            ended: (!live).then_some(cause),
            by: None,
            note: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;

    use super::*;
    use crate::{ManualClock, MemoryBackend};

    #[test]
    fn it_answers_who_held_a_path_at_a_time() {
        let clock = ManualClock::at(Timestamp::from_micros(0));
        let store = MemoryBackend::with_clock(clock.clone());
        let at = |seconds: i64| Some(Timestamp::from_micros(seconds * 1_000_000));
        let agent = |name| LockManager::new(store.clone(), name).unwrap();
        block_on(async {
            let _ = agent("one").acquire("src/*.rs").ttl(Duration::from_secs(10)).await;
            clock.advance(Duration::from_secs(20));
            let _ = agent("two").acquire("src/a.rs").ttl(Duration::from_secs(60)).await;
            clock.advance(Duration::from_secs(5));
            let under = vec![Pattern::parse("src/a.rs").unwrap()];
            let who = async |at| {
                let filter = HistoryFilter { under: under.clone(), at, ..Default::default() };
                let tenures = agent("x").history(filter).await.unwrap();
                tenures.iter().map(|tenure| tenure.agent.to_string()).collect::<Vec<_>>()
            };
            assert_eq!(who(at(5)).await, ["one"]);
            assert_eq!(who(at(9)).await, ["one"]);
            assert!(who(at(10)).await.is_empty(), "its lease ran out, and it held no longer");
            assert!(who(at(19)).await.is_empty(), "whatever became of it later");
            assert_eq!(who(at(20)).await, ["two"]);
            assert_eq!(who(at(25)).await, ["two"]);
            assert_eq!(who(at(79)).await, ["two"], "unless somebody ends it");
            assert!(who(at(80)).await.is_empty(), "nobody knows whether it will be refreshed");
            let ended = agent("x").history(HistoryFilter::default()).await.unwrap();
            assert_eq!(ended[0].ended, Some(Cause::TakenOver));
            assert_eq!(ended[0].by.as_deref(), Some("two"));
            assert_eq!((ended[1].until, ended[1].ended), (None, None));
        });
    }
}
