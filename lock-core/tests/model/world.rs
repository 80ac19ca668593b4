//! What the actors of a model want, and how much may happen to them.

use lock_core::{AgentId, HolderId};

use crate::{
    bug::Bug,
    names::{A, ACTORS, ALL, B, T, Who, three_agents, two_runs_and_an_agent},
    state::{Left, Tick},
};

/// One request of a program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Want {
    pub(crate) patterns: &'static [u8],
    pub(crate) shared: bool,
    pub(crate) waits: bool,
}

const fn want(patterns: &'static [u8]) -> Want {
    Want { patterns, shared: false, waits: true }
}

const fn shared(patterns: &'static [u8]) -> Want {
    Want { patterns, shared: true, waits: true }
}

const fn at_once(patterns: &'static [u8]) -> Want {
    Want { patterns, shared: false, waits: false }
}

#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) actors: [Who; ACTORS],
    /// What each actor asks for, one after the other; in between it refreshes and releases as it
    /// likes, or not at all.
    pub(crate) programs: Programs,
    /// The lease, in ticks.
    pub(crate) lease: Tick,
    pub(crate) deaths_are_seen: bool,
    pub(crate) left: Left,
    pub(crate) bug: Option<Bug>,
}

impl World {
    pub(crate) fn who(&self, actor: u8) -> &Who {
        &self.actors[usize::from(actor)]
    }

    pub(crate) fn actor(&self, agent: &AgentId, holder: Option<&HolderId>) -> u8 {
        let is = |who: &Who| who.agent == *agent && who.holder.as_ref() == holder;
        u8::try_from(self.actors.iter().position(is).unwrap()).unwrap()
    }

    /// The first actor of the agent with this name.
    pub(crate) fn named(&self, name: &str) -> Option<u8> {
        let found = self.actors.iter().position(|who| who.agent.as_str() == name);
        found.and_then(|index| u8::try_from(index).ok())
    }

    pub(crate) fn with(self, bug: Bug) -> Self {
        Self { bug: Some(bug), ..self }
    }
}

type Programs = [&'static [Want]; ACTORS];

const PATHS: Programs = [&[want(&[A]), want(&[B])], &[want(&[B]), want(&[A])], &[want(&[ALL])]];
const READERS: Programs =
    [&[shared(&[A]), want(&[A])], &[shared(&[ALL]), want(&[ALL])], &[want(&[A])]];
const SETS: Programs = [&[want(&[A, B]), want(&[T])], &[want(&[B, T])], &[want(&[T, A])]];
const RUNS: Programs =
    [&[want(&[A]), want(&[T])], &[want(&[ALL])], &[want(&[T]), at_once(&[A, B])]];

/// The worlds that are searched.
pub(crate) fn worlds() -> [World; 4] {
    let left = Left { ticks: 4, lost_replies: 1, crashes: 1, cleanups: 1 };
    let world = |name, programs: Programs| World {
        name,
        actors: three_agents(),
        programs,
        lease: 2,
        deaths_are_seen: false,
        left,
        bug: None,
    };
    [
        world("two paths and the glob over both", PATHS),
        world("readers that would write", READERS),
        world("sets in a ring", SETS),
        World {
            actors: two_runs_and_an_agent(),
            deaths_are_seen: true,
            ..world("runs of one agent, whose deaths are seen", RUNS)
        },
    ]
}
