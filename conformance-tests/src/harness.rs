//! From scenarios to tests.

use std::{
    io::Write as _,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::{
    Fixture,
    bench::Bench,
    knobs, process,
    scenarios::{self, Needs, Scenario},
};

/// Runs every scenario against the backend of `fixture`, as a test binary does: for a `[[test]]`
/// with `harness = false`. Ends the process if a test failed.
///
/// The tests are named `backend::family::scenario`; the arguments are those of `cargo test` and
/// `cargo nextest`.
pub fn run(fixture: impl Fixture) {
    let fixture: Arc<dyn Fixture> = Arc::new(fixture);
    process::be_child_if_asked(&*fixture);
    let arguments = Arguments::from_args();
    // The text of a panic is in the failure; what is missing there is where it was.
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        let _ = writeln!(std::io::stderr(), "failed at {}", place.unwrap_or_default());
    }));
    let trials = scenarios::all().into_iter().map(|scenario| trial(&fixture, scenario)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(fixture); // whatever server it started ends before the process does
    conclusion.exit_if_failed();
}

fn trial(fixture: &Arc<dyn Fixture>, scenario: Scenario) -> Trial {
    let name = format!("{}::{}", fixture.name(), scenario.name());
    let left_out = !scenario.needs.are_met_by(&**fixture);
    let fixture = Arc::clone(fixture);
    let test = move || try_one(&*fixture, &scenario).map_err(Failed::from);
    Trial::test(name, test).with_ignored_flag(left_out)
}

/// Runs one scenario, by its name without the backend's: `takeover::one_winner_among_threads`.
///
/// # Errors
/// How it failed, or that there is no scenario of that name.
pub fn run_one(fixture: &dyn Fixture, name: &str) -> Result<(), String> {
    let scenario = scenarios::all().into_iter().find(|scenario| scenario.name() == name);
    try_one(fixture, &scenario.ok_or_else(|| format!("there is no scenario {name}"))?)
}

/// The names of all scenarios, without a backend's.
pub fn scenarios() -> Vec<String> {
    scenarios::all().iter().map(Scenario::name).collect()
}

fn try_one(fixture: &dyn Fixture, scenario: &Scenario) -> Result<(), String> {
    let seed = knobs::seed();
    if !scenario.needs.are_met_by(fixture) {
        let (backend, needs) = (fixture.name(), scenario.needs);
        return Err(format!("the fixture of {backend} says that it has no {needs:?}"));
    }
    let run = AssertUnwindSafe(|| {
        let bench = match scenario.needs {
            Needs::Clock | Needs::ManualClock | Needs::Skew => Bench::with_clock(fixture, seed),
            _ => Bench::new(fixture, seed),
        };
        (scenario.run)(&bench);
        bench.check();
    });
    panic::catch_unwind(run).map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        format!("{}\n(LOCK_TEST_SEED={seed} repeats the random choices)", text.unwrap_or("a panic"))
    })
}
