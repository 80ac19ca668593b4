//! A store that may not be there yet, and one piece of work on it at a time.

use std::{borrow::Cow, path::PathBuf};

use lock_core::{BackendError, Command, ErrorKind, Outcome, Scope, View, host::Moment};

use crate::{
    error::{Doing as _, Result},
    guard::{self, Turn},
    load,
    options::Options,
    step,
    store::Store,
};

/// How often a store may change under our hands before we give up.
const TRIES: usize = 16;

/// What there is to do.
#[derive(Debug, Clone)]
pub(crate) enum Work<'a> {
    Execute(Cow<'a, Command>),
    View(Cow<'a, Scope>),
}

impl Work<'_> {
    /// The same for another thread.
    pub(crate) fn into_owned(self) -> Work<'static> {
        match self {
            Self::Execute(command) => Work::Execute(Cow::Owned(command.into_owned())),
            Self::View(scope) => Work::View(Cow::Owned(scope.into_owned())),
        }
    }
}

/// What came of it.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one at a time, on its way to the caller")]
pub(crate) enum Reply {
    Outcome(Outcome),
    View(View),
}

/// A store that may not be there yet.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) path: PathBuf,
    pub(crate) options: Options,
    store: Option<Store>,
}

impl Session {
    /// Opens the store, if it is there.
    pub(crate) fn new(path: PathBuf, options: Options) -> Result<Self> {
        let store = Store::open(&path, &options)?;
        Ok(Self { path, options, store })
    }

    /// Does the work if the guard is free; `None` if it is not.
    pub(crate) fn attempt(&mut self, work: &Work<'_>) -> Result<Option<Reply>> {
        self.run(work, false, || true)
    }

    /// Does the work once the guard is free, unless by then nobody `cares`.
    pub(crate) fn wait(
        &mut self,
        work: &Work<'_>,
        cares: impl Fn() -> bool,
    ) -> Result<Option<Reply>> {
        self.run(work, true, cares)
    }

    fn run(
        &mut self,
        work: &Work<'_>,
        wait: bool,
        cares: impl Fn() -> bool,
    ) -> Result<Option<Reply>> {
        for _ in 0..TRIES {
            let store = match self.store.as_mut() {
                Some(store) => store,
                None => match Store::open(&self.path, &self.options)? {
                    Some(store) => self.store.insert(store),
                    None => match on_nothing(work) {
                        Some(reply) => return Ok(Some(reply)),
                        None => self.store.insert(Store::create(&self.path, &self.options)?),
                    },
                },
            };
            let turn = match work {
                Work::Execute(_) => Turn::Alone,
                Work::View(_) => Turn::Beside,
            };
            let guard = store.guard.clone();
            let held = if wait {
                guard::take(guard, turn).map(Some)
            } else {
                guard::try_take(guard, turn)
            };
            let Some(held) = held.doing(|| "taking the guard".to_owned())? else {
                return Ok(None);
            };
            if !store.is_in_place() {
                // The store was removed or replaced since it was opened.
                drop(held);
                self.store = None;
                continue;
            }
            if !cares() {
                return Ok(None);
            }
            let reply = match work {
                Work::Execute(command) => step::execute(store, command).map(Reply::Outcome),
                Work::View(scope) => step::view(store, scope).map(Reply::View),
            };
            drop(held);
            store.tell();
            return reply.map(Some);
        }
        let context = "the store is removed and made again all the time";
        Err(BackendError::new(ErrorKind::Unavailable, context))
    }
}

fn on_nothing(work: &Work<'_>) -> Option<Reply> {
    match work {
        Work::Execute(command) => step::execute_on_nothing(command).map(Reply::Outcome),
        Work::View(scope) => {
            let now = Moment::now().wall;
            Some(Reply::View(load::empty(
                scope.as_ref().clone(),
                now,
                lock_core::Version::default(),
            )))
        }
    }
}
