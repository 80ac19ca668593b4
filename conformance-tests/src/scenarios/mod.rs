//! The scenarios: one family a file.

pub(crate) mod ask;
mod cleanup;
mod clock;
mod commands;
mod crash;
mod crash_plans;
mod damage;
mod differential;
mod endings;
mod fresh;
mod line;
mod lost_reply;
mod overlap;
mod paused;
mod queue;
mod reads;
mod refresh;
mod release;
mod sets;
mod takeover;
mod tokens;
mod winners;

use crate::{Fixture, bench::Bench, plan::Plan};

/// One named test.
pub(crate) struct Scenario {
    family: &'static str,
    name: String,
    pub(crate) needs: Needs,
    pub(crate) run: Box<dyn Fn(&Bench<'_>) + Send + Sync>,
}

/// What a scenario needs of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing but the store.
    Nothing,
    /// A clock that can be moved, if there is one: it only waits for leases.
    Clock,
    /// A clock that can be moved in both directions.
    ManualClock,
    /// Stores that other processes can open.
    Processes,
    /// Records that can be damaged.
    Damage,
    /// Machines whose clocks are wrong.
    Skew,
}

impl Needs {
    /// Whether the backend of `fixture` has what is needed.
    pub(crate) fn are_met_by(self, fixture: &dyn Fixture) -> bool {
        match self {
            Self::Nothing | Self::Clock => true,
            Self::ManualClock => fixture.fresh_with_clock().is_some(),
            Self::Processes => fixture.processes(),
            Self::Damage => fixture.damages(),
            Self::Skew => fixture.skews(),
        }
    }
}

impl Scenario {
    /// `family::name`.
    pub(crate) fn name(&self) -> String {
        format!("{}::{}", self.family, self.name)
    }
}

/// Every scenario, in the order of the table of contents.
pub(crate) fn all() -> Vec<Scenario> {
    let families: [(&'static str, Vec<Scene>); _] = [
        ("fresh", fresh::scenes()),
        ("overlap", overlap::scenes()),
        ("takeover", takeover::scenes()),
        ("refresh", refresh::scenes()),
        ("release", release::scenes()),
        ("cleanup", cleanup::scenes()),
        ("sets", sets::scenes()),
        ("reads", reads::scenes()),
        ("tokens", tokens::scenes()),
        ("endings", endings::scenes()),
        ("lost_reply", lost_reply::scenes()),
        ("line", line::scenes()),
        ("queue", queue::scenes()),
        ("damage", damage::scenes()),
        ("clock", clock::scenes()),
        ("differential", differential::scenes()),
        ("crash", crash::scenes()),
        ("paused", paused::scenes()),
    ];
    let scenes = families.into_iter().flat_map(|(family, scenes)| {
        scenes.into_iter().map(move |scene| scene.into_scenario(family))
    });
    scenes.collect()
}

/// A scenario that has not been told its family.
pub(crate) struct Scene {
    name: String,
    needs: Needs,
    run: Box<dyn Fn(&Bench<'_>) + Send + Sync>,
}

impl Scene {
    fn into_scenario(self, family: &'static str) -> Scenario {
        let Self { name, needs, run } = self;
        Scenario { family, name, needs, run }
    }
}

/// A scenario that is told step by step.
pub(crate) fn story(name: &str, run: fn(&Bench<'_>)) -> Scene {
    Scene { name: name.to_owned(), needs: Needs::Clock, run: Box::new(run) }
}

/// A scenario that runs on the machine's own clock.
pub(crate) fn in_real_time(name: &str, run: fn(&Bench<'_>)) -> Scene {
    Scene { name: name.to_owned(), needs: Needs::Nothing, run: Box::new(run) }
}

/// A scenario in which contestants do something at once.
#[derive(Clone, Copy)]
pub(crate) struct Race {
    pub(crate) name: &'static str,
    /// What is there before it.
    pub(crate) before: fn(&Bench<'_>),
    /// What each contestant does.
    pub(crate) plans: fn(&Bench<'_>) -> Vec<Plan>,
    /// What must be so after it, besides that the history is explained.
    pub(crate) after: fn(&Bench<'_>),
}

impl Race {
    /// The race as two scenarios: among threads, and among processes.
    pub(crate) fn scenes(self) -> Vec<Scene> {
        let run = move |bench: &Bench<'_>, race: fn(&Bench<'_>, &[Plan])| {
            (self.before)(bench);
            race(bench, &(self.plans)(bench));
            (self.after)(bench);
        };
        let threads = Scene {
            name: format!("{}_among_threads", self.name),
            needs: Needs::Nothing,
            run: Box::new(move |bench| run(bench, |bench, plans| bench.race(plans))),
        };
        let processes = Scene {
            name: format!("{}_among_processes", self.name),
            needs: Needs::Processes,
            run: Box::new(move |bench| run(bench, |bench, plans| bench.race_processes(plans))),
        };
        vec![threads, processes]
    }
}

/// Before a race: nothing.
pub(crate) fn nothing(_: &Bench<'_>) {}
