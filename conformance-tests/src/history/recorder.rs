//! A backend that writes down what it is asked and what it answers.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use lock_core::{
    BackendError, Command, ErrorKind, LockBackend, Note, Outcome, Scope, Version, View,
};

use super::{Answered, Asked, Call};

/// Where a recording goes.
pub(crate) trait Sink: Send + Sync + 'static {
    /// A call begins now. Written down before it is made: what kills the caller in the middle
    /// must not take the call out of the history.
    fn begin(&self, asked: Asked) -> usize;
    /// The call has its answer.
    fn end(&self, call: usize, answer: Answered);
}

/// A recording in memory, of one contestant: contestants that shared one would take turns.
pub(crate) struct Log {
    by: String,
    calls: Mutex<Vec<Call>>,
}

impl Log {
    pub(crate) fn new(by: impl Into<String>) -> Self {
        Self { by: by.into(), calls: Mutex::default() }
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sink for Log {
    fn begin(&self, asked: Asked) -> usize {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let by = self.by.clone();
        let (answered, answer) = (u64::MAX, Answered::Nothing);
        calls.push(Call { by, asked, invoked: monotonic(), answered, answer });
        calls.len() - 1
    }

    fn end(&self, call: usize, answer: Answered) {
        let answered = monotonic();
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(call) = calls.get_mut(call) {
            (call.answered, call.answer) = (answered, answer);
        }
    }
}

/// Nanoseconds on a clock that all processes of this machine share, and nobody steps.
pub(crate) fn monotonic() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let nanos = i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec);
    u64::try_from(nanos).unwrap_or(0)
}

/// A backend with a recorder before it.
pub(crate) struct Recorded {
    pub(crate) inner: Arc<dyn LockBackend>,
    pub(crate) sink: Arc<dyn Sink>,
}

#[async_trait]
impl LockBackend for Recorded {
    async fn execute(&self, command: &Command) -> Result<Outcome, BackendError> {
        if Note::in_command(command).is_some() {
            // No step, and nothing that a history tells.
            return self.inner.execute(command).await;
        }
        let call = self.sink.begin(Asked::Command(command.clone()));
        let result = self.inner.execute(command).await;
        self.sink.end(call, result.as_ref().map_or_else(failed, |o| Answered::Outcome(o.clone())));
        result
    }

    async fn view(&self, scope: &Scope) -> Result<View, BackendError> {
        let call = self.sink.begin(Asked::View(scope.clone()));
        let result = self.inner.view(scope).await;
        self.sink.end(call, result.as_ref().map_or_else(failed, |v| Answered::View(v.clone())));
        result
    }

    async fn changed(&self, seen: Version, limit: Duration) -> Result<Version, BackendError> {
        self.inner.changed(seen, limit).await
    }
}

fn failed(error: &BackendError) -> Answered {
    match error.kind() {
        ErrorKind::Unknown => Answered::Unknown(error.to_string()),
        _ => Answered::Failed(error.to_string()),
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recorded({:?})", self.inner)
    }
}
