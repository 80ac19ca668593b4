//! Taking locks.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use super::{Error, Grant, InLine, IntoPatterns, Leases, LockManager, in_line::Listener};
use crate::{
    Acquire, Action, Answer, BackendError, Command, ErrorKind, HolderId, Mode, Noted, Place,
    Process, Reason, RecordId, Ttl,
    host::{Host, Moment},
};

impl LockManager {
    /// Asks for `patterns`, all of them or none, for this agent itself.
    ///
    /// What the agent holds already is refreshed, keeps its token, and is never shortened. The
    /// locks live as long as their lease, and outlive this process.
    ///
    /// # Atomicity
    /// One step: either every pattern is held afterwards, or nothing has changed.
    ///
    /// # Errors
    /// [`Error`] before anything is asked if a pattern, reason or lease is none; later whatever
    /// the store says.
    ///
    /// ```
    /// # use lock_core::{Grant, LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// let grant = locks.acquire(["src/*.rs", "Cargo.toml"]).reason("rename Foo").await?;
    /// assert!(matches!(grant, Grant::Held(_)));
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub fn acquire(&self, patterns: impl IntoPatterns) -> AcquireRequest {
        let patterns = patterns.into_patterns().map_err(Error::from);
        let parts = patterns.and_then(|patterns| match patterns.len() {
            1..=Error::MAX_PATTERNS => Ok(Acquire {
                agent: self.agent.clone(),
                holder: None,
                patterns,
                mode: Mode::Exclusive,
                reason: None,
                ttl: Ttl::default(),
                processes: Vec::new(),
                wait: None,
            }),
            count => Err(Error::PatternCount(count)),
        });
        AcquireRequest { manager: self.clone(), parts, wait: None, listener: None }
    }
}

/// A request for locks. Await it.
#[derive(Debug)]
#[must_use = "a request does nothing until it is awaited"]
pub struct AcquireRequest {
    pub(super) manager: LockManager,
    pub(super) parts: Result<Acquire, Error>,
    /// For how long to stand in line; none: not at all.
    pub(super) wait: Option<Duration>,
    /// Who is told of the line.
    listener: Option<Listener>,
}

impl AcquireRequest {
    /// Says why.
    pub fn reason(self, reason: impl TryInto<Reason, Error: Into<Error>>) -> Self {
        self.try_with(|parts| {
            parts.reason = Some(reason.try_into().map_err(Into::into)?);
            Ok(())
        })
    }

    /// Admits others that share.
    pub fn shared(self) -> Self {
        self.mode(Mode::Shared)
    }

    /// Admits others, or not.
    pub fn mode(self, mode: Mode) -> Self {
        self.with(|parts| parts.mode = mode)
    }

    /// Sets the lease; 5 minutes unless told.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.try_with(|parts| {
            parts.ttl = Ttl::new(ttl)?;
            Ok(())
        })
    }

    /// Ties the locks to a process: they end when it is proved dead.
    pub fn process(self, process: Process) -> Self {
        self.with(|parts| parts.processes.push(process))
    }

    pub(crate) fn first_process(self, process: Process) -> Self {
        self.with(|parts| parts.processes.insert(0, process))
    }

    /// Asks for a run or guard instead of the agent itself.
    pub fn holder(self, holder: HolderId) -> Self {
        self.with(|parts| parts.holder = Some(holder))
    }

    /// Stands in line for up to `limit` if it cannot be had now. First come, first served, among
    /// requests that exclude each other; a request whose wait would never end is refused at once.
    pub fn wait(mut self, limit: Duration) -> Self {
        self.wait = Some(limit);
        self
    }

    /// Tells `listener` where the request stands: when it comes into the line, and at each look
    /// after that, at least once a second. It is dropped when the wait is over, granted or not.
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # use std::time::Duration;
    /// # futures_lite::future::block_on(async {
    /// # let store = MemoryBackend::new();
    /// # let ada = LockManager::new(store.clone(), "ada")?;
    /// # let locks = LockManager::new(store, "agent-7")?;
    /// # let _held = ada.acquire("a.rs").await?;
    /// let request = locks.acquire("a.rs").wait(Duration::from_millis(1));
    /// let request = request.on_wait(|line| println!("position {}", line.position));
    /// # let _ = request.await?;
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub fn on_wait(mut self, listener: impl FnMut(&InLine) + Send + 'static) -> Self {
        self.listener = Some(Listener::new(listener));
        self
    }

    fn with(self, change: impl FnOnce(&mut Acquire)) -> Self {
        self.try_with(|parts| {
            change(parts);
            Ok(())
        })
    }

    fn try_with(mut self, change: impl FnOnce(&mut Acquire) -> Result<(), Error>) -> Self {
        self.parts = self.parts.and_then(|mut parts| change(&mut parts).map(|()| parts));
        self
    }

    /// The answer, and when the question that got it was sent: the lease may run from then.
    pub(crate) async fn send(self) -> Result<(Grant, Moment), Error> {
        let request = self.parts?;
        let mut command = Command::new(request);
        if let (Some(limit), Action::Acquire(request)) = (self.wait, &mut command.action)
            && !limit.is_zero()
        {
            let name = RecordId::new(command.nonce, u16::MAX);
            // Where the process cannot be told, its place ends by itself some seconds later.
            let process = Host::current().this_process().ok();
            request.wait = Some(Place { name, process, ahead: None });
            return self.manager.wait_in_line(command, limit, self.listener).await;
        }
        let sent = Moment::now();
        let grant = match self.manager.settle(&command).await?.answer {
            Answer::Granted(granted) => Grant::Held(Leases { granted }),
            Answer::Refused(refusal) if self.wait.is_some() => {
                self.manager.note(Noted::Timeout, Some(&refusal));
                Grant::TimedOut(refusal)
            }
            Answer::Refused(refusal) => {
                self.manager.note(Noted::Conflict, Some(&refusal));
                Grant::Refused(refusal)
            }
            other => return Err(unfitting(&other).into()),
        };
        Ok((grant, sent))
    }
}

impl IntoFuture for AcquireRequest {
    type Output = Result<Grant, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { Ok(self.send().await?.0) })
    }
}

/// A backend that answers a question nobody asked is broken.
pub(crate) fn unfitting(answer: &Answer) -> BackendError {
    let context = format!("the backend gave an answer of the wrong kind: {answer:?}");
    BackendError::new(ErrorKind::Corrupt, context)
}
