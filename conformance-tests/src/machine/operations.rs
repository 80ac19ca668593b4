//! What changes a store: each operation with what comes before it, to be cut short anywhere.

use std::{path::Path, time::Duration};

use futures_lite::future::block_on;
use lock_core::{
    Acquire, Backends, Check, Error, Leave, LockManager, Mode, Nonce, Pattern, Place, RecordId,
    Renew, Ttl, host::Host,
};
use serde::{Deserialize, Serialize};

use super::{Child, Local, child::Ended};
use crate::plan::{Act, Wanted};

/// All that the operations lock.
pub(super) const TOUCHED: [&str; 4] = ["a.rs", "lib/*.py", "doc/", "hot.rs"];

/// The shortest lease there is, in milliseconds.
const SHORT: u64 = 100;

/// The place in line of whoever waits here.
const PLACE: RecordId = RecordId::new(Nonce::from_bits(7), u16::MAX);

/// One operation that is cut short, by the agent `child`.
pub(super) struct Operation {
    pub(super) name: &'static str,
    /// What comes before it, and is not cut short.
    stage: Vec<Stage>,
    pub(super) does: Does,
    /// Whether the stage takes so long to set that an ordinary run does without.
    pub(super) is_slow: bool,
}

enum Stage {
    By(&'static str, Does),
    /// The same, killed in the middle.
    Killed(Does),
    /// One of the locks is damaged, as the store's tests know how.
    Damaged,
    /// The machine was started anew.
    Rebooted,
    /// The history is so long that the next step has to put it away.
    Full,
}

/// What somebody does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Does {
    Act(Act),
    /// Asks, and stands in line if it is not granted.
    Stand(Wanted),
    /// Keeps its place in line.
    Renew,
    /// Leaves the line.
    Leave,
    /// Mends the store.
    Repair,
}

/// All of them. The child's own locks have the shortest lease, so that it may be stopped past it.
pub(super) fn all() -> Vec<Operation> {
    use Act::{
        Acquire, Break, CleanupAgent, CleanupOrphaned, CleanupStale, Pause, Refresh, Release,
        ReleaseAll,
    };
    let path = || Wanted::of(["a.rs"]);
    let set = || Wanted::of(["a.rs", "lib/*.py", "doc/"]);
    let hot = || Wanted::of(["hot.rs"]).ttl(SHORT);
    let set_names = || set().patterns;
    let by = |agent, act| Stage::By(agent, Does::Act(act));
    let first = || by("owner", Acquire(Wanted::of(["x"])));
    let others = || by("owner", Acquire(set()));
    let mine = || by("child", Acquire(set()));
    let stale = || {
        vec![first(), by("gone", Acquire(set().ttl(SHORT))), by("gone", Pause((SHORT + 5) * 1_000))]
    };
    let contended = || vec![first(), by("owner", Acquire(Wanted::of(["hot.rs"])))];
    let in_line = || {
        let mut stage = contended();
        stage.push(Stage::By("child", Does::Stand(hot())));
        stage
    };
    let served = || {
        let mut stage = in_line();
        stage.push(by("owner", Release(vec!["hot.rs".into()])));
        stage
    };
    let long_in_line = || {
        let mut stage = in_line();
        stage.push(by("child", Pause(1_600_000)));
        stage
    };
    let unreadable =
        || vec![first(), by("owner", Acquire(Wanted::of(["lib/*.py"]))), Stage::Damaged];
    let left_behind = || vec![first(), Stage::Killed(Does::Act(Acquire(set())))];
    let new = |name, stage, does| Operation { name, stage, does, is_slow: false };
    let act = |name, stage, act| new(name, stage, Does::Act(act));
    vec![
        act("the first lock of a store", vec![], Acquire(path().ttl(SHORT))),
        act("a path", vec![first()], Acquire(path().ttl(SHORT))),
        act("a set", vec![first()], Acquire(set().ttl(SHORT))),
        act("a refusal", vec![others()], Acquire(path())),
        act("a takeover", stale(), Acquire(set().ttl(SHORT))),
        act("a takeover of what is damaged", unreadable(), Acquire(set().ttl(SHORT))),
        act("a step after a killed one", left_behind(), Acquire(hot())),
        act("an upgrade", vec![by("child", Acquire(path().shared()))], Acquire(path().ttl(SHORT))),
        act("a refresh", vec![mine(), by("child", Pause(2_000))], Refresh(set_names())),
        act("a refresh after a reboot", vec![mine(), Stage::Rebooted], Refresh(set_names())),
        act("a release", vec![mine()], Release(vec!["a.rs".into()])),
        act("a release of all", vec![first(), mine()], ReleaseAll),
        new("joining the line", contended(), Does::Stand(hot())),
        new("being served in line", served(), Does::Stand(hot())),
        Operation { is_slow: true, ..new("keeping a place in line", long_in_line(), Does::Renew) },
        new("leaving the line", in_line(), Does::Leave),
        act("a break", vec![first(), others()], Break("lib/*.py".into())),
        act("a cleanup of what is stale", stale(), CleanupStale { older_than_millis: None }),
        act("a cleanup of an agent", vec![first(), mine()], CleanupAgent("child".into())),
        act(
            "a cleanup of orphans",
            vec![first(), mine()],
            CleanupOrphaned { known: vec!["owner".into()] },
        ),
        new("a repair", vec![others(), Stage::Damaged], Does::Repair),
        act("a step that puts history away", vec![Stage::Full], Acquire(set().ttl(SHORT))),
    ]
}

impl Operation {
    /// Sets the stage in `dir`.
    pub(super) fn prepare(&self, local: &Local, dir: &Path) {
        for stage in &self.stage {
            match stage {
                Stage::By(agent, does) => {
                    block_on(does.with(&local.agent(dir, agent))).unwrap();
                }
                Stage::Killed(does) => {
                    let (call, number) = local.midway;
                    let inject = format!("inject={call}:signal=KILL:when={number}");
                    let child = Child::does(&(local.url)(dir), does);
                    let end = child.under_strace(&["-e", &inject]).start().end();
                    assert!(matches!(end, Ended::Killed), "{}", self.name);
                }
                Stage::Damaged => (local.damage)(dir),
                Stage::Rebooted => (local.reboot)(dir),
                Stage::Full => (local.fill)(dir),
            }
        }
    }

    pub(super) fn repairs(&self) -> bool {
        matches!(self.does, Does::Repair)
    }
}

impl Does {
    /// Does it as `agent`, in the store at `url`.
    pub(super) async fn at(
        &self,
        backends: &Backends,
        url: &str,
        agent: &str,
    ) -> Result<(), Error> {
        if matches!(self, Self::Repair) {
            let checks = backends.inspect_at(url, Path::new(""), true).await?;
            assert!(checks.iter().all(|check| check.ok), "{:?}", ill(&checks));
            return Ok(());
        }
        self.with(&LockManager::new(backends.connect(url).await?, agent)?).await
    }

    async fn with(&self, locks: &LockManager) -> Result<(), Error> {
        match self {
            Self::Act(act) => act.run(locks, 0).await?,
            Self::Stand(wanted) => {
                let patterns = wanted.patterns.iter().map(|text| Pattern::parse(text));
                let process = Host::current().this_process().ok();
                let acquire = Acquire {
                    agent: locks.agent().clone(),
                    holder: None,
                    patterns: patterns.collect::<Result<_, _>>()?,
                    mode: Mode::Exclusive,
                    reason: None,
                    ttl: Ttl::new(Duration::from_millis(wanted.ttl.unwrap_or(SHORT)))?,
                    processes: Vec::new(),
                    wait: Some(Place { name: PLACE, process, ahead: None }),
                };
                drop(locks.execute(acquire).await?);
            }
            Self::Renew => drop(locks.execute(Renew { waiter: PLACE }).await?),
            Self::Leave => drop(locks.execute(Leave { waiter: PLACE }).await?),
            Self::Repair => panic!("nobody mends a store through its locks"),
        }
        Ok(())
    }
}

/// What is not well.
pub(super) fn ill(checks: &[Check]) -> Vec<&Check> {
    checks.iter().filter(|check| !check.ok).collect()
}
