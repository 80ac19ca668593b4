//! The same commands, given to a backend and to the reference: the same answers, the same state.

use std::{sync::Arc, thread, time::Duration};

use lock_core::{
    Action, Answer, Blocker, Command, HistoryEntry, Lock, LockBackend, LockScope, ManualClock,
    MemoryBackend, Outcome, Refusal, Scope, Timestamp, Token, Version, View, Waiter,
};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use super::{
    Scene,
    commands::{self, Move},
    in_real_time,
};
use crate::{Store, bench::Bench, history::alike, knobs};

/// Where time passes by sleeping, so many milliseconds at a time and so often in a sequence.
const LONGEST_SLEEP: u64 = 200;
const SLEEPS: u32 = 2;

pub(super) fn scenes() -> Vec<Scene> {
    vec![in_real_time("random_commands_have_the_outcomes_of_the_reference", random_commands)]
}

fn random_commands(bench: &Bench<'_>) {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&bench.seed.to_le_bytes());
    let config = Config {
        cases: knobs::cases(),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let tried = runner.run(&commands::moves(), |moves| {
        Pair::new(bench).play(&moves).map_err(TestCaseError::fail)
    });
    match tried {
        Ok(()) => {}
        Err(TestError::Fail(reason, moves)) => {
            let moves: Vec<_> = moves.iter().map(|it| format!("  {it:?}")).collect();
            panic!("{reason}\nafter these moves, as few as it takes:\n{}", moves.join("\n"));
        }
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

/// The backend, and the reference on a clock that follows the backend's.
struct Pair<'b> {
    bench: &'b Bench<'b>,
    store: Box<dyn Store>,
    clock: Option<ManualClock>,
    /// Several ways to one store: what one of them remembers may have been changed by another.
    ways: [Arc<dyn LockBackend>; 2],
    reference: MemoryBackend,
    reference_clock: ManualClock,
    /// The tokens so far, of the backend and of the reference: they differ, and rise together.
    tokens: Vec<(Token, Token)>,
}

/// A sequence ends early where a lease ends just now: either verdict is right then.
enum Next {
    GoOn,
    TooClose,
}

impl<'b> Pair<'b> {
    fn new(bench: &'b Bench<'b>) -> Self {
        let (store, clock) = match bench.fixture.fresh_with_clock() {
            Some((store, clock)) => (store, Some(clock)),
            None => (bench.fixture.fresh().expect("a store"), None),
        };
        let ways = [(); 2].map(|()| store.connect().expect("a connection"));
        let reference_clock = ManualClock::default();
        let reference = MemoryBackend::with_clock(reference_clock.clone());
        let tokens = vec![(Token::ZERO, Token::ZERO)];
        Self { bench, store, clock, ways, reference, reference_clock, tokens }
    }

    fn play(mut self, moves: &[Move]) -> Result<(), String> {
        let (mut last, mut sleeps): (Option<Command>, _) = (None, 0);
        for (number, it) in (1..).zip(moves) {
            let command = match it {
                Move::Pass(millis) => {
                    self.pass(*millis, &mut sleeps);
                    continue;
                }
                Move::Again => match &last {
                    Some(command) => command.again(),
                    None => continue,
                },
                Move::Do(deed) => deed.command(number, self.last_token()),
            };
            let way = number as usize % self.ways.len();
            if let Next::TooClose = self.step(way, &command)? {
                return Ok(());
            }
            last = Some(command);
        }
        self.compare_states()?;
        let leftovers = self.store.leftovers();
        if leftovers.is_empty() { Ok(()) } else { Err(format!("left over: {leftovers:?}")) }
    }

    fn pass(&self, millis: u64, sleeps: &mut u32) {
        let span = Duration::from_millis(millis);
        match &self.clock {
            Some(clock) => clock.advance(span),
            None if millis <= LONGEST_SLEEP && *sleeps < SLEEPS => {
                *sleeps += 1;
                thread::sleep(span);
            }
            None => {}
        }
    }

    fn last_token(&self) -> Token {
        self.tokens.last().map_or(Token::ZERO, |(token, _)| *token)
    }

    fn step(&mut self, way: usize, command: &Command) -> Result<Next, String> {
        let told = |error: &dyn std::fmt::Display| format!("an error: {error}\nto {command:#?}");
        let answered = self.bench.execute(&self.ways[way], command).map_err(|it| told(&it))?;
        self.reference_clock.set(answered.now);
        if self.is_close(answered.now) {
            return Ok(Next::TooClose);
        }
        let reference: Arc<dyn LockBackend> = Arc::new(self.reference.clone());
        let command = self.for_the_reference(command);
        let mut right = self.bench.execute(&reference, &command).map_err(|it| told(&it))?;
        self.learn_tokens(&answered, &right)?;
        locks_of(&mut right).into_iter().for_each(|lock| self.translate(lock));
        let same = (right.version, right.changed) == (answered.version, answered.changed)
            && alike(&right.answer, &answered.answer, self.bench.fixture.jitter());
        if same {
            return Ok(Next::GoOn);
        }
        Err(format!("to {command:#?}\nthe reference answers {right:#?}\nand not {answered:#?}"))
    }

    /// Whether a lease ends about now.
    fn is_close(&self, now: Timestamp) -> bool {
        let (view, jitter) = (everything(self.bench, &self.reference), self.bench.fixture.jitter());
        let locks = view.locks.iter().map(|lock| lock.expires_at);
        let mut ends = locks.chain(view.waiters.iter().map(|waiter| waiter.expires_at));
        ends.any(|end| !jitter.is_zero() && end <= now + jitter && now <= end + jitter)
    }

    /// The same command, with the reference's token in it.
    fn for_the_reference(&self, command: &Command) -> Command {
        let mut command = command.clone();
        let token = match &mut command.action {
            Action::Refresh(refresh) => &mut refresh.token,
            Action::Release(release) => &mut release.token,
            _ => return command,
        };
        let known = self.tokens.iter().find(|(one, _)| Some(*one) == *token);
        *token = known.map(|(_, other)| *other).or(*token);
        command
    }

    /// A grant hands out a new token on both sides.
    fn learn_tokens(&mut self, answered: &Outcome, right: &Outcome) -> Result<(), String> {
        let newest = |outcome: &Outcome| match &outcome.answer {
            Answer::Granted(granted) => granted.iter().map(|it| it.lock.token).max(),
            _ => None,
        };
        let (Some(one), Some(other)) = (newest(answered), newest(right)) else { return Ok(()) };
        let (last_one, last_other) = self.tokens.last().copied().unwrap_or_default();
        match (one > last_one, other > last_other) {
            (true, true) => self.tokens.push((one, other)),
            (false, false) => {}
            _ => return Err(format!("the token {one} after {last_one}: {answered:#?}")),
        }
        Ok(())
    }

    /// Gives a lock of the reference the token that the backend has for it.
    fn translate(&self, token: &mut Token) {
        if let Some((one, _)) = self.tokens.iter().find(|(_, other)| *other == *token) {
            *token = *one;
        }
    }

    fn compare_states(&self) -> Result<(), String> {
        let held = everything(self.bench, &*self.ways[0]);
        self.reference_clock.set(held.now);
        let mut right = everything(self.bench, &self.reference);
        for lock in &mut right.locks {
            self.translate(&mut lock.token);
        }
        for entry in &mut right.history {
            match entry {
                HistoryEntry::Acquired { lock, .. } => self.translate(&mut lock.token),
                HistoryEntry::Ended { ending, .. } => self.translate(&mut ending.token),
                _ => {}
            }
        }
        let jitter = self.bench.fixture.jitter();
        let same = held.version == right.version
            && alike(&by_id(&held.locks), &by_id(&right.locks), jitter)
            && alike(&in_line(&held.waiters), &in_line(&right.waiters), jitter)
            && alike(&in_steps(&held.history), &in_steps(&right.history), jitter);
        if same {
            return Ok(());
        }
        Err(format!("in the end the reference holds {right:#?}\nand the store {held:#?}"))
    }
}

fn everything(bench: &Bench<'_>, backend: &dyn LockBackend) -> View {
    let scope = Scope::of(LockScope::All).with_waiters().with_history(Version::new(0));
    bench.run(async { backend.view(&scope).await })
}

fn by_id(locks: &[Lock]) -> Vec<Lock> {
    let mut locks = locks.to_vec();
    locks.sort_by_key(|lock| lock.id);
    locks
}

fn in_line(waiters: &[Waiter]) -> Vec<Waiter> {
    let mut waiters = waiters.to_vec();
    waiters.sort_by_key(|waiter| waiter.id);
    waiters
}

/// Within a step they stand in no order.
fn in_steps(log: &[HistoryEntry]) -> Vec<HistoryEntry> {
    let mut log = log.to_vec();
    log.sort_by_key(|entry| match entry {
        HistoryEntry::Acquired { version, lock, .. } => (*version, 1, Some(lock.id)),
        HistoryEntry::Ended { version, ending, .. } => (*version, 0, Some(ending.id)),
        other => (other.version(), 2, None),
    });
    log
}

/// The tokens of all locks that an outcome tells of.
fn locks_of(outcome: &mut Outcome) -> Vec<&mut Token> {
    fn held(refusal: &mut Refusal) -> impl Iterator<Item = &mut Token> {
        refusal.conflicts.iter_mut().filter_map(|conflict| match &mut conflict.blocker {
            Blocker::Held(lock) => Some(&mut lock.token),
            Blocker::Waiting { .. } => None,
        })
    }
    match &mut outcome.answer {
        Answer::Granted(granted) => granted.iter_mut().map(|it| &mut it.lock.token).collect(),
        Answer::Refused(refusal)
        | Answer::Waiting { refusal, .. }
        | Answer::Deadlock { refusal, .. } => held(refusal).collect(),
        Answer::Refreshed { locks, .. } | Answer::Removed { locks, .. } => {
            locks.iter_mut().map(|lock| &mut lock.token).collect()
        }
        Answer::Released { refusal, overlapping, .. } => {
            held(refusal).chain(overlapping.iter_mut().map(|lock| &mut lock.token)).collect()
        }
        _ => Vec::new(),
    }
}
