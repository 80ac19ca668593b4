//! One scenario's workbench: a fresh store, contestants, and everything that they do recorded.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    process::ExitStatus,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use lock_core::{
    BackendError, Command, LockBackend, LockManager, LockScope, ManualClock, Outcome, Scope,
    Version, View,
};

use crate::{
    Fixture, Store,
    history::{self, Answered, Call, Death, Log, Recorded, Rules, Sink, monotonic},
    plan::Plan,
    process::{Contestant, Heard},
    rng::Rng,
};

/// One scenario's workbench.
pub(crate) struct Bench<'f> {
    pub(crate) fixture: &'f dyn Fixture,
    pub(crate) store: Box<dyn Store>,
    pub(crate) clock: Option<ManualClock>,
    pub(crate) seed: u64,
    logs: Mutex<Vec<Arc<Log>>>,
    told: Mutex<Vec<Call>>,
    killed: Mutex<HashMap<u32, Death>>,
    steady_clock: AtomicBool,
    explained: AtomicBool,
}

/// How long after a race is set up it starts: every contestant is in place by then.
const HEAD_START: Duration = Duration::from_millis(2);

impl<'f> Bench<'f> {
    /// A bench over a fresh store on the machine's own clock.
    pub(crate) fn new(fixture: &'f dyn Fixture, seed: u64) -> Self {
        let store = fixture.fresh().unwrap_or_else(|trouble| panic!("no store: {trouble}"));
        Self::over(fixture, store, None, seed)
    }

    /// A bench over a fresh store on a manual clock, if the backend has such.
    pub(crate) fn with_clock(fixture: &'f dyn Fixture, seed: u64) -> Self {
        match fixture.fresh_with_clock() {
            Some((store, clock)) => Self::over(fixture, store, Some(clock), seed),
            None => Self::new(fixture, seed),
        }
    }

    fn over(
        fixture: &'f dyn Fixture,
        store: Box<dyn Store>,
        clock: Option<ManualClock>,
        seed: u64,
    ) -> Self {
        let (logs, told, killed) = Default::default();
        let (steady_clock, explained) = (AtomicBool::new(true), AtomicBool::new(true));
        Self { fixture, store, clock, seed, logs, told, killed, steady_clock, explained }
    }

    /// Random choices of this scenario.
    pub(crate) fn rng(&self) -> Rng {
        Rng::new(self.seed)
    }

    /// One more way to the store, recorded.
    pub(crate) fn connect(&self, by: &str) -> Arc<dyn LockBackend> {
        let backend = self.store.connect();
        self.record(by, backend.unwrap_or_else(|trouble| panic!("no connection: {trouble}")))
    }

    /// Records what `by` does on `inner`.
    pub(crate) fn record(&self, by: &str, inner: Arc<dyn LockBackend>) -> Arc<dyn LockBackend> {
        let log = Arc::new(Log::new(by));
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&log));
        Arc::new(Recorded { inner, sink: log as Arc<dyn Sink> })
    }

    /// The agent `name` with a way to the store of its own.
    pub(crate) fn agent(&self, name: &str) -> LockManager {
        LockManager::new(self.connect(name), name).expect("a name for an agent")
    }

    /// Runs `future` to its end; an error is a failure.
    pub(crate) fn run<T: Send, E: std::fmt::Display + Send>(
        &self,
        work: impl IntoFuture<Output = Result<T, E>, IntoFuture: Send>,
    ) -> T {
        self.outcome(work).unwrap_or_else(|error| panic!("an error: {error}"))
    }

    /// Runs `future` to its end.
    pub(crate) fn outcome<T: Send>(
        &self,
        work: impl IntoFuture<Output = T, IntoFuture: Send>,
    ) -> T {
        let (work, mut result) = (work.into_future(), None);
        let slot = &mut result;
        self.fixture.drive(Box::pin(async move { *slot = Some(work.await) }));
        result.unwrap_or_else(|| panic!("the fixture's drive() did not run its future to the end"))
    }

    /// Carries out one command through `backend`.
    pub(crate) fn execute(
        &self,
        backend: &Arc<dyn LockBackend>,
        command: &Command,
    ) -> Result<Outcome, BackendError> {
        let mut result = None;
        let slot = &mut result;
        let work: Pin<Box<dyn Future<Output = ()> + Send + '_>> =
            Box::pin(async move { *slot = Some(backend.execute(command).await) });
        self.fixture.drive(work);
        result.unwrap_or_else(|| panic!("the fixture's drive() did not run its future to the end"))
    }

    /// Lets time pass on the store's clock.
    pub(crate) fn pass(&self, span: Duration) {
        match &self.clock {
            Some(clock) => clock.advance(span),
            None => thread::sleep(span),
        }
    }

    /// Runs the plans at once, each in a thread and on a connection of its own.
    pub(crate) fn race(&self, plans: &[Plan]) {
        let backends: Vec<_> = plans.iter().map(|plan| self.connect(&plan.agent)).collect();
        let start = self.soon();
        thread::scope(|scope| {
            let threads: Vec<_> = plans
                .iter()
                .zip(backends)
                .map(|(plan, backend)| scope.spawn(move || self.outcome(plan.run(backend, start))))
                .collect();
            for (plan, thread) in plans.iter().zip(threads) {
                let done = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                done.unwrap_or_else(|error| panic!("{} got an error: {error}", plan.agent));
            }
        });
    }

    /// Runs the plans at once, each in a process of its own.
    pub(crate) fn race_processes(&self, plans: &[Plan]) {
        let mut contestants: Vec<_> = plans.iter().map(|plan| self.spawn(plan)).collect();
        contestants.iter().for_each(Contestant::wait_until_ready);
        let start = self.soon();
        contestants.iter_mut().for_each(|contestant| contestant.start(start));
        for (plan, contestant) in plans.iter().zip(contestants) {
            let (heard, status) = self.finish(contestant);
            self.tell(heard.calls);
            let end = heard.done.unwrap_or_else(|| Some(status.to_string()));
            assert!(end.is_none(), "{} got an error: {}", plan.agent, end.unwrap_or_default());
        }
    }

    /// A process that will carry out `plan`, once it is told to start.
    pub(crate) fn spawn(&self, plan: &Plan) -> Contestant {
        let address = self.store.address();
        Contestant::spawn(&address.expect("a fixture with processes has addresses"), plan)
    }

    /// Waits for the end of the process. Whoever loaded a record of it just before may find the
    /// process gone when it looks: an end is a death, and nobody knows better when it was than
    /// after its last answer.
    pub(crate) fn finish(&self, contestant: Contestant) -> (Heard, ExitStatus) {
        let pid = contestant.pid();
        let (heard, status) = contestant.finish();
        let answers = heard.calls.iter().map(|call| call.answered).filter(|at| *at < u64::MAX);
        let death = Death { earliest: answers.max().unwrap_or(0), surely: monotonic() };
        self.killed.lock().unwrap_or_else(PoisonError::into_inner).insert(pid, death);
        (heard, status)
    }

    /// Kills the process with -9, and hears what it had said until then.
    pub(crate) fn kill(&self, mut contestant: Contestant) -> Heard {
        let (pid, earliest) = (contestant.pid(), monotonic());
        let dies = |surely: u64| {
            let mut killed = self.killed.lock().unwrap_or_else(PoisonError::into_inner);
            killed.insert(pid, Death { earliest, surely });
        };
        dies(u64::MAX);
        contestant.kill();
        let (heard, _) = contestant.finish();
        dies(monotonic());
        heard
    }

    /// A moment by which everybody is in place.
    pub(crate) fn soon(&self) -> u64 {
        monotonic() + u64::try_from(HEAD_START.as_nanos()).unwrap_or(0)
    }

    /// Adds calls that were recorded elsewhere.
    pub(crate) fn tell(&self, calls: impl IntoIterator<Item = Call>) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).extend(calls);
    }

    /// The history cannot be explained, because `_reason`: only the scenario itself checks.
    pub(crate) fn forget_history(&self, _reason: &str) {
        self.explained.store(false, Ordering::SeqCst);
    }

    /// From now on, answers may be on several clocks.
    pub(crate) fn allow_clock_steps(&self) {
        self.steady_clock.store(false, Ordering::SeqCst);
    }

    /// Everything that was done so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        logs.iter().flat_map(|log| log.calls()).chain(told.iter().cloned()).collect()
    }

    /// The outcomes of what was done so far, with their commands.
    pub(crate) fn outcomes(&self) -> Vec<(Command, Outcome)> {
        let answered = |call: Call| match (call.asked, call.answer) {
            (history::Asked::Command(command), Answered::Outcome(outcome)) => {
                Some((command, outcome))
            }
            _ => None,
        };
        self.calls().into_iter().filter_map(answered).collect()
    }

    /// The views that were seen so far.
    pub(crate) fn views(&self) -> Vec<View> {
        let seen = |call: Call| match call.answer {
            Answered::View(view) => Some(view),
            _ => None,
        };
        self.calls().into_iter().filter_map(seen).collect()
    }

    /// Everything that the store holds.
    pub(crate) fn everything(&self) -> View {
        let scope = Scope::of(LockScope::All).with_waiters().with_history(Version::new(0));
        let backend = self.connect("the suite");
        self.run(async move { backend.view(&scope).await })
    }

    /// Whether the rule explains all that was done, and what the store holds now.
    pub(crate) fn check(&self) {
        drop(self.everything());
        let mut killed = self.killed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        killed.retain(|_, _| self.fixture.proves_death());
        let (jitter, steady_clock) =
            (self.fixture.jitter(), self.steady_clock.load(Ordering::SeqCst));
        let rules = Rules { jitter, steady_clock, killed: &killed };
        if self.explained.load(Ordering::SeqCst)
            && let Err(story) = history::check(&self.calls(), rules)
        {
            panic!("{story}");
        }
        let leftovers = self.store.leftovers();
        assert!(leftovers.is_empty(), "left over when all was done: {leftovers:?}");
    }
}
