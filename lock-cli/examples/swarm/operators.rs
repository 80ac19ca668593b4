//! The cleaner and the breaker.

use std::sync::Arc;

use lock_core::{AgentId, Break, Error, ListFilter, LockBackend, LockManager, Reason, Target};

use super::{
    Trouble,
    audit::{BREAKER, CLEANER},
    crew,
    draw::Draw,
};

#[derive(Debug)]
pub(super) struct Operators {
    cleaner: LockManager,
}

impl Operators {
    pub(super) fn new(store: Arc<dyn LockBackend>) -> Result<Self, Trouble> {
        Ok(Self { cleaner: LockManager::new(store, CLEANER)? })
    }

    /// Cleans and breaks, now and then.
    pub(super) async fn work(&mut self, draw: &mut Draw, agents: usize) -> Result<(), Error> {
        match draw.below(24) {
            0..=3 => drop(self.cleaner.cleanup_stale(None).await?),
            4..=5 => drop(self.cleaner.cleanup_orphaned(None).await?),
            6 => {
                let agent = AgentId::new(&crew::name(draw.below(agents)))?;
                self.cleaner.cleanup_agent(agent).await?;
            }
            7..=9 => self.break_one(draw).await?,
            _ => {}
        }
        Ok(())
    }

    async fn break_one(&self, draw: &mut Draw) -> Result<(), Error> {
        let list = self.cleaner.list(ListFilter::default()).await?;
        let Some((lock, _)) = draw.pick(&list.locks) else { return Ok(()) };
        let targets = vec![Target::from(lock.pattern.clone())];
        let (by, reason) = (BREAKER.to_owned(), Reason::new("it was in the way")?);
        self.cleaner.execute(Break { by, targets, reason }).await?;
        Ok(())
    }
}
