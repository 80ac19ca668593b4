//! What those do who are to be killed or stopped: each kind of step, again and again.

use std::time::Duration;

use super::ask;
use crate::{
    bench::Bench,
    plan::{Act, Wanted},
    rng::Rng,
};

/// How many stale locks there are to take over.
const STALE: usize = 60;
const LEASE: u64 = 100;

/// What to call it, and how agent number so-and-so does it.
type Kind = (&'static str, fn(usize) -> Vec<Act>);

const KINDS: [Kind; 11] = [
    ("a path", |_| {
        let short = Wanted::of(["src/a.rs"]).ttl(LEASE);
        vec![Act::Cycle(short, 0), Act::Cycle(Wanted::of(["doc/a.md"]), 0)]
    }),
    ("a glob", |_| {
        let short = Wanted::of(["src/*.rs"]).ttl(LEASE);
        vec![Act::Cycle(short, 0), Act::Cycle(Wanted::of(["{src,lib}/**/b.rs"]).ttl(LEASE), 0)]
    }),
    ("a set", |_| {
        let set = Wanted::of(["src/a.rs", "lib/c.rs", "doc/*.md", "d.rs"]);
        vec![Act::Cycle(set.ttl(LEASE), 0)]
    }),
    ("a takeover", |number| {
        let mine = (0..STALE).filter(move |it| it % 3 == number % 3);
        mine.map(|it| Act::Acquire(Wanted::of([&stale(it)]))).collect()
    }),
    ("a refresh", |number| {
        let (mine, all) = (format!("mine-{number}.rs"), format!("mine-{number}/*.rs"));
        let refresh = || Act::Refresh(vec![mine.clone()]);
        let take = Act::Acquire(Wanted::of([&mine, &all]));
        vec![take, refresh(), refresh(), refresh(), Act::RefreshAll]
    }),
    ("a release", |number| {
        let [one, two] = [1, 2].map(|it| format!("mine-{number}/{it}.rs"));
        let take = Act::Acquire(Wanted::of([&one, &two, "shared.rs"]).shared());
        vec![take, Act::Release(vec![one]), Act::ReleaseAll]
    }),
    ("an upgrade", |_| {
        let up = || Wanted::of(["up.rs"]).ttl(LEASE);
        vec![Act::Acquire(up().shared()), Act::Acquire(up()), Act::ReleaseAll]
    }),
    ("a wait", |_| {
        let hot = || Wanted::of(["hot.rs"]).ttl(LEASE);
        vec![Act::Cycle(hot().wait(2), 100), Act::Cycle(hot().wait(1_000), 0)]
    }),
    ("a lock tied to its process", |number| {
        let tied = Wanted::of(["tied.rs", "tied/*.rs"]).tied();
        vec![Act::Cycle(tied, 0), Act::Acquire(Wanted::of([&format!("tied-{number}.rs")]).tied())]
    }),
    ("a cleanup", |number| {
        let mine = format!("mine-{number}.rs");
        let known = ["probe", "sleeper", "agent-0", "agent-1"].map(str::to_owned).to_vec();
        vec![
            Act::Acquire(Wanted::of([&mine])),
            Act::CleanupAgent(format!("agent-{number}")),
            Act::CleanupStale { older_than_millis: None },
            Act::Acquire(Wanted::of([&mine])),
            Act::CleanupOrphaned { known },
        ]
    }),
    ("a break", |number| {
        let mine = format!("mine-{number}.rs");
        vec![
            Act::Acquire(Wanted::of([&mine])),
            Act::Break(mine),
            Act::Break("src/a.rs".into()),
            Act::Break("doc/a.md".into()),
        ]
    }),
];

/// One of the kinds, for agent `number`.
pub(super) fn any(rng: &mut Rng, number: usize) -> (&'static str, Vec<Act>) {
    let (kind, acts) = rng.pick(&KINDS);
    (kind, acts(number))
}

/// All of them, for agent `number`.
pub(super) fn all(number: usize) -> Vec<Act> {
    KINDS.iter().flat_map(|(_, acts)| acts(number)).collect()
}

/// Locks that ran out, to be taken over, one that is about to, to wait for, and no locks from the
/// round before that are in everybody's way.
pub(super) fn set_the_stage(bench: &Bench<'_>) {
    let sleeper = bench.agent("sleeper");
    for number in 0..3 {
        let agent = ask::agent(&format!("agent-{number}"));
        let _ = bench.run(sleeper.cleanup_agent(agent));
    }
    let lease = Duration::from_millis(LEASE);
    let all: Vec<String> = (0..STALE).map(stale).collect();
    let _ = bench.run(sleeper.acquire(all).ttl(lease));
    bench.pass(lease);
    let _ = bench.run(sleeper.acquire("hot.rs").ttl(lease));
}

fn stale(number: usize) -> String {
    format!("stale/{number}.rs")
}
