//! What the benches ask of a store.
#![allow(dead_code, reason = "not every bench asks for everything")]

use futures_lite::future::block_on;
use lock_core::{
    Acquire, Action, AgentId, Command, LockBackend, Mode, Pattern, Release, Target, Targets, Ttl,
};

/// Acquire and release of one pattern.
pub(crate) struct Cycle<'a> {
    store: &'a dyn LockBackend,
    acquire: Action,
    release: Action,
}

impl<'a> Cycle<'a> {
    pub(crate) fn new(store: &'a dyn LockBackend, pattern: &str) -> Self {
        let (acquire, release) = (acquire("agent-7", &[pattern]), release("agent-7", pattern));
        Self { store, acquire: Action::Acquire(acquire), release }
    }

    pub(crate) fn run(&mut self) {
        for action in [&self.acquire, &self.release] {
            let outcome = block_on(self.store.execute(&Command::new(action.clone()))).unwrap();
            assert!(outcome.changed);
        }
    }
}

/// Has somebody else hold `count` patterns.
pub(crate) fn fill(store: &dyn LockBackend, count: usize, pattern: impl Fn(usize) -> String) {
    let all: Vec<String> = (0..count).map(pattern).collect();
    for some in all.chunks(1_000) {
        let some: Vec<&str> = some.iter().map(String::as_str).collect();
        let mut request = acquire("other", &some);
        request.ttl = Ttl::MAX;
        assert!(block_on(store.execute(&Command::new(request))).unwrap().changed);
    }
}

pub(crate) fn acquire(agent: &str, patterns: &[&str]) -> Acquire {
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

pub(crate) fn release(agent: &str, pattern: &str) -> Action {
    Action::Release(Release {
        agent: AgentId::new(agent).unwrap(),
        holder: None,
        targets: Targets::Some(vec![Target::from(Pattern::parse(pattern).unwrap())]),
        token: None,
    })
}
