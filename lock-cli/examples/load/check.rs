//! What happened, held against what may happen: the store's history (`audit.rs`, `order.rs`) and
//! what the agents were told (`grants.rs`, `exclusion.rs`), in bounded memory.

use lock_core::{LockManager, LockScope, Scope, View};

use super::{
    Trouble, audit::Audit, exclusion::Exclusion, grants::Grants, order::Order, told::Held,
};

#[derive(Debug)]
pub(super) struct Check {
    reader: LockManager,
    audit: Audit,
    order: Order,
    grants: Grants,
    exclusion: Exclusion,
}

impl Check {
    pub(super) fn new(reader: LockManager) -> Self {
        let (audit, order) = (Audit::new(), Order::default());
        Self { reader, audit, order, grants: Grants::default(), exclusion: Exclusion::default() }
    }

    /// What the store tells that is new.
    pub(super) async fn look(&self) -> Result<View, Trouble> {
        let scope = Scope::of(LockScope::All).with_waiters().with_history(self.audit.since());
        Ok(self.reader.backend().view(&scope).await?)
    }

    /// Checks what was told before `view` was asked for: it must then have it all.
    pub(super) fn take(&mut self, view: &View, told: &[Held]) -> Result<(), String> {
        self.audit.take(view, |_| true)?;
        self.order.take(view)?;
        for held in told {
            self.grants.take(held.granted.clone(), &self.audit)?;
            self.exclusion.take(held.clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;
    use lock_core::{HistoryEntry, MemoryBackend, Token};

    use super::*;
    use crate::grants::Granted;

    /// What two agents of an honest store do in turn, with the history and their word changed by
    /// `lie`.
    fn verdict(lie: impl FnOnce(&mut View, &mut [Held])) -> String {
        let store = MemoryBackend::new();
        let mut told = Vec::new();
        for (agent, at) in [(0, 10), (1, 20), (0, 30)] {
            let locks = LockManager::new(store.clone(), format!("agent-{agent}").as_str()).unwrap();
            let leases = block_on(locks.acquire("hot.rs").into_future()).unwrap().held().unwrap();
            let _ = block_on(locks.release(&leases)).unwrap();
            let ids = leases.iter().map(|granted| granted.lock.id).collect();
            let granted =
                Granted { locks: ids, token: leases.token(), asked: at, answered: at + 1 };
            let patterns = leases.patterns().cloned().collect();
            told.push(Held { agent, patterns, shared: false, granted, until: at + 5 });
        }
        let mut check = Check::new(LockManager::stranger(store));
        let mut view = block_on(check.look()).unwrap();
        lie(&mut view, &mut told);
        check.take(&view, &told).err().unwrap_or_default()
    }

    #[test]
    fn an_honest_run_passes() {
        assert_eq!(verdict(|_, _| {}), "");
    }

    #[test]
    fn a_false_history_or_a_false_word_is_caught() {
        for (found, caught) in [
            // The second was granted while the first still held.
            (
                verdict(|view, _| {
                    view.history.retain(|entry| entry.version().get() != 2);
                }),
                "not exclusive",
            ),
            (
                verdict(|view, _| {
                    view.history.pop();
                    if let Some(HistoryEntry::Acquired { lock, .. }) = view.history.last_mut() {
                        lock.token = Token::new(1);
                    }
                }),
                "comes after",
            ),
            (
                verdict(|view, _| {
                    // The last grant and its end: acknowledged, and nowhere to be found.
                    view.history.truncate(view.history.len() - 2);
                }),
                "in no history",
            ),
            (
                verdict(|view, _| {
                    let early = view.history.first().map(|entry| match entry {
                        HistoryEntry::Acquired { at, .. } => *at,
                        other => panic!("{other:?}"),
                    });
                    let last = view.history.len() - 2;
                    if let Some(HistoryEntry::Acquired { lock, .. }) = view.history.get_mut(last) {
                        lock.waited_since = early;
                    }
                }),
                "not in line",
            ),
            (verdict(|_, told| told[0].until = 25), "not exclusive by token"),
        ] {
            assert!(found.contains(caught), "{caught}: {found}");
        }
    }
}
