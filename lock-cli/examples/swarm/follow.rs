//! Following the history.

use std::time::Duration;

use lock_core::{LockManager, LockScope, Scope};

use super::{Trouble, audit::Audit, claims::Claims, crew::Crew, told::Told};

#[derive(Debug)]
pub(super) struct Follower {
    reader: LockManager,
    audit: Audit,
    claims: Claims,
    /// How many records there were at the last look.
    pub(super) records: usize,
}

impl Follower {
    pub(super) fn new(reader: LockManager) -> Self {
        Self { reader, audit: Audit::new(), claims: Claims::default(), records: 0 }
    }

    /// Reads on, and checks.
    pub(super) async fn look(&mut self, crew: &Crew) -> Result<(), Trouble> {
        // First what was told, then the history: it must then have it all.
        let told: Vec<Told> = crew.told().collect();
        let scope = Scope::of(LockScope::All).with_waiters().with_history(self.audit.since());
        let view = self.reader.backend().view(&scope).await?;
        self.audit.take(&view, |pid| crew.is_alive(pid))?;
        for told in told {
            self.claims.take(told, &mut self.audit)?;
        }
        self.records = view.locks.len() + view.waiters.len();
        Ok(())
    }

    pub(super) fn grants(&self) -> u64 {
        self.audit.grants
    }

    pub(super) fn report(&self, crew: &Crew, took: Duration) {
        let Claims { grants, refreshes, conflicts, timeouts, deadlocks, losses, longest, .. } =
            self.claims;
        let seconds = took.as_secs_f64();
        println!(
            "grants      {} locks, {grants} acknowledged requests, {:.0} a second",
            self.audit.grants,
            grants as f64 / seconds
        );
        println!("refreshed   {refreshes} acknowledged, {losses} losses told");
        println!(
            "refused     {conflicts} at once, {timeouts} after waiting, {deadlocks} deadlocks"
        );
        println!("waited      at most {:.2} s for a grant", longest as f64 / 1e6);
        let mut ends: Vec<_> = self.audit.ends.iter().collect();
        ends.sort();
        let ends: Vec<_> = ends.iter().map(|(cause, count)| format!("{count} {cause}")).collect();
        println!("ended       {}", ends.join(", "));
        println!("under fire  {} kills, {} pauses", crew.kills, crew.pauses);
    }
}
