//! The line, step by step: first come, first served, among requests that exclude each other.

use std::{sync::Arc, time::Duration};

use lock_core::{
    Acquire, Action, Answer, Cause, Command, Grant, Leave, ListFilter, LockBackend, Mode, Outcome,
    RecordId, Scope,
};

use super::{Scene, ask, in_real_time, story};
use crate::bench::Bench;

pub(super) fn scenes() -> Vec<Scene> {
    vec![
        story("first_come_first_served", first_come_first_served),
        story("who_shares_enters_together", who_shares_enters_together),
        story("the_unrelated_overtake", the_unrelated_overtake),
        story("a_holder_is_not_held_up_by_its_own_queue", not_held_up_by_its_own_queue),
        story("the_dead_are_skipped_and_the_living_keep_their_place", the_dead_are_skipped),
        story("who_leaves_makes_room", who_leaves_makes_room),
        story("who_names_those_ahead_passes_none_of_them", who_names_those_ahead),
        story("a_cycle_is_refused", a_cycle_is_refused),
        in_real_time("who_gives_up_leaves_nothing_behind", who_gives_up),
    ]
}

/// A request that stands in line, and its connection.
struct InLine<'b> {
    bench: &'b Bench<'b>,
    backend: Arc<dyn LockBackend>,
    command: Command,
}

impl<'b> InLine<'b> {
    fn new(bench: &'b Bench<'b>, name: &str, command: Command) -> Self {
        let backend = bench.connect(name);
        let it = Self { bench, backend, command };
        let first = it.send(&it.command);
        assert!(matches!(first, Answer::Waiting { .. }), "{name} was to wait: {first:?}");
        it
    }

    fn send(&self, command: &Command) -> Answer {
        let sent = self.bench.execute(&self.backend, command);
        let Outcome { answer, .. } = sent.unwrap_or_else(|error| panic!("{error}"));
        answer
    }

    /// Looks again, under the same place.
    fn look(&self) -> Answer {
        self.send(&ask::look_again(&self.command))
    }

    /// Looks again, and says who stood ahead: nobody else need be read.
    fn look_past(&self, ahead: &[&Self]) -> Answer {
        let mut command = ask::look_again(&self.command);
        if let Action::Acquire(Acquire { wait: Some(place), .. }) = &mut command.action {
            place.ahead = Some(ahead.iter().map(|it| it.place()).collect());
        }
        self.send(&command)
    }

    fn waits(&self) -> bool {
        matches!(self.look(), Answer::Waiting { .. })
    }

    fn gets_it(&self) -> bool {
        ask::is_granted(&self.look())
    }

    fn place(&self) -> RecordId {
        match &self.command.action {
            Action::Acquire(acquire) => acquire.wait.as_ref().expect("it waits").name,
            _ => unreachable!("it waits"),
        }
    }
}

fn first_come_first_served(bench: &Bench<'_>) {
    let owner = bench.agent("owner");
    ask::take(bench, &owner, ["src/a.rs"]);
    let first = InLine::new(bench, "first", ask::waiting("first", ["src/*.rs"]));
    let second = InLine::new(bench, "second", ask::waiting("second", ["src/a.rs"]));
    let waiting = bench.run(owner.list(ListFilter { waiting: true, ..Default::default() })).waiting;
    let names: Vec<_> = waiting.iter().map(|(it, place)| (it.agent.as_str(), *place)).collect();
    assert_eq!(names, [("first", 1), ("second", 2)]);

    let _ = bench.run(owner.release_all());
    assert!(second.waits(), "the second overtook the first");
    let late = bench.agent("late");
    assert!(bench.run(late.acquire("src/a.rs")).held().is_err(), "a newcomer overtook the line");
    assert!(bench.run(owner.acquire("src/a.rs")).held().is_err(), "the owner overtook the line");
    assert!(first.gets_it(), "the first does not get on");
    assert!(second.waits(), "beside the first");
    let _ = bench.run(bench.agent("first").release_all());
    assert!(bench.run(late.acquire("src/a.rs")).held().is_err(), "a newcomer overtook the second");
    assert!(second.gets_it(), "the second does not get on");
    assert_eq!(bench.everything().waiters, [], "those who were served left the line");
}

fn who_shares_enters_together(bench: &Bench<'_>) {
    let owner = bench.agent("owner");
    ask::take(bench, &owner, ["a.rs"]);
    let shared =
        |name: &str| ask::in_line(Acquire { mode: Mode::Shared, ..ask::acquire(name, ["a.rs"]) });
    let one = InLine::new(bench, "one", shared("one"));
    let two = InLine::new(bench, "two", shared("two"));
    let alone = InLine::new(bench, "alone", ask::waiting("alone", ["a.rs"]));
    let behind = InLine::new(bench, "behind", shared("behind"));
    let _ = bench.run(owner.release_all());
    assert!(two.gets_it() && one.gets_it(), "they do not exclude each other");
    assert!(behind.waits(), "it overtook one that it excludes");
    assert!(alone.waits());
    for name in ["one", "two"] {
        let _ = bench.run(bench.agent(name).release_all());
    }
    assert!(behind.waits() && alone.gets_it());
    let _ = bench.run(bench.agent("alone").release_all());
    assert!(behind.gets_it());
}

fn the_unrelated_overtake(bench: &Bench<'_>) {
    ask::take(bench, &bench.agent("owner"), ["src/a.rs"]);
    let _first = InLine::new(bench, "first", ask::waiting("first", ["src/a.rs", "lib/a.rs"]));
    let other = bench.agent("other");
    ask::take(bench, &other, ["src/b.rs"]);
    assert!(bench.run(other.acquire("lib/*")).held().is_err(), "a set waits as one");
}

/// The waiter waits for the holder: it must not hold the holder up.
fn not_held_up_by_its_own_queue(bench: &Bench<'_>) {
    let owner = bench.agent("owner");
    ask::take(bench, &owner, ["a.rs"]);
    let waiter = InLine::new(bench, "waiter", ask::waiting("waiter", ["a.rs", "b.rs"]));
    ask::take(bench, &owner, ["b.rs"]);
    ask::take(bench, &owner, ["*.rs"]);
    let other = bench.agent("other");
    assert!(bench.run(other.acquire("b.rs")).held().is_err());
    let _ = bench.run(owner.release_all());
    assert!(waiter.gets_it());
}

fn the_dead_are_skipped(bench: &Bench<'_>) {
    let owner = bench.agent("owner");
    ask::take(bench, &owner, ["a.rs"]);
    let _dead = InLine::new(bench, "dead", ask::waiting("dead", ["a.rs"]));
    let alive = InLine::new(bench, "alive", ask::waiting("alive", ["a.rs"]));
    let _ = bench.run(owner.release_all());
    bench.pass(Duration::from_millis(2_600));
    assert!(alive.waits(), "nobody knows yet that the first is dead");
    bench.pass(Duration::from_millis(2_500));
    let late = bench.agent("late");
    assert!(bench.run(late.acquire("a.rs")).held().is_err(), "the second keeps its place");
    assert!(alive.gets_it(), "the dead hold up the living");
}

fn who_leaves_makes_room(bench: &Bench<'_>) {
    let owner = bench.agent("owner");
    ask::take(bench, &owner, ["a.rs"]);
    let first = InLine::new(bench, "first", ask::waiting("first", ["a.rs"]));
    let _second = InLine::new(bench, "second", ask::waiting("second", ["a.rs"]));
    let third = InLine::new(bench, "third", ask::waiting("third", ["a.rs"]));
    let _ = bench.run(owner.release_all());
    first.send(&Command::new(Leave { waiter: first.place() }));
    assert!(third.waits(), "the second is there still");
    let removed = bench.run(owner.cleanup_agent(ask::agent("second")));
    assert_eq!(removed.waiters.len(), 1, "its place in line went");
    assert!(third.gets_it());
}

/// Whoever is next looks only at those who stood ahead of it, not at the hundred behind.
fn who_names_those_ahead(bench: &Bench<'_>) {
    let owner = bench.agent("owner");
    ask::take(bench, &owner, ["a.rs"]);
    let line = ["first", "second", "third", "fourth"];
    let line = line.map(|name| InLine::new(bench, name, ask::waiting(name, ["a.rs"])));
    let [first, second, third, fourth] = &line;
    let scope = Scope::default().with_waiter(first.place()).with_waiter(third.place());
    let shown = bench.run(async { first.backend.view(&scope).await }).waiters;
    let shows = |it: &InLine<'_>| shown.iter().any(|waiter| waiter.id == it.place());
    assert!(shows(first) && shows(third), "{shown:?}");

    let waits = |answer| matches!(answer, Answer::Waiting { .. });
    assert!(waits(first.look_past(&[])), "it is held still");
    let _ = bench.run(owner.release_all());
    assert!(waits(third.look_past(&[first, second])), "two stand ahead");
    first.send(&Command::new(Leave { waiter: first.place() }));
    assert!(waits(third.look_past(&[first, second])), "one of them stands there still");
    second.send(&Command::new(Leave { waiter: second.place() }));
    assert!(ask::is_granted(&third.look_past(&[first, second])), "all have gone");
    assert!(waits(fourth.look_past(&[first, second, third])), "it is held again");
    assert_eq!(bench.everything().waiters.len(), 1);
    let _ = bench.run(bench.agent("third").release_all());
    // Who lost its place has none to look past others from.
    fourth.send(&Command::new(Leave { waiter: fourth.place() }));
    let late = InLine::new(bench, "late", {
        ask::take(bench, &owner, ["a.rs"]);
        ask::waiting("late", ["a.rs"])
    });
    let _ = bench.run(owner.release_all());
    assert!(waits(fourth.look_past(&[])), "it overtook one that came before it came back");
    assert!(late.gets_it());
}

fn a_cycle_is_refused(bench: &Bench<'_>) {
    let (one, two) = (bench.agent("one"), bench.agent("two"));
    ask::take(bench, &one, ["a.rs"]);
    ask::take(bench, &two, ["b.rs"]);
    let waits = InLine::new(bench, "one", ask::waiting("one", ["b.rs"]));
    let closes = ask::waiting("two", ["*.rs"]);
    let answer = waits.send(&closes);
    let Answer::Deadlock { cycle, .. } = answer else { panic!("it would never end: {answer:?}") };
    let names: Vec<_> = cycle.iter().map(lock_core::AgentId::as_str).collect();
    assert_eq!(names, ["two", "one"]);
    assert_eq!(bench.everything().waiters.len(), 1, "it took no place in line");
    assert_eq!(bench.run(two.refresh("b.rs")).lost, [], "it keeps what it has");
    let _ = bench.run(two.release_all());
    assert!(waits.gets_it());
}

fn who_gives_up(bench: &Bench<'_>) {
    let (owner, waiter) = (bench.agent("owner"), bench.agent("waiter"));
    ask::take(bench, &owner, ["a.rs"]);
    let grant = bench.run(waiter.acquire("a.rs").wait(Duration::from_millis(30)));
    assert!(matches!(grant, Grant::TimedOut(_)), "{grant:?}");
    assert_eq!(bench.everything().waiters, []);
    assert_eq!(bench.run(waiter.refresh("a.rs")).lost[0].cause, Cause::NeverHeld);
}
