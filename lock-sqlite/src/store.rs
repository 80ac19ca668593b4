//! One open store: the guard, the connection, and the waiting for both.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

use async_lock::Mutex;
use futures_lite::FutureExt as _;
use lock_core::{BackendError, ErrorKind, Pace, host::keepers_named};

use crate::{
    bell::Bell,
    db::Db,
    error::{Doing as _, Fault, Step},
    file::Place,
    guard::{Gate, Held, Turn},
};

/// Those who write without knowing the guard are asked again after a pause that doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// One open store.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) place: Place,
    pub(crate) bell: Bell,
    /// Of looking, where no bell can be heard.
    pub(crate) pace: Pace,
    gate: Gate,
    patience: Duration,
    /// Whether the file was there when it was last needed.
    seen: AtomicBool,
    /// None until it is first needed, and again after an error that leaves it in doubt.
    db: Mutex<Option<Db>>,
}

/// Whether a wait in another thread is still worth its step. The step begins, or the wait is
/// given up: never both.
#[derive(Default)]
struct Wanted(AtomicU8);

impl Wanted {
    const WAITING: u8 = 0;
    const BEGUN: u8 = 1;
    const GIVEN_UP: u8 = 2;

    /// Whether the step may begin.
    fn begin(&self) -> bool {
        self.settle(Self::BEGUN)
    }

    /// The step came to nothing, and will be tried again.
    fn rest(&self) {
        self.0.store(Self::WAITING, Ordering::SeqCst);
    }

    /// Whether the step has not begun, and never will.
    fn give_up(&self) -> bool {
        self.settle(Self::GIVEN_UP)
    }

    fn settle(&self, state: u8) -> bool {
        let (order, was) = (Ordering::SeqCst, Self::WAITING);
        match self.0.compare_exchange(was, state, order, order) {
            Ok(_) => true,
            Err(now) => now == state,
        }
    }
}

/// Gives a wait up when the one who waits goes away.
struct GivesUp(Arc<Wanted>);

impl Drop for GivesUp {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

impl Store {
    pub(crate) fn new(place: Place, patience: Duration) -> Self {
        let bell = Bell::new(&place.guard);
        let gate = Gate::new(&place.guard);
        let (seen, db) = (AtomicBool::new(false), Mutex::new(None));
        Self { place, bell, pace: Pace::default(), gate, patience, seen, db }
    }

    /// Whether there is no file yet, so that nothing is held in it.
    pub(crate) fn is_absent(&self) -> bool {
        !self.seen.load(Ordering::Relaxed) && matches!(self.place.id(), Ok(None))
    }

    fn until(&self) -> Option<Instant> {
        Instant::now().checked_add(self.patience)
    }

    /// Runs `work` under the guard on this thread, if that is possible without waiting.
    pub(crate) fn at_once<T>(
        &self,
        work: impl FnOnce(&mut Db) -> Step<(T, bool)>,
    ) -> Option<Result<T, BackendError>> {
        let turn = self.gate.try_turn()?;
        let entered = turn.try_enter().doing("taking the guard");
        match entered.and_then(|held| held.map_or(Err(Fault::Busy), |held| self.run(held, work))) {
            Ok(done) => Some(Ok(done)),
            Err(Fault::Busy) => None,
            Err(Fault::Final(error)) => Some(Err(error)),
        }
    }

    /// Runs `work` under the guard, waiting for it in another thread as long as patience lasts.
    ///
    /// If this future is dropped, the step has been taken as a whole or will never be.
    pub(crate) async fn in_turn<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnMut(&mut Db) -> Step<(T, bool)> + Send + 'static,
    ) -> Result<T, BackendError> {
        let wanted = Arc::new(Wanted::default());
        let until = self.until();
        let _gives_up = GivesUp(wanted.clone());
        let waits = async {
            let turn = self.gate.turn().await;
            let (store, wanted) = (self.clone(), wanted.clone());
            blocking::unblock(move || store.wait(turn, &wanted, until, work)).await
        };
        let mut waits = std::pin::pin!(waits);
        let late = async {
            match until {
                Some(until) => async_io::Timer::at(until).await,
                None => std::future::pending().await,
            };
            None
        };
        match async { Some(waits.as_mut().await) }.or(late).await {
            Some(done) => done,
            None if wanted.give_up() => Err(self.too_late()),
            None => waits.await,
        }
    }

    /// Waits for the guard, and then for those who write without knowing it.
    fn wait<T>(
        &self,
        mut turn: Turn,
        wanted: &Wanted,
        until: Option<Instant>,
        mut work: impl FnMut(&mut Db) -> Step<(T, bool)>,
    ) -> Result<T, BackendError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let held =
                turn.enter_blocking().doing("taking the guard").map_err(|f| self.plain(f))?;
            if !wanted.begin() {
                return Err(self.too_late());
            }
            match self.run(held, &mut work) {
                Err(Fault::Busy) if is_before(until) => wanted.rest(),
                done => return done.map_err(|fault| self.plain(fault)),
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
            turn = self.gate.turn_blocking();
        }
    }

    fn run<T>(&self, held: Held, work: impl FnOnce(&mut Db) -> Step<(T, bool)>) -> Step<T> {
        let Some(mut slot) = self.db.try_lock() else { return Err(Fault::Busy) };
        let db = match slot.take() {
            Some(db) if db.is_at(&self.place) => slot.insert(db),
            // The file was replaced; what the old connection knew is of no use.
            _ => slot.insert(Db::open(&self.place)?),
        };
        self.seen.store(true, Ordering::Relaxed);
        let done = work(db);
        if let Err(Fault::Final(error)) = &done
            && matches!(
                error.kind(),
                ErrorKind::Unknown | ErrorKind::Corrupt | ErrorKind::Unavailable
            )
        {
            // Whatever it had in mind, the next one shall see what is in the file.
            *slot = None;
        }
        drop(slot);
        let (done, audible) = done?;
        if audible {
            held.leave_ringing();
            self.bell.ring();
        }
        Ok(done)
    }

    /// Runs `read` on the connection, without the guard; opens it first if need be. `None` if
    /// there is no file.
    pub(crate) async fn read<T>(
        self: &Arc<Self>,
        mut read: impl FnMut(&Db) -> Step<T> + Send,
    ) -> Result<Option<T>, BackendError> {
        let until = self.until();
        let mut pause = FIRST_PAUSE;
        loop {
            let tried = {
                let slot = self.db.lock().await;
                slot.as_ref().filter(|db| db.is_at(&self.place)).map(&mut read)
            };
            match tried {
                // Reading makes nothing.
                None if matches!(self.place.id(), Ok(None)) => return Ok(None),
                None => self.open().await?,
                Some(Err(Fault::Busy)) if is_before(until) => {
                    async_io::Timer::after(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Some(done) => return done.map(Some).map_err(|fault| self.plain(fault)),
            }
        }
    }

    /// Opens the file, and makes it if there is none.
    pub(crate) async fn open(self: &Arc<Self>) -> Result<(), BackendError> {
        match self.at_once(|_| Ok(((), false))) {
            Some(opened) => opened,
            None => self.in_turn(|_| Ok(((), false))).await,
        }
    }

    fn plain(&self, fault: Fault) -> BackendError {
        match fault {
            Fault::Busy => self.too_late(),
            Fault::Final(error) => error,
        }
    }

    fn too_late(&self) -> BackendError {
        let who = keepers_named(&self.place.guard);
        let who = who.unwrap_or_else(|| "somebody else".to_owned());
        let (file, seconds) = (self.place.file.display(), self.patience.as_secs_f32());
        let what = format!("{who} has had {file} for {seconds} s");
        BackendError::new(ErrorKind::Unavailable, what)
    }
}

fn is_before(until: Option<Instant>) -> bool {
    until.is_none_or(|until| Instant::now() < until)
}

impl Drop for Store {
    fn drop(&mut self) {
        let Some(db) = self.db.get_mut().take() else { return };
        // Closing must not wait: without the guard the log is left as it is.
        match self.gate.try_turn().map(Turn::try_enter) {
            Some(Ok(Ok(_held))) => db.close_guarded(),
            _ => drop(db),
        }
    }
}
