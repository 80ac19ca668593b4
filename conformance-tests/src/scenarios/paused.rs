//! A holder that is stopped, and goes on as if no time had passed.

use std::{thread, time::Duration};

use lock_core::{Answer, Cause};

use super::{Needs, Scene, ask, crash_plans};
use crate::{
    bench::Bench,
    history::Answered,
    plan::{Act, Plan, Wanted},
};

const LEASE: u64 = 100;
const STOPS: u64 = 8;

pub(super) fn scenes() -> Vec<Scene> {
    let scene = |name: &str, run: fn(&Bench<'_>)| Scene {
        name: name.to_owned(),
        needs: Needs::Processes,
        run: Box::new(run),
    };
    vec![
        scene("a_holder_that_wakes_past_its_lease_has_lost", wakes_past_its_lease),
        scene("whoever_is_stopped_at_any_moment_goes_on", stopped_at_any_moment),
    ]
}

/// It holds the lock, sleeps through the end of its lease, and believes that it holds it still.
fn wakes_past_its_lease(bench: &Bench<'_>) {
    let wanted = || Wanted::of(["a.rs"]);
    let (refresh, release) = (Act::Refresh(vec!["a.rs".into()]), Act::Release(vec!["a.rs".into()]));
    let acts = vec![
        Act::Acquire(wanted().ttl(LEASE)),
        Act::Halt,
        refresh,
        release,
        Act::Acquire(wanted()),
    ];
    let mut owner = bench.spawn(&Plan::once("owner", acts));
    owner.wait_until_ready();
    owner.start(bench.soon());
    owner.wait_until_stopped();
    thread::sleep(Duration::from_millis(LEASE + 20));
    let other = bench.agent("other");
    let next = ask::take_for(bench, &other, "a.rs", Duration::from_secs(300));
    owner.go_on();
    let (heard, status) = bench.finish(owner);
    assert_eq!(heard.done, Some(None), "it came to its end: {status}");

    let answers = heard.calls.iter().filter_map(|call| match &call.answer {
        Answered::Outcome(outcome) => Some(&outcome.answer),
        _ => None,
    });
    let answers: Vec<_> = answers.collect();
    let [_, Answer::Refreshed { locks, lost }, Answer::Released { released, .. }, last] =
        &answers[..]
    else {
        panic!("an answer to each: {answers:?}");
    };
    assert!(locks.is_empty(), "it was let back in: {locks:?}");
    let [lost] = &lost[..] else { panic!("it lost one lock: {lost:?}") };
    assert_eq!((lost.cause, lost.to.as_deref()), (Cause::TakenOver, Some("other")));
    assert!(released.is_empty(), "it let go of what is another's: {released:?}");
    assert!(matches!(last, Answer::Refused(_)), "{last:?}");
    bench.tell(heard.calls.clone());
    let held = bench.everything().locks;
    assert!(matches!(&held[..], [one] if one.id == next.id), "the new holder stands: {held:?}");
}

/// In the middle of a step too: then the others wait for it, or go on without, and nothing is
/// ever decided on what was true before.
fn stopped_at_any_moment(bench: &Bench<'_>) {
    const STOP: Duration = Duration::from_millis(LEASE + 20);
    let mut rng = bench.rng();
    crash_plans::set_the_stage(bench);
    let time = Duration::from_millis(400) + (STOP + Duration::from_millis(20)) * 8;
    let plans: Vec<_> = (0..3)
        .map(|number| {
            let acts = crash_plans::all(number);
            Plan::random(&format!("agent-{number}"), time, rng.next(), acts)
        })
        .collect();
    let mut contestants: Vec<_> = plans.iter().map(|plan| bench.spawn(plan)).collect();
    contestants.iter().for_each(crate::process::Contestant::wait_until_ready);
    let start = bench.soon();
    contestants.iter_mut().for_each(|contestant| contestant.start(start));
    for _ in 0..STOPS {
        thread::sleep(Duration::from_micros(rng.below(20_000)));
        let stopped = rng.pick(&contestants);
        stopped.stop();
        thread::sleep(STOP);
        stopped.go_on();
    }
    for (plan, contestant) in plans.iter().zip(contestants) {
        let (heard, status) = bench.finish(contestant);
        assert_eq!(heard.done, Some(None), "{} came to its end: {status}", plan.agent);
        bench.tell(heard.calls);
    }
}
