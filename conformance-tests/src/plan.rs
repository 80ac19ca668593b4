//! What a contestant does, as data: a thread and a process do the same.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use lock_core::{
    AcquireRequest, AgentId, Break, Error, Grant, HolderId, ListFilter, LockBackend, LockManager,
    Pattern, Reason, Release, Target, Targets, host::Host,
};
use serde::{Deserialize, Serialize};

use crate::{history::monotonic, rng::Rng};

/// What one contestant does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Under which name.
    pub(crate) agent: String,
    /// What it does.
    pub(crate) acts: Vec<Act>,
    /// In which order, and how often.
    pub(crate) order: Order,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Order {
    /// One after the other.
    Once,
    /// One after the other, again and again for so many milliseconds.
    For(u64),
    /// Any, for so many milliseconds, as the seed says.
    Random { seed: u64, millis: u64 },
}

/// One thing to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Act {
    /// Waits, busily, until so many microseconds after the common start.
    At(u64),
    /// Sleeps so many microseconds.
    Pause(u64),
    /// Waits, at most five seconds, until another agent holds the pattern.
    Meet(String),
    /// Stops this process, until somebody lets it go on.
    Halt,
    Acquire(Wanted),
    /// Acquires, and, if it was granted, lets go again after so many microseconds.
    Cycle(Wanted, u64),
    Refresh(Vec<String>),
    RefreshAll,
    Release(Vec<String>),
    ReleaseAll,
    CleanupStale {
        older_than_millis: Option<u64>,
    },
    CleanupAgent(String),
    CleanupOrphaned {
        known: Vec<String>,
    },
    Break(String),
    List,
    Who(String),
}

/// What to acquire, and how.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) patterns: Vec<String>,
    pub(crate) shared: bool,
    /// The lease in milliseconds; none: the default.
    pub(crate) ttl: Option<u64>,
    /// For how many milliseconds to wait in line.
    pub(crate) wait: Option<u64>,
    /// For a holder of its own.
    pub(crate) holder: Option<String>,
    /// Tied to the contestant's process.
    pub(crate) tied: bool,
    /// With a reason of so many bytes.
    pub(crate) reason: Option<usize>,
}

impl Wanted {
    pub(crate) fn of<const N: usize>(patterns: [&str; N]) -> Self {
        let patterns = patterns.into_iter().map(str::to_owned).collect();
        Self { patterns, ..Self::default() }
    }

    pub(crate) fn shared(self) -> Self {
        Self { shared: true, ..self }
    }

    pub(crate) fn ttl(self, millis: u64) -> Self {
        Self { ttl: Some(millis), ..self }
    }

    pub(crate) fn wait(self, millis: u64) -> Self {
        Self { wait: Some(millis), ..self }
    }

    pub(crate) fn tied(self) -> Self {
        Self { tied: true, ..self }
    }

    pub(crate) fn reason(self, length: usize) -> Self {
        Self { reason: Some(length), ..self }
    }

    fn request(&self, locks: &LockManager) -> AcquireRequest {
        let mut request = locks.acquire(self.patterns.clone());
        if self.shared {
            request = request.shared();
        }
        if let Some(millis) = self.ttl {
            request = request.ttl(Duration::from_millis(millis));
        }
        if let Some(millis) = self.wait {
            request = request.wait(Duration::from_millis(millis));
        }
        if let Some(holder) = self.holder.as_deref().and_then(HolderId::new) {
            request = request.holder(holder);
        }
        if let Some(length) = self.reason {
            request = request.reason("because ".repeat(length / 8));
        }
        if self.tied
            && let Ok(process) = Host::current().this_process()
        {
            request = request.process(process);
        }
        request
    }
}

impl Plan {
    /// Does each of `acts` once.
    pub(crate) fn once(agent: &str, acts: Vec<Act>) -> Self {
        Self { agent: agent.to_owned(), acts, order: Order::Once }
    }

    /// Does `acts` again and again.
    pub(crate) fn repeat(agent: &str, time: Duration, acts: Vec<Act>) -> Self {
        let order = Order::For(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        Self { agent: agent.to_owned(), acts, order }
    }

    /// Does any of `acts`, again and again.
    pub(crate) fn random(agent: &str, time: Duration, seed: u64, acts: Vec<Act>) -> Self {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self { agent: agent.to_owned(), acts, order: Order::Random { seed, millis } }
    }

    /// Carries it out on `backend`. `start` is the common start, on the [monotonic] clock.
    ///
    /// # Errors
    /// The first that the backend answers.
    pub(crate) async fn run(&self, backend: Arc<dyn LockBackend>, start: u64) -> Result<(), Error> {
        let locks = LockManager::new(backend, self.agent.as_str())?;
        let over = |millis: u64| monotonic().saturating_sub(start) / 1_000_000 >= millis;
        sleep_until(start);
        match self.order {
            Order::Once => self.each(&locks, start).await?,
            Order::For(millis) => {
                while !over(millis) {
                    self.each(&locks, start).await?;
                }
            }
            Order::Random { seed, millis } => {
                let mut rng = Rng::new(seed);
                while !over(millis) {
                    rng.pick(&self.acts).run(&locks, start).await?;
                }
            }
        }
        Ok(())
    }

    async fn each(&self, locks: &LockManager, start: u64) -> Result<(), Error> {
        for act in &self.acts {
            act.run(locks, start).await?;
        }
        Ok(())
    }
}

impl Act {
    pub(crate) async fn run(&self, locks: &LockManager, start: u64) -> Result<(), Error> {
        match self {
            Self::At(micros) => sleep_until(start + micros * 1_000),
            Self::Pause(micros) => std::thread::sleep(Duration::from_micros(*micros)),
            Self::Meet(pattern) => meet(locks, pattern).await?,
            Self::Halt => {
                use rustix::process::{Signal, getpid, kill_process};
                kill_process(getpid(), Signal::STOP).expect("a process may stop itself");
            }
            Self::Acquire(wanted) => drop(wanted.request(locks).await?),
            Self::Cycle(wanted, hold) => {
                if let Grant::Held(leases) = wanted.request(locks).await? {
                    if *hold > 0 {
                        std::thread::sleep(Duration::from_micros(*hold));
                    }
                    release(locks, leases.patterns(), wanted.holder.as_deref()).await?;
                }
            }
            Self::Refresh(patterns) => drop(locks.refresh(patterns.clone()).await?),
            Self::RefreshAll => drop(locks.refresh_all().await?),
            Self::Release(patterns) => drop(locks.release(patterns.clone()).await?),
            Self::ReleaseAll => drop(locks.release_all().await?),
            Self::CleanupStale { older_than_millis: age } => {
                drop(locks.cleanup_stale(age.map(Duration::from_millis)).await?);
            }
            Self::CleanupAgent(agent) => {
                drop(locks.cleanup_agent(AgentId::new(agent)?).await?);
            }
            Self::CleanupOrphaned { known } => {
                let known =
                    known.iter().map(|name| AgentId::new(name)).collect::<Result<_, _>>()?;
                drop(locks.cleanup_orphaned(Some(known)).await?);
            }
            Self::Break(pattern) => {
                let targets = vec![Target::from(Pattern::parse(pattern)?)];
                let (by, reason) = (locks.agent().to_string(), Reason::new("a test")?);
                drop(locks.execute(Break { by, targets, reason }).await?);
            }
            Self::List => {
                let everything = ListFilter { stale: true, waiting: true, ..Default::default() };
                drop(locks.list(everything).await?);
            }
            Self::Who(pattern) => drop(locks.who_has(pattern.as_str()).await?),
        }
        Ok(())
    }
}

async fn meet(locks: &LockManager, pattern: &str) -> Result<(), Error> {
    let late = Instant::now() + Duration::from_secs(5);
    while Instant::now() < late {
        let held = locks.who_has(pattern).await?.locks;
        if held.iter().any(|lock| lock.agent != *locks.agent()) {
            break;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    Ok(())
}

async fn release<'a>(
    locks: &LockManager,
    patterns: impl Iterator<Item = &'a Pattern>,
    holder: Option<&str>,
) -> Result<(), Error> {
    let targets = Targets::Some(patterns.cloned().map(Target::from).collect());
    let holder = holder.and_then(HolderId::new);
    let release = Release { agent: locks.agent().clone(), holder, targets, token: None };
    locks.execute(release).await?;
    Ok(())
}

/// Sleeps most of the way, and spins the rest: contestants are to start within microseconds.
fn sleep_until(nanos: u64) {
    const SPIN: u64 = 200_000;
    let left = nanos.saturating_sub(monotonic());
    if left > SPIN {
        std::thread::sleep(Duration::from_nanos(left - SPIN));
    }
    while monotonic() < nanos {
        std::hint::spin_loop();
    }
}
