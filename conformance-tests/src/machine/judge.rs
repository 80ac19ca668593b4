//! Whether a store is whole after an operation on it was cut short.

use std::path::Path;

use futures_lite::future::block_on;
use lock_core::{AgentId, Check, ErrorKind, LockManager, Version, View};

use super::{
    Local, acquire,
    operations::{Operation, TOUCHED, ill},
    state::{PROBER, State, everything, last_token},
};

/// An operation, and what its store holds before and after it.
pub(super) struct Case<'a> {
    pub(super) local: &'a Local,
    pub(super) operation: &'a Operation,
    /// What happened up to then is not looked at.
    pub(super) since: Version,
    pub(super) old: State,
    pub(super) new: State,
}

impl Case<'_> {
    /// Sets the stage in `dir`; what is there then.
    pub(super) fn prepare(&self, dir: &Path) -> View {
        self.operation.prepare(self.local, dir);
        everything(self.local, dir, self.since)
    }

    /// Whether the store in `dir` is as after the operation, and no longer as `before`.
    ///
    /// # Panics
    /// If it is neither, or does not serve. `what` was done to it.
    pub(super) fn judge(&self, dir: &Path, before: &View, what: &str) -> bool {
        let what = format!("{}, {what}", self.operation.name);
        let found = everything(self.local, dir, self.since);
        let state = State::of(&found);
        let is_new = state == self.new;
        if self.operation.repairs() {
            // It mends one thing after the other. What was sound is so all the time.
            assert!(self.old.sound().is_subset(&state.locks), "{what}: {state:#?}");
        } else {
            let known = is_new || state == self.old;
            assert!(known, "{what}: {state:#?}\nbefore: {:#?}\nafter: {:#?}", self.old, self.new);
        }
        // What was acknowledged is what it was.
        for old in &before.locks {
            let same = found.locks.iter().find(|lock| lock.id == old.id);
            assert!(same.is_none_or(|lock| lock.token == old.token), "{what}: {old:?}, {same:?}");
        }
        // The child is gone, killed or not: if nobody stood in line before, nobody does.
        if self.old.waiters.is_empty() {
            assert!(found.line().is_empty(), "{what}: {:?} wait", found.line());
        }
        // Whoever comes next is served at once, and changes nothing of it.
        let prober = self.local.agent(dir, PROBER);
        let token = acquire(&prober, &["free.rs"])
            .unwrap_or_else(|(kind, text)| panic!("{what}: {kind:?} {text}"));
        assert!(token > last_token(&found), "{what}: {token}");
        let settled = State::of(&everything(self.local, dir, self.since));
        assert!(settled.is_but_for_the_dead(&state), "{what}: {state:#?}\nthen: {settled:#?}");
        // The doctor heals whatever is left, and frees nothing that can be read.
        let healed = self.doctor(dir, true);
        let healthy = self.doctor(dir, false);
        assert!(ill(&healthy).is_empty(), "{what}: {:?} after {healed:?}", ill(&healthy));
        let healed = State::of(&everything(self.local, dir, self.since));
        let due = if self.operation.repairs() { &self.new } else { &state };
        assert_eq!(healed.locks, due.sound(), "{what}: after the doctor");
        assert!(healed.waiters.is_subset(&due.waiters), "{what}: {:?}", healed.waiters);
        // And when all who were at it are gone, nothing stands in the way.
        let before = last_token(&everything(self.local, dir, self.since));
        for agent in ["owner", "child", "gone"] {
            let agent = AgentId::new(agent).unwrap();
            drop(block_on(prober.cleanup_agent(agent)).unwrap());
        }
        let token = acquire(&prober, &TOUCHED)
            .unwrap_or_else(|(kind, text)| panic!("{what}: {kind:?} {text}"));
        assert!(token > before, "{what}: {token} after {before}");
        is_new
    }

    /// While the child stands still: the process that is in the way, `pid`, is named, or nothing
    /// is in the way. Whether it is.
    pub(super) fn is_held_up(&self, dir: &Path, pid: u32, what: &str) -> bool {
        let served = match (self.local.open)(dir) {
            Ok(store) => acquire(&LockManager::new(store, PROBER).unwrap(), &["meanwhile.rs"]),
            Err(error) => Err((error.kind(), error.to_string())),
        };
        match served {
            Ok(_) => false,
            Err((kind, text)) => {
                let what = format!("{}, {what}: {text}", self.operation.name);
                assert_eq!(kind, ErrorKind::Unavailable, "{what}");
                assert!(text.contains(&pid.to_string()), "{what}, of {pid}");
                true
            }
        }
    }

    fn doctor(&self, dir: &Path, repair: bool) -> Vec<Check> {
        let (backends, url) = ((self.local.backends)(), (self.local.url)(dir));
        block_on(backends.inspect_at(&url, Path::new(""), repair)).unwrap()
    }
}
