//! The few agents and patterns that a model is about, and by hand what they mean.

use std::sync::LazyLock;

use lock_core::{AgentId, HolderId, Pattern};

/// How many actors there are in every world.
pub(crate) const ACTORS: usize = 3;

/// What is locked. A pattern is known by its place in this list.
pub(crate) static PATTERNS: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| ["s/a", "s/b", "s/*", "t"].map(|it| Pattern::parse(it).unwrap()).to_vec());

pub(crate) const A: u8 = 0;
pub(crate) const B: u8 = 1;
pub(crate) const ALL: u8 = 2;
pub(crate) const T: u8 = 3;

/// Which of `s/a`, `s/b`, `s/c` and `t` each pattern matches, one bit each: written by hand, so
/// that the judge does not rest on what it judges.
const PATHS: [u8; 4] = [0b0001, 0b0010, 0b0111, 0b1000];

pub(crate) fn meet(one: u8, two: u8) -> bool {
    PATHS[usize::from(one)] & PATHS[usize::from(two)] != 0
}

pub(crate) fn pattern(index: u8) -> Pattern {
    PATTERNS[usize::from(index)].clone()
}

pub(crate) fn index_of(pattern: &Pattern) -> u8 {
    let found = PATTERNS.iter().position(|it| it == pattern);
    u8::try_from(found.expect("only known patterns are locked")).unwrap()
}

/// Who acts. Any two of them exclude each other: three agents, or two runs of one agent and
/// another agent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Who {
    pub(crate) agent: AgentId,
    pub(crate) holder: Option<HolderId>,
}

pub(crate) fn three_agents() -> [Who; ACTORS] {
    ["one", "two", "three"].map(|name| Who { agent: AgentId::new(name).unwrap(), holder: None })
}

pub(crate) fn two_runs_and_an_agent() -> [Who; ACTORS] {
    [("one", "g"), ("one", "h"), ("two", "")]
        .map(|(name, run)| Who { agent: AgentId::new(name).unwrap(), holder: HolderId::new(run) })
}
