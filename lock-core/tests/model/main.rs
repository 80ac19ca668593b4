//! The rule, searched by a model checker: whatever three agents do with overlapping patterns, in
//! whatever order, with waits, cleanups, crashes, lost replies and holders that sleep past their
//! lease, no promise is broken.
//!
//! The search goes breadth first, so that what it does not reach within its number of states takes
//! more steps than all that it has seen. What a *store* must do is not the matter here; the
//! conformance suite is about that.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so at once"
)]

mod bug;
mod graph;
mod judge;
mod names;
mod state;
mod step;
mod store;
mod told;
mod world;

use std::{thread, time::Instant};

use bug::Bug;
use state::{Breach, Phase, State};
use stateright::{Checker, HasDiscoveries, Model, Property, UniformChooser};
use step::Event;
use world::{World, worlds};

impl Model for World {
    type State = State;
    type Action = Event;

    fn init_states(&self) -> Vec<State> {
        let (store, actors) = Default::default();
        vec![State { now: 0, store, actors, top: 0, left: self.left, breach: None }]
    }

    fn actions(&self, state: &State, events: &mut Vec<Event>) {
        self.events(state, events);
    }

    fn next_state(&self, state: &State, event: Event) -> Option<State> {
        Some(self.step(state, event))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn waits(state: &State) -> bool {
            state.actors.iter().any(|actor| !matches!(actor.phase, Phase::Free))
        }
        vec![
            Property::always("exclusion", |_, state: &State| {
                state.breach != Some(Breach::Exclusion)
            }),
            Property::always("tokens rise", |_, state: &State| state.breach != Some(Breach::Token)),
            Property::always("no lost grant", |_, state: &State| {
                state.breach != Some(Breach::LostGrant)
            }),
            Property::always("expiry is final", |_, state: &State| {
                state.breach != Some(Breach::Revived)
            }),
            Property::always("no orphan", |_, state: &State| state.breach != Some(Breach::Orphan)),
            Property::always("first come, first served", |_, state: &State| {
                state.breach != Some(Breach::Passed)
            }),
            Property::always("a retry is answered alike", |_, state: &State| {
                state.breach != Some(Breach::Retry)
            }),
            Property::always("no false alarm", |_, state: &State| {
                state.breach != Some(Breach::FalseAlarm)
            }),
            Property::always("answers fit", |_, state: &State| {
                state.breach != Some(Breach::Answer)
            }),
            Property::always("no stuck line", |world: &Self, state: &State| {
                !waits(state) || world.drains(state)
            }),
            Property::always("no deadlock unreported", |world: &Self, state: &State| {
                !waits(state) || world.nobody_waits_for_itself(state)
            }),
        ]
    }
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The broken promises, each with what led to it.
fn broken(checker: &impl Checker<World>) -> Vec<(&'static str, Vec<Event>)> {
    let ways = checker.discoveries().into_iter();
    ways.map(|(promise, way)| (promise, way.into_actions())).collect()
}

/// How many states of each world are visited, counting those that are reached again; more by
/// `LOCK_MODEL_STATES`.
const STATES: usize = 600_000;

#[test]
fn no_promise_is_broken_in_a_million_states() {
    let most = std::env::var("LOCK_MODEL_STATES").ok().and_then(|it| it.parse().ok());
    let most = most.unwrap_or(STATES);
    let (begun, mut all) = (Instant::now(), 0);
    for world in worlds() {
        let (name, begun) = (world.name, Instant::now());
        let checker = world.checker().threads(threads()).finish_when(HasDiscoveries::Any);
        let checker = checker.target_state_count(most).spawn_bfs().join();
        let (states, depth) = (checker.unique_state_count(), checker.max_depth());
        println!("{name}: {states} states, {depth} steps deep, in {:.1?}", begun.elapsed());
        let broken = broken(&checker);
        assert!(broken.is_empty(), "{name}: {broken:?}");
        all += states;
    }
    println!("{all} states in {:.1?}", begun.elapsed());
    assert!(all >= 1_000_000 || most < STATES, "only {all} states");
}

/// Where the search does not reach: until nothing more can happen.
#[test]
fn no_promise_is_broken_on_long_walks() {
    let seed = std::env::var("LOCK_TEST_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(1);
    let most = std::env::var("LOCK_MODEL_STATES").ok().and_then(|it| it.parse().ok());
    let most = most.unwrap_or(STATES) / 10;
    for world in worlds() {
        let name = world.name;
        let checker = world.checker().threads(threads()).finish_when(HasDiscoveries::Any);
        let checker =
            checker.target_state_count(most).spawn_simulation(seed, UniformChooser).join();
        let (states, depth) = (checker.state_count(), checker.max_depth());
        println!("{name}: {states} states on walks of up to {depth} steps, seed {seed}");
        let broken = broken(&checker);
        assert!(broken.is_empty(), "{name}, seed {seed}: {broken:?}");
    }
}

#[test]
fn each_known_mistake_is_found() {
    let [paths, readers, sets, runs] = worlds();
    let mistakes = [
        (&paths, Bug::StaleByTheAskersClock, "no lost grant"),
        (&paths, Bug::CleanupByAnotherClock, "no lost grant"),
        (&runs, Bug::BargingPastTheLine, "first come, first served"),
        (&readers, Bug::ReadersPassWriters, "first come, first served"),
        (&paths, Bug::NoLine, "first come, first served"),
        (&runs, Bug::PartialGrant, "no orphan"),
        (&sets, Bug::HoldsWhileWaiting, "no orphan"),
        (&paths, Bug::TokenFromTheRecord, "tokens rise"),
        (&paths, Bug::RefreshRevives, "expiry is final"),
        (&paths, Bug::DeleteByKey, "no lost grant"),
        (&paths, Bug::LostNonce, "a retry is answered alike"),
        (&paths, Bug::RetryForgetsEndings, "a retry is answered alike"),
        (&paths, Bug::OnlyTheSamePattern, "exclusion"),
        (&readers, Bug::SharedIsFree, "exclusion"),
        (&paths, Bug::BlindToCycles, "no deadlock unreported"),
        (&readers, Bug::UpgradeLetsGoFirst, "no lost grant"),
        (&runs, Bug::TheDeadStayInLine, "no stuck line"),
        (&runs, Bug::RunsShareTheirAgent, "exclusion"),
        (&paths, Bug::LineByName, "first come, first served"),
    ];
    let mut missed = Vec::new();
    for (world, bug, promise) in mistakes {
        let begun = Instant::now();
        let until = HasDiscoveries::AnyOf([promise].into());
        let checker = world.clone().with(bug).checker().threads(threads()).finish_when(until);
        let checker = checker.spawn_bfs().join();
        let way = checker.discovery(promise).map(|path| path.into_actions());
        let states = checker.unique_state_count();
        println!("{bug:?}: {promise}, after {states} states in {:.1?}: {way:?}", begun.elapsed());
        if way.is_none() {
            missed.push(bug);
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}
