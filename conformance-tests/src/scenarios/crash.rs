//! Processes killed with -9, at any moment of every kind of step.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::Write as _,
    thread,
    time::Duration,
};

use lock_core::{Answer, HistoryEntry, RecordId, Token};

use super::{Needs, Scene, ask, crash_plans};
use crate::{
    bench::Bench,
    history::{Answered, Asked, Call},
    knobs,
    plan::Plan,
    process::Contestant,
    rng::Rng,
};

/// How many are at work, and die, at once.
const AT_ONCE: usize = 3;
/// How many die on one store, whose whole history is judged at the end.
const PER_STORE: usize = 24;
/// A victim dies so many microseconds after it began, at the latest; one in four lives longer.
const LATEST: u64 = 12_000;
const LONGER: u64 = 60_000;

pub(super) fn scenes() -> Vec<Scene> {
    vec![Scene {
        name: "killed_at_any_moment".to_owned(),
        needs: Needs::Processes,
        run: Box::new(killed_at_any_moment),
    }]
}

fn killed_at_any_moment(bench: &Bench<'_>) {
    let (kills, mut rng) = (knobs::kills(), bench.rng());
    let mut figures = Figures::default();
    let mut first = Some(bench);
    while figures.kills < kills {
        let fresh;
        let bench = match first.take() {
            Some(bench) => bench,
            None => {
                fresh = Bench::new(bench.fixture, bench.seed);
                &fresh
            }
        };
        let until = kills.min(figures.kills + PER_STORE);
        while figures.kills < until {
            round(bench, &mut rng, &mut figures);
            everything_stands(bench);
        }
        bench.check();
    }
    let _ = writeln!(std::io::stderr(), "{figures}");
    assert!(figures.within > 0, "nobody was killed in the middle of a call: {figures}");
}

/// What was done.
#[derive(Default)]
struct Figures {
    kills: usize,
    /// How many of them in the middle of a call.
    within: usize,
    /// How many while the store was being opened.
    opening: usize,
    calls: usize,
    of_kind: BTreeMap<&'static str, usize>,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kills, within, opening, calls, of_kind } = self;
        write!(f, "{kills} killed, {within} in the middle of a call, {opening} while opening, ")?;
        write!(f, "{calls} calls before; in the middle of: {of_kind:?}")
    }
}

fn round(bench: &Bench<'_>, rng: &mut Rng, figures: &mut Figures) {
    crash_plans::set_the_stage(bench);
    let mut victims = Vec::new();
    for number in 0..AT_ONCE {
        let (kind, acts) = crash_plans::any(rng, number);
        let plan = Plan::repeat(&format!("agent-{number}"), Duration::from_secs(30), acts);
        victims.push((kind, bench.spawn(&plan)));
    }
    // Now and then one does not live to see the store open.
    let unborn = rng.below(8) == 0;
    if unborn && let Some((_, victim)) = victims.pop() {
        thread::sleep(Duration::from_micros(rng.below(2 * LATEST)));
        figures.opening += 1;
        count(figures, "opening", bench.kill(victim).calls, bench);
    }
    victims.iter().for_each(|(_, victim)| victim.wait_until_ready());
    let start = bench.soon();
    victims.iter_mut().for_each(|(_, victim)| victim.start(start));
    let deaths = victims.into_iter().map(|victim| {
        let latest = if rng.below(4) == 0 { LONGER } else { LATEST };
        (rng.below(latest), victim)
    });
    thread::scope(|scope| {
        let killed: Vec<_> = deaths
            .map(|(death, (kind, victim))| {
                (kind, scope.spawn(move || kill_after(bench, start, death, victim)))
            })
            .collect();
        for (kind, thread) in killed {
            let calls = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            count(figures, kind, calls, bench);
        }
    });
}

fn kill_after(bench: &Bench<'_>, start: u64, micros: u64, victim: Contestant) -> Vec<Call> {
    let death = start + micros * 1_000;
    let left = death.saturating_sub(crate::history::monotonic());
    thread::sleep(Duration::from_nanos(left));
    let heard = bench.kill(victim);
    if let Some(Some(trouble)) = heard.done {
        panic!("it got an error before it was killed: {trouble}");
    }
    heard.calls
}

fn count(figures: &mut Figures, kind: &'static str, calls: Vec<Call>, bench: &Bench<'_>) {
    figures.kills += 1;
    figures.calls += calls.len();
    if calls.iter().any(|call| matches!(call.answer, Answered::Nothing)) {
        figures.within += 1;
        *figures.of_kind.entry(kind).or_default() += 1;
    }
    bench.tell(calls);
}

/// The store opens, serves, and has kept its word. Said without the rule; the rule has its say
/// over the whole history.
fn everything_stands(bench: &Bench<'_>) {
    let view = bench.everything();
    let there: HashSet<RecordId> = view.locks.iter().map(|lock| lock.id).collect();
    let ended: HashMap<RecordId, &HistoryEntry> =
        view.history.iter().filter_map(|it| Some((it.ending()?.id, it))).collect();
    for call in bench.calls() {
        let (Asked::Command(_), Answered::Outcome(outcome)) = (&call.asked, &call.answer) else {
            continue;
        };
        let Answer::Granted(granted) = &outcome.answer else { continue };
        for lock in granted.iter().map(|granted| &granted.lock) {
            let stands = there.contains(&lock.id) || ended.contains_key(&lock.id);
            assert!(stands || view.forgetful, "granted, and gone without a word:\n  {call}");
        }
    }
    let mut last = Token::ZERO;
    let grants = view.history.iter().filter_map(|entry| match entry {
        HistoryEntry::Acquired { version, lock, .. } => Some((*version, lock.token)),
        _ => None,
    });
    let mut grants: Vec<_> = grants.collect();
    grants.dedup();
    for (version, token) in grants {
        assert!(token > last, "in version {version} the token {token} came after {last}");
        last = token;
    }
    let probe = bench.agent("probe");
    let token = ask::take(bench, &probe, ["probe.rs"]).token();
    assert!(token > last, "after the kills the token {token} came after {last}");
    let _ = bench.run(probe.release_all());
}
