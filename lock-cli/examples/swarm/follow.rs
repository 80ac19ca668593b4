//! Following the history.

use std::time::Duration;

use lock_core::{Error, LockManager, LockScope, Scope};

use super::{Trouble, agent::is_no_answer, audit::Audit, claims::Claims, crew::Crew, told::Told};

#[derive(Debug)]
pub(super) struct Follower {
    reader: LockManager,
    audit: Audit,
    claims: Claims,
    /// What was told when the store last gave no answer.
    unheard: Vec<Told>,
    /// How many records there were at the last look.
    pub(super) records: usize,
}

impl Follower {
    pub(super) fn new(reader: LockManager) -> Self {
        Self {
            reader,
            audit: Audit::new(),
            claims: Claims::default(),
            unheard: Vec::new(),
            records: 0,
        }
    }

    /// The operators had no answer.
    pub(super) fn unanswered(&mut self, error: &Error) {
        self.claims.unanswered(error.to_string());
    }

    /// Reads to the end: what was told must not go unchecked.
    pub(super) async fn finish(&mut self, crew: &Crew) -> Result<(), Trouble> {
        for _ in 0..10 {
            if self.look(crew).await? {
                return Ok(());
            }
        }
        Err(format!("the end could not be read: {}", self.claims.unanswered.1).into())
    }

    /// Reads on, and checks; false if the store gave no answer.
    pub(super) async fn look(&mut self, crew: &Crew) -> Result<bool, Trouble> {
        // First what was told, then the history: it must then have it all.
        let told: Vec<Told> = self.unheard.drain(..).chain(crew.told()).collect();
        let scope = Scope::of(LockScope::All).with_waiters().with_history(self.audit.since());
        let view = match self.reader.backend().view(&scope).await.map_err(Error::from) {
            Ok(view) => view,
            Err(error) if is_no_answer(&error) => {
                self.claims.unanswered(error.to_string());
                self.unheard = told;
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        };
        self.audit.take(&view, |pid| crew.is_alive(pid))?;
        for told in told {
            self.claims.take(told, &mut self.audit)?;
        }
        self.records = view.locks.len() + view.waiters.len();
        Ok(true)
    }

    pub(super) fn grants(&self) -> u64 {
        self.audit.grants
    }

    pub(super) fn report(&self, crew: &Crew, took: Duration) {
        let Claims { grants, refreshes, conflicts, timeouts, deadlocks, losses, longest, .. } =
            &self.claims;
        let seconds = took.as_secs_f64();
        println!(
            "grants      {} locks, {grants} acknowledged requests, {:.0} a second",
            self.audit.grants,
            *grants as f64 / seconds
        );
        println!("refreshed   {refreshes} acknowledged, {losses} losses told");
        println!(
            "refused     {conflicts} at once, {timeouts} after waiting, {deadlocks} deadlocks"
        );
        println!("waited      at most {:.2} s for a grant", *longest as f64 / 1e6);
        let mut ends: Vec<_> = self.audit.ends.iter().collect();
        ends.sort();
        let ends: Vec<_> = ends.iter().map(|(cause, count)| format!("{count} {cause}")).collect();
        println!("ended       {}", ends.join(", "));
        let (unanswered, last) = &self.claims.unanswered;
        let example = if last.is_empty() { String::new() } else { format!(", such as: {last}") };
        println!("unanswered  {unanswered} calls{example}");
        println!("under fire  {} kills, {} pauses", crew.kills, crew.pauses);
    }
}
