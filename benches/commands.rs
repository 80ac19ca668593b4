//! What the benches ask of a store.

use lock_core::{
    Acquire, Action, AgentId, Command, LockBackend, Mode, Outcome, Pattern, Release, Target,
    Targets, Ttl,
};

use super::stores::Stores;

/// Acquire and release of one pattern.
pub(crate) struct Cycle<'a, S: Stores> {
    stores: &'a S,
    store: &'a S::Backend,
    acquire: Action,
    release: Action,
}

impl<'a, S: Stores> Cycle<'a, S> {
    pub(crate) fn new(stores: &'a S, store: &'a S::Backend, pattern: &str) -> Self {
        Self::of("agent-7", stores, store, pattern)
    }

    pub(crate) fn of(agent: &str, stores: &'a S, store: &'a S::Backend, pattern: &str) -> Self {
        let (acquire, release) = (acquire(agent, &[pattern]), release(agent, pattern));
        Self { stores, store, acquire: Action::Acquire(acquire), release }
    }

    pub(crate) fn run(&self) {
        assert!(self.acquire().changed);
        self.release();
    }

    pub(crate) fn acquire(&self) -> Outcome {
        self.execute(&self.acquire)
    }

    pub(crate) fn release(&self) {
        assert!(self.execute(&self.release).changed);
    }

    fn execute(&self, action: &Action) -> Outcome {
        self.stores.wait(self.store.execute(&Command::new(action.clone()))).unwrap()
    }
}

/// Has somebody else hold `count` patterns.
pub(crate) fn fill<S: Stores>(
    stores: &S,
    store: &S::Backend,
    count: usize,
    pattern: impl Fn(usize) -> String,
) {
    let all: Vec<String> = (0..count).map(pattern).collect();
    for some in all.chunks(1_000) {
        let some: Vec<&str> = some.iter().map(String::as_str).collect();
        let mut request = acquire("other", &some);
        request.ttl = Ttl::MAX;
        assert!(stores.wait(store.execute(&Command::new(request))).unwrap().changed);
    }
}

fn acquire(agent: &str, patterns: &[&str]) -> Acquire {
    Acquire {
        agent: AgentId::new(agent).unwrap(),
        holder: None,
        patterns: patterns.iter().map(|text| Pattern::parse(text).unwrap()).collect(),
        mode: Mode::Exclusive,
        reason: None,
        ttl: Ttl::default(),
        processes: Vec::new(),
        wait: None,
    }
}

fn release(agent: &str, pattern: &str) -> Action {
    Action::Release(Release {
        agent: AgentId::new(agent).unwrap(),
        holder: None,
        targets: Targets::Some(vec![Target::from(Pattern::parse(pattern).unwrap())]),
        token: None,
    })
}
