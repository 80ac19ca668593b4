//! Deadlocks in random schedules, against a plain graph search over the same state: no false
//! alarm, and none missed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may say where it broke")]

use futures_lite::future::block_on;
use lock_core::{
    Acquire, AgentId, Answer, Command, HolderId, Leave, Lock, LockBackend as _, LockScope,
    ManualClock, MemoryBackend, Mode, Nonce, Pattern, RecordId, Release, Scope, Targets, Timestamp,
    Ttl, View, Waiter,
};

/// What a request, a waiter or a lock claims.
#[derive(Clone)]
struct Claim {
    agent: AgentId,
    holder: Option<HolderId>,
    mode: Mode,
    patterns: Vec<Pattern>,
}

impl Claim {
    fn of_lock(lock: &Lock) -> Self {
        let Lock { agent, holder, mode, pattern, .. } = lock.clone();
        Self { agent, holder, mode, patterns: vec![pattern] }
    }

    fn of_waiter(waiter: &Waiter) -> Self {
        let Waiter { agent, holder, mode, patterns, .. } = waiter.clone();
        Self { agent, holder, mode, patterns }
    }

    /// Whether the two exclude each other, all considered.
    fn excludes(&self, other: &Self) -> bool {
        let shared = self.mode == Mode::Shared && other.mode == Mode::Shared;
        let own = self.agent == other.agent
            && match (&self.holder, &other.holder) {
                (Some(one), Some(two)) => {
                    let (one, two) = (one.as_str(), two.as_str());
                    one == two
                        || one.starts_with(&format!("{two}."))
                        || two.starts_with(&format!("{one}."))
                }
                _ => true,
            };
        let meet = self.patterns.iter().any(|one| other.patterns.iter().any(|two| one.meets(two)));
        !shared && !own && meet
    }

    /// Whether this waiter keeps `lock` from being let go.
    fn ties(&self, lock: &Self) -> bool {
        self.agent == lock.agent
            && match (&self.holder, &lock.holder) {
                (Some(waits), Some(holds)) => {
                    let (waits, holds) = (waits.as_str(), holds.as_str());
                    waits == holds || waits.starts_with(&format!("{holds}."))
                }
                _ => true,
            }
    }
}

/// Whether the last of `line` is in a cycle: the closure of "waits for", by brute force.
fn closes_a_cycle(line: &[Claim], locks: &[Claim]) -> bool {
    let size = line.len();
    let holds_up = |holder: &Claim, waiter: &Claim| {
        locks.iter().any(|lock| holder.ties(lock) && waiter.excludes(lock))
    };
    let mut reaches = vec![vec![false; size]; size];
    for from in 0..size {
        for to in 0..size {
            let queued =
                to < from && line[from].excludes(&line[to]) && !holds_up(&line[from], &line[to]);
            reaches[from][to] = from != to && (queued || holds_up(&line[to], &line[from]));
        }
    }
    for middle in 0..size {
        for from in 0..size {
            for to in 0..size {
                reaches[from][to] |= reaches[from][middle] && reaches[middle][to];
            }
        }
    }
    reaches[size - 1][size - 1]
}

/// Small numbers from a seed: xorshift, so that a schedule can be told again by its number.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.roll(from.len() as u64)).unwrap()]
    }
}

struct World {
    store: MemoryBackend,
    patterns: Vec<Pattern>,
    waits: u32,
}

impl World {
    fn view(&self) -> View {
        block_on(self.store.view(&Scope::of(LockScope::All).with_waiters())).unwrap()
    }

    fn run(&self, command: &Command) -> Answer {
        block_on(self.store.execute(command)).unwrap().answer
    }

    /// One request that would wait, compared with the oracle. Some(deadlock) if it had to wait.
    fn ask(&self, request: Acquire, seed: u64) -> Option<bool> {
        let before = self.view();
        let holds = |pattern: &Pattern| {
            before.live().any(|lock| {
                let fits = lock.mode == Mode::Exclusive || request.mode == Mode::Shared;
                lock.is_of(&request.agent, request.holder.as_ref())
                    && lock.pattern == *pattern
                    && fits
            })
        };
        let wanted: Vec<Pattern> = request.patterns.iter().filter(|p| !holds(p)).cloned().collect();
        let Acquire { agent, holder, mode, .. } = request.clone();
        let mut line: Vec<Claim> = before.line().into_iter().map(Claim::of_waiter).collect();
        line.push(Claim { agent, holder, mode, patterns: wanted });
        let locks: Vec<Claim> = before.live().map(Claim::of_lock).collect();
        let expected = closes_a_cycle(&line, &locks);
        match self.run(&Command::new(request)) {
            Answer::Deadlock { cycle, .. } => {
                assert!(expected, "seed {seed}: false alarm {cycle:?} in {before:#?}");
                Some(true)
            }
            Answer::Waiting { .. } => {
                assert!(!expected, "seed {seed}: missed in {before:#?}");
                Some(false)
            }
            _ => None,
        }
    }

    fn schedule(&mut self, seed: u64) -> (u32, u32) {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let (mut waits, mut deadlocks) = (0, 0);
        for _ in 0..14 {
            let agent = AgentId::new(dice.pick::<&str>(&["a", "b", "c", "d"])).unwrap();
            let holder = HolderId::new(dice.pick::<&str>(&["", "", "h", "g", "h.i"]));
            match dice.roll(8) {
                0 => {
                    let targets = Targets::All;
                    self.run(&Command::new(Release { agent, holder, targets, token: None }));
                }
                1 => {
                    if let Some(waiter) = self.view().line().first() {
                        self.run(&Command::new(Leave { waiter: waiter.id }));
                    }
                }
                kind => {
                    let count = dice.roll(2);
                    let patterns: Vec<Pattern> =
                        (0..=count).map(|_| dice.pick(&self.patterns).clone()).collect();
                    let mode = if dice.roll(4) == 0 { Mode::Shared } else { Mode::Exclusive };
                    self.waits += 1;
                    let place = RecordId::new(Nonce::from_bits(self.waits.into()), 0);
                    let request = Acquire {
                        agent,
                        holder,
                        patterns,
                        mode,
                        reason: None,
                        ttl: Ttl::MAX,
                        processes: Vec::new(),
                        wait: (kind > 3).then_some(place.into()),
                    };
                    if request.wait.is_none() {
                        self.run(&Command::new(request));
                    } else if let Some(deadlock) = self.ask(request, seed) {
                        waits += 1;
                        deadlocks += u32::from(deadlock);
                    }
                }
            }
        }
        (waits, deadlocks)
    }
}

#[test]
fn no_false_alarm_and_none_missed() {
    let cases = std::env::var("LOCK_TEST_CASES").ok().and_then(|n| n.parse().ok());
    let first = std::env::var("LOCK_TEST_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let texts = ["x", "y", "z", "[xy]", "d/a", "d/*", "{x,d/b}"];
    let patterns: Vec<Pattern> = texts.map(|text| Pattern::parse(text).unwrap()).to_vec();
    let (mut waits, mut deadlocks) = (0, 0);
    for seed in first..first + cases.unwrap_or(100_000) {
        let store = MemoryBackend::with_clock(ManualClock::at(Timestamp::from_micros(1)));
        let mut world = World { store, patterns: patterns.clone(), waits: 0 };
        let (waited, locked) = world.schedule(seed);
        (waits, deadlocks) = (waits + waited, deadlocks + locked);
    }
    println!("{waits} waits, {deadlocks} deadlocks");
    assert!(deadlocks > waits / 100, "schedules without deadlocks prove nothing");
}
