//! What can happen, and what each actor makes of it.

use lock_core::{
    Acquire, Action, Answer, Cleanup, Command, Leave, Mode, Nonce, RecordId, Refresh, Release,
    Removal, Target, Targets,
};

use crate::{
    bug::Bug,
    names::{ACTORS, pattern},
    state::{Actor, Answered, Breach, Call, Phase, State},
    world::World,
};

/// How many names an actor has, of commands or of places.
const NAMES: u8 = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The clock goes on.
    Tick,
    /// An actor acts; whether the answer gets lost.
    Does(usize, Deed, bool),
    /// An actor forgets everything and begins again with its next request.
    Crash(usize),
    CleanStale,
    /// A cleanup of what an actor's agent holds.
    CleanAgent(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Begins its next request.
    Ask,
    /// Asks again from its place in line.
    Again,
    Leave,
    Refresh,
    Release,
    /// Sends again what was not answered.
    Retry,
}

impl State {
    /// The lowest name in the actor's range that stands nowhere: names are random, and all that
    /// matters is that no two commands share one.
    fn fresh(&self, actor: usize) -> u8 {
        self.unused(u8::try_from(actor).unwrap() * NAMES)
    }

    /// The same for a place in line.
    fn fresh_place(&self, actor: usize) -> u8 {
        self.unused(u8::try_from(actor + ACTORS).unwrap() * NAMES)
    }

    fn unused(&self, first: u8) -> u8 {
        let used = |name: u8| {
            self.actors.iter().any(|actor| match &actor.phase {
                Phase::Waiting(place) => *place == name,
                Phase::Unanswered(call, _) => call.names().contains(&Some(name)),
                Phase::Free => false,
            }) || self.store.locks.iter().any(|row| row.nonce == name)
                || self.store.waiters.iter().any(|place| place.name == name)
                || self.store.endings.iter().any(|end| end.row.nonce == name || end.nonce == name)
        };
        (first..first + NAMES).find(|name| !used(*name)).unwrap()
    }
}

impl Call {
    fn names(self) -> [Option<u8>; 2] {
        match self {
            Self::Ask { nonce, place } => [Some(nonce), place],
            Self::Leave { nonce, place } => [Some(nonce), Some(place)],
            Self::Refresh { nonce } | Self::Release { nonce } => [Some(nonce), None],
        }
    }
}

impl World {
    pub(crate) fn events(&self, state: &State, events: &mut Vec<Event>) {
        if state.breach.is_some() {
            return;
        }
        for (index, actor) in state.actors.iter().enumerate() {
            let mut does = |deed| {
                events.push(Event::Does(index, deed, false));
                if state.left.lost_replies > 0 && deed != Deed::Retry {
                    events.push(Event::Does(index, deed, true));
                }
            };
            match &actor.phase {
                Phase::Free => {
                    if usize::from(actor.begun) < self.programs[index].len() {
                        does(Deed::Ask);
                    }
                    if !actor.held.is_empty() {
                        does(Deed::Release);
                        // Otherwise it would change nothing.
                        if actor.held.iter().any(|it| it.until < state.now + self.lease) {
                            does(Deed::Refresh);
                        }
                    }
                }
                Phase::Waiting(_) => {
                    does(Deed::Again);
                    does(Deed::Leave);
                    // Who waits keeps what it holds.
                    if actor.held.iter().any(|it| it.until < state.now + self.lease) {
                        events.push(Event::Does(index, Deed::Refresh, false));
                    }
                }
                Phase::Unanswered(..) => does(Deed::Retry),
            }
            if state.left.crashes > 0
                && *actor != (Actor { begun: actor.begun, ..Actor::default() })
            {
                events.push(Event::Crash(index));
            }
        }
        if state.left.cleanups > 0 && !state.store.locks.is_empty() {
            events.push(Event::CleanStale);
            events.push(Event::CleanAgent(0));
        }
        if state.left.ticks > 0 {
            events.push(Event::Tick);
        }
    }

    pub(crate) fn step(&self, last: &State, event: Event) -> State {
        let mut state = last.clone();
        match event {
            Event::Tick => {
                state.now += 1;
                state.left.ticks -= 1;
            }
            Event::Does(actor, deed, lost) => self.act(&mut state, actor, deed, lost),
            Event::Crash(actor) => {
                state.left.crashes -= 1;
                let begun = state.actors[actor].begun;
                state.actors[actor] = Actor { begun, ..Actor::default() };
                let locks = state.store.locks.iter_mut();
                locks.filter(|it| usize::from(it.actor) == actor).for_each(|it| it.orphan = true);
                let places = state.store.waiters.iter_mut();
                places.filter(|it| usize::from(it.actor) == actor).for_each(|it| it.orphan = true);
            }
            Event::CleanStale => self.clean(&mut state, Removal::Stale { older_than: None }),
            Event::CleanAgent(actor) => {
                let agent = self.actors[actor].agent.clone();
                for (who, it) in self.actors.iter().zip(&mut state.actors) {
                    if who.agent == agent {
                        it.held.iter_mut().for_each(|belief| belief.void = true);
                        it.place = None;
                    }
                }
                self.clean(&mut state, Removal::Agent(agent));
            }
        }
        self.judge(&mut state);
        state
    }

    fn clean(&self, state: &mut State, what: Removal) {
        state.left.cleanups -= 1;
        let action = Cleanup { by: "op@host".into(), what, dry_run: false }.into();
        let command = Command { nonce: Nonce::from_bits(250), retry: false, action };
        self.execute(state, &command, self.bug);
    }

    pub(crate) fn act(&self, state: &mut State, actor: usize, deed: Deed, lost: bool) {
        let nonce = state.fresh(actor);
        let (call, first) = match (deed, state.actors[actor].phase.clone()) {
            (Deed::Ask, _) => {
                let begun = usize::from(state.actors[actor].begun);
                state.actors[actor].begun += 1;
                let waits = self.programs[actor][begun].waits;
                (Call::Ask { nonce, place: waits.then(|| state.fresh_place(actor)) }, None)
            }
            (Deed::Again, Phase::Waiting(place)) => (Call::Ask { nonce, place: Some(place) }, None),
            (Deed::Leave, Phase::Waiting(place)) => (Call::Leave { nonce, place }, None),
            (Deed::Refresh, _) => (Call::Refresh { nonce }, None),
            (Deed::Release, _) => (Call::Release { nonce }, None),
            (Deed::Retry, Phase::Unanswered(call, first)) => (call, Some(first)),
            (deed, phase) => panic!("{deed:?} in {phase:?}"),
        };
        let command = self.command(state, actor, call, first.is_some());
        let before = state.clone();
        let answer = self.send(state, &command, call);
        self.came_true(state, &before, actor, call, &answer);
        if lost {
            state.left.lost_replies -= 1;
            self.unanswered(state, actor, call, &answer);
        } else {
            if let Some(first) = first {
                self.same_again(state, &before, actor, &first, &answer);
            }
            self.told(state, actor, call, answer);
        }
    }

    fn command(&self, state: &State, actor: usize, call: Call, retry: bool) -> Command {
        let (agent, holder) = (self.actors[actor].agent.clone(), self.actors[actor].holder.clone());
        let held = || {
            let beliefs = state.actors[actor].held.iter();
            Targets::Some(beliefs.map(|it| Target::from(pattern(it.pattern))).collect())
        };
        let (nonce, action): (u8, Action) = match call {
            Call::Ask { nonce, place } => {
                let want = self.last_want(state, actor).expect("a request was begun");
                let name = |place: u8| RecordId::new(Nonce::from_bits(place.into()), 0).into();
                let acquire = Acquire {
                    agent,
                    holder,
                    patterns: want.patterns.iter().copied().map(pattern).collect(),
                    mode: if want.shared { Mode::Shared } else { Mode::Exclusive },
                    reason: None,
                    ttl: self.ttl(),
                    processes: Vec::new(),
                    wait: place.map(name),
                };
                (nonce, acquire.into())
            }
            Call::Refresh { nonce } => {
                // One of them names no patterns.
                let targets = if actor == 2 { Targets::All } else { held() };
                let refresh =
                    Refresh { agent, holder, targets, ttl: None, token: None, process: None };
                (nonce, refresh.into())
            }
            Call::Release { nonce } => {
                let targets = if actor == 2 { Targets::All } else { held() };
                (nonce, Release { agent, holder, targets, token: None }.into())
            }
            Call::Leave { nonce, place } => {
                let waiter = RecordId::new(Nonce::from_bits(place.into()), 0);
                (nonce, Leave { waiter }.into())
            }
        };
        Command { nonce: Nonce::from_bits(nonce.into()), retry, action }
    }

    /// The store's answer; where a mistake takes more than one step, all of them.
    fn send(&self, state: &mut State, command: &Command, call: Call) -> Answer {
        if let (
            Some(Bug::DeleteByKey),
            Action::Release(Release { targets: Targets::Some(targets), .. }),
        ) = (self.bug, &command.action)
        {
            let named = |index: u8| targets.iter().any(|it| it.readings.contains(&pattern(index)));
            state.store.locks.retain(|row| !named(row.pattern));
        }
        let Action::Acquire(acquire) = &command.action else {
            return self.execute(state, command, self.bug).answer;
        };
        let waits = matches!(call, Call::Ask { place: Some(_), .. });
        let in_parts = match self.bug {
            Some(Bug::PartialGrant) => !waits,
            Some(Bug::HoldsWhileWaiting) => waits,
            _ => false,
        };
        if in_parts && acquire.patterns.len() > 1 {
            for one in &acquire.patterns {
                let acquire =
                    Acquire { patterns: vec![one.clone()], wait: None, ..acquire.clone() };
                let nonce = Nonce::from_bits(state.fresh(0).into());
                self.execute(state, &Command { nonce, action: acquire.into(), retry: false }, None);
            }
        }
        if self.bug == Some(Bug::UpgradeLetsGoFirst) && acquire.mode == Mode::Exclusive {
            let agent = self.actor(&acquire.agent, acquire.holder.as_ref());
            state.store.locks.retain(|row| !(row.actor == agent && row.shared));
        }
        self.execute(state, command, self.bug).answer
    }

    fn unanswered(&self, state: &mut State, actor: usize, call: Call, answer: &Answer) {
        let first = match answer {
            Answer::Granted(granted) => Answered::Granted(self.granted(granted)),
            Answer::Released { released, .. } => {
                Answered::Released(released.iter().map(crate::names::index_of).collect())
            }
            _ => Answered::Other,
        };
        // What the call may have ended or replaced is promised no more.
        let asked = self.last_want(state, actor);
        let it = &mut state.actors[actor];
        for belief in &mut it.held {
            belief.void |= match call {
                Call::Release { .. } => true,
                Call::Ask { .. } => asked.is_some_and(|it| it.patterns.contains(&belief.pattern)),
                _ => false,
            };
        }
        it.phase = Phase::Unanswered(call, first);
    }

    pub(crate) fn breach(state: &mut State, breach: Breach) {
        state.breach.get_or_insert(breach);
    }
}
