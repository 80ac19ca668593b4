//! Commands in plain words.

use std::time::Duration;

use lock_core::{
    Acquire, AgentId, Answer, Break, Command, Leases, Lock, LockManager, Mode, Nonce, Pattern,
    Reason, RecordId, Target, Ttl,
};

use crate::bench::Bench;

pub(crate) fn agent(name: &str) -> AgentId {
    AgentId::new(name).expect("a name for an agent")
}

pub(crate) fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).expect("a pattern")
}

/// An acquire for the agent itself, exclusive, for five minutes.
pub(crate) fn acquire<const N: usize>(name: &str, patterns: [&str; N]) -> Acquire {
    Acquire {
        agent: agent(name),
        holder: None,
        patterns: patterns.into_iter().map(pattern).collect(),
        mode: Mode::Exclusive,
        reason: None,
        ttl: Ttl::default(),
        processes: Vec::new(),
        wait: None,
    }
}

/// The same, to be granted or to stand in line.
pub(crate) fn waiting<const N: usize>(name: &str, patterns: [&str; N]) -> Command {
    in_line(acquire(name, patterns))
}

pub(crate) fn in_line(acquire: Acquire) -> Command {
    let place = RecordId::new(Nonce::random(), u16::MAX);
    Command::new(Acquire { wait: Some(place.into()), ..acquire })
}

/// The next look of a request that stands in line.
pub(crate) fn look_again(command: &Command) -> Command {
    Command { nonce: Nonce::random(), ..command.clone() }
}

pub(crate) fn break_open(by: &str, text: &str) -> Break {
    let targets = vec![Target::from(pattern(text))];
    Break { by: by.to_owned(), targets, reason: Reason::new("it is in the way").unwrap() }
}

/// Takes what nobody stands against.
pub(crate) fn take<const N: usize>(
    bench: &Bench<'_>,
    locks: &LockManager,
    patterns: [&str; N],
) -> Leases {
    bench.run(locks.acquire(patterns)).held().unwrap_or_else(|why| {
        panic!("{} asked for {patterns:?}, and nobody is there: {why}", locks.agent())
    })
}

/// Takes it for `ttl`.
pub(crate) fn take_for(bench: &Bench<'_>, locks: &LockManager, text: &str, ttl: Duration) -> Lock {
    let leases = bench.run(locks.acquire(text).ttl(ttl)).held().unwrap_or_else(|why| {
        panic!("{} asked for {text}, and nobody is there: {why}", locks.agent())
    });
    leases.iter().next().expect("one pattern").lock.clone()
}

/// Whether `answer` is a grant.
pub(crate) fn is_granted(answer: &Answer) -> bool {
    matches!(answer, Answer::Granted(_))
}
