//! One agent: a process that does whatever agents do, and tells what it was answered.

use std::{fmt::Display, time::Duration};

use lock_core::{AcquireRequest, Error, ErrorKind, Grant, Leases, LockManager};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::{
    Trouble,
    child::{self, monotonic, say},
    draw::Draw,
    grants::Granted,
    told::{Refused, Told},
};

/// The environment variable that makes this program an agent, and says which.
pub(super) const TASK: &str = "SWARM_AGENT";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) url: String,
    pub(super) name: String,
    pub(super) seed: u64,
}

/// How long the lease of an agent is that means to keep its lock: short, so that a pause is longer.
const TTL: Duration = Duration::from_millis(1_500);

pub(super) async fn be(task: &str) -> Result<(), Trouble> {
    let task: Task = child::begin(task)?;
    let store = loop {
        match lock_cli::builtin().connect(&task.url).await {
            Ok(store) => break store,
            Err(error) => failed(&error.into()),
        }
        sleep(Duration::from_millis(100)).await;
    };
    let locks = LockManager::new(store, task.name.as_str())?;
    let mut agent = Agent { locks, draw: Draw::new(task.seed) };
    loop {
        if let Err(error) = agent.act().await {
            failed(&error);
        }
        sleep(agent.draw.millis(5)).await;
    }
}

fn tell(told: &Told) {
    say(std::slice::from_ref(told));
}

/// Tells of a call that failed.
fn failed(error: &Error) {
    let text = error.to_string();
    tell(&if is_no_answer(error) { Told::Unanswered(text) } else { Told::Trouble(text) });
}

/// Whether it says nothing about the store, but that it was not heard.
pub(super) fn is_no_answer(error: &Error) -> bool {
    let kind = match error {
        Error::Backend(error) => error.kind(),
        _ => return false,
    };
    matches!(kind, ErrorKind::Unavailable | ErrorKind::Unknown)
}

fn trouble(what: impl Display) {
    tell(&Told::Trouble(what.to_string()));
}

struct Agent {
    locks: LockManager,
    draw: Draw,
}

impl Agent {
    async fn act(&mut self) -> Result<(), Error> {
        match self.draw.below(16) {
            0..=5 => self.cycle(false, false).await,
            6..=9 => self.cycle(true, false).await,
            10..=11 => self.cycle(true, true).await,
            12..=13 => self.guard().await,
            14 => self.leave_behind().await,
            _ => self.walk_away().await,
        }
    }

    /// Asks, and tells what came of it.
    async fn ask(&mut self, request: AcquireRequest, wait: bool) -> Result<Option<Leases>, Error> {
        let request = if wait { request.wait(Duration::from_secs(3)) } else { request };
        let asked = monotonic();
        let refused = match request.await? {
            Grant::Held(leases) => {
                granted(&leases, asked, wait);
                return Ok(Some(leases));
            }
            Grant::TimedOut(_) => Refused::Timeout,
            Grant::Deadlock { .. } => Refused::Deadlock,
            _ => Refused::Conflict,
        };
        tell(&Told::Refused(refused));
        Ok(None)
    }

    /// Takes, perhaps refreshes, lets go.
    async fn cycle(&mut self, wait: bool, shared: bool) -> Result<(), Error> {
        let patterns = self.draw.patterns();
        let mut request = self.locks.acquire(patterns).ttl(TTL);
        if shared {
            request = request.shared();
        }
        let Some(leases) = self.ask(request, wait).await? else { return Ok(()) };
        sleep(self.draw.millis(20)).await;
        if self.draw.one_in(3) {
            let refreshed = self.locks.refresh(&leases).await?;
            for lock in &refreshed.locks {
                tell(&Told::Refreshed { lock: lock.id, until: lock.expires_at });
            }
            refreshed.lost.iter().for_each(|_| tell(&Told::Lost));
            sleep(self.draw.millis(20)).await;
        }
        self.locks.release(&leases).await?;
        Ok(())
    }

    /// Holds a guard, sometimes for longer than its lease, until it is done or the lock is lost.
    async fn guard(&mut self) -> Result<(), Error> {
        let patterns = self.draw.patterns();
        let request = self.locks.hold(patterns).ttl(Duration::from_secs(1));
        let asked = monotonic();
        let guard = match request.wait(Duration::from_secs(2)).await? {
            Grant::Held(guard) => guard,
            Grant::Deadlock { .. } => {
                tell(&Told::Refused(Refused::Deadlock));
                return Ok(());
            }
            _ => {
                tell(&Told::Refused(Refused::Timeout));
                return Ok(());
            }
        };
        granted(guard.leases(), asked, true);
        let long = if self.draw.one_in(8) { 1_500 } else { 30 };
        tokio::select! {
            () = sleep(self.draw.millis(long)) => guard.release().await?,
            _ = guard.lost() => tell(&Told::Lost),
        }
        Ok(())
    }

    /// Takes a lock and forgets it: its lease ends it, or somebody takes it over.
    async fn leave_behind(&mut self) -> Result<(), Error> {
        let patterns = self.draw.patterns();
        let request = self.locks.acquire(patterns).ttl(Duration::from_millis(200));
        self.ask(request, false).await.map(drop)
    }

    /// Comes into the line, and leaves it without a word.
    async fn walk_away(&mut self) -> Result<(), Error> {
        let patterns = self.draw.patterns();
        let wait = self.locks.acquire(patterns).ttl(TTL).wait(Duration::from_secs(60));
        let asked = monotonic();
        let leases = tokio::select! {
            grant = wait => match grant? {
                Grant::Held(leases) => leases,
                _ => return Ok(()),
            },
            () = sleep(self.draw.millis(10)) => return Ok(()),
        };
        granted(&leases, asked, true);
        let released = self.locks.release(&leases).await?;
        if released.released.len() > leases.patterns().count() {
            trouble("more was let go than was held");
        }
        Ok(())
    }
}

fn granted(leases: &Leases, asked: u64, waited: bool) {
    let fresh = || leases.iter().filter(|granted| granted.fresh).map(|granted| &granted.lock);
    let locks: Vec<_> = fresh().map(|lock| lock.id).collect();
    // All new locks of one request share one token.
    if let Some(token) = fresh().map(|lock| lock.token).next() {
        let granted = Granted { locks, token, asked, answered: monotonic() };
        tell(&Told::Granted { granted, waited });
    }
    for kept in leases.iter().filter(|granted| !granted.fresh) {
        tell(&Told::Refreshed { lock: kept.lock.id, until: kept.lock.expires_at });
    }
}
