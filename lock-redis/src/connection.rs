//! One connection, made anew when it breaks; every call is bounded in time.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lock_core::BackendError;
use redis::{
    Cmd, RedisError, Value,
    aio::{MultiplexedConnection, PubSub},
};
use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    error::{Call, broke_at_once, code, failed, late, silent},
    node::Node,
    options::RedisOptions,
    route::Route,
};

/// How long to wait while a cluster moves our keys from node to node.
pub(crate) const MOVING: Duration = Duration::from_millis(20);

/// The way to the server.
pub(crate) struct Connection {
    route: Route,
    timeout: Duration,
    current: Mutex<Current>,
    /// Held while connecting: many callers make one connection.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Current {
    open: Option<Open>,
    /// How many there have been.
    number: u64,
    /// Where a cluster says that our keys are.
    moved: Option<Node>,
    /// The last answer did not come in time.
    suspect: bool,
}

/// A connection to a server.
#[derive(Clone)]
struct Open {
    node: Arc<Node>,
    connection: MultiplexedConnection,
    number: u64,
    /// Whether it was there before this call.
    old: bool,
}

/// An answer, and the number of the connection that it came by. What was seen by another one may
/// have been another server's, or the same one's before it lost its last moments.
pub(crate) type Answer = (Value, u64);

/// What to do after a refusal.
#[cfg_attr(not(feature = "cluster"), expect(dead_code, reason = "nobody else knows better"))]
enum Next {
    Fail,
    Again,
    Answer(Answer),
}

impl Connection {
    pub(crate) fn new(options: &RedisOptions) -> Self {
        Self {
            route: options.route.clone(),
            timeout: options.timeout,
            current: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        }
    }

    /// How long a call may take, with all that it needs.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Connects, unless there is a connection.
    pub(crate) async fn connect(&self) -> Result<(), BackendError> {
        self.open(self.until()).await.map(drop)
    }

    /// One call, one answer. `make` writes the command down for the connection of that number. A
    /// change that was sent is never sent again: only the caller knows whether it may be.
    pub(crate) async fn call(
        &self,
        call: Call,
        make: impl Fn(u64) -> Result<Cmd, BackendError> + Sync,
    ) -> Result<Answer, BackendError> {
        let (until, mut hops) = (self.until(), 0);
        loop {
            let mut open = self.open(until).await?;
            let command = make(open.number)?;
            let sent = open.connection.send_packed_command(&command);
            // What the server refuses comes as a value.
            let error = match timeout_at(until, sent).await {
                Ok(answer) => match answer.and_then(Value::extract_error) {
                    Ok(value) => return Ok(self.answered((value, open.number))),
                    Err(error) => error,
                },
                Err(_) => return Err(self.gave_up(call, open.number)),
            };
            match code(&error) {
                None => {
                    self.close(open.number);
                    // The server may have been restarted since; to look again does no harm.
                    if call == Call::Harmless && open.old {
                        continue;
                    }
                    if !open.old && error.is_io_error() {
                        return Err(broke_at_once(error, call, &open.node));
                    }
                }
                Some("READONLY") => self.close(open.number),
                Some(_) if Instant::now() + MOVING < until => {
                    match Box::pin(self.follow(&error, &open, call, until, &make)).await? {
                        Next::Fail => {}
                        Next::Again => {
                            // Nodes that do not agree yet would send us to and fro.
                            if hops > 0 {
                                sleep(MOVING).await;
                            }
                            hops += 1;
                            continue;
                        }
                        Next::Answer(answer) => return Ok(answer),
                    }
                }
                Some(_) => {}
            }
            return Err(failed(error, call, &open.node));
        }
    }

    /// A connection of its own for notifications.
    pub(crate) async fn subscribe(&self, channel: &str) -> Result<PubSub, BackendError> {
        let until = self.until();
        let open = self.open(until).await?;
        match timeout_at(until, open.node.subscribe(channel)).await {
            Ok(listener) => listener,
            Err(_) => Err(self.unreachable()),
        }
    }

    async fn open(&self, until: Instant) -> Result<Open, BackendError> {
        match self.current() {
            Some(open) => Ok(open),
            // On the heap: every call would carry the room that connecting takes.
            None => Box::pin(self.open_anew(until)).await,
        }
    }

    async fn open_anew(&self, until: Instant) -> Result<Open, BackendError> {
        // Some of the time is for the answer.
        let until = until - until.saturating_duration_since(Instant::now()) / 5;
        let Ok(_turn) = timeout_at(until, self.connecting.lock()).await else {
            return Err(self.unreachable());
        };
        if let Some(open) = self.current() {
            return Ok(open);
        }
        let moved = self.lock().moved.take();
        let opened = match timeout_at(until, self.route.connect(moved.as_ref())).await {
            Ok(opened) => opened?,
            Err(_) => return Err(self.unreachable()),
        };
        let mut current = self.lock();
        current.number += 1;
        let (node, connection) = opened;
        let node = Arc::new(node);
        let open = Open { node, connection, number: current.number, old: false };
        current.open = Some(Open { old: true, ..open.clone() });
        Ok(open)
    }

    /// What to do about a refusal: a cluster may know of another node.
    #[cfg(feature = "cluster")]
    async fn follow(
        &self,
        error: &RedisError,
        open: &Open,
        call: Call,
        until: Instant,
        make: &(impl Fn(u64) -> Result<Cmd, BackendError> + Sync),
    ) -> Result<Next, BackendError> {
        use crate::cluster::{Redirect, ask, redirect};

        if !matches!(self.route, Route::Cluster(_)) {
            return Ok(Next::Fail);
        }
        match redirect(error, &open.node) {
            None => Ok(Next::Fail),
            Some(Redirect::Later) => Ok(Next::Again),
            Some(Redirect::Moved(node)) => {
                let mut current = self.lock();
                if current.number == open.number {
                    (current.open, current.moved) = (None, Some(node));
                }
                Ok(Next::Again)
            }
            Some(Redirect::Ask(node)) => {
                // No connection has this number: nothing was seen by it before.
                let command = make(0)?;
                match timeout_at(until, ask(&node, &command, call)).await {
                    Ok(value) => Ok(Next::Answer(self.answered((value?, 0)))),
                    Err(_) => Err(self.gave_up(call, open.number)),
                }
            }
        }
    }

    #[cfg(not(feature = "cluster"))]
    async fn follow(
        &self,
        _: &RedisError,
        _: &Open,
        _: Call,
        _: Instant,
        _: &(impl Fn(u64) -> Result<Cmd, BackendError> + Sync),
    ) -> Result<Next, BackendError> {
        Ok(Next::Fail)
    }

    /// When a call that begins now must be over. Who was not answered is less patient: a dead
    /// server should not cost the whole time twice.
    fn until(&self) -> Instant {
        let suspect = self.lock().suspect;
        Instant::now() + if suspect { self.timeout / 2 } else { self.timeout }
    }

    fn answered(&self, answer: Answer) -> Answer {
        self.lock().suspect = false;
        answer
    }

    /// No answer by connection `number`: the next call must not wait behind this one.
    fn gave_up(&self, call: Call, number: u64) -> BackendError {
        self.close(number);
        self.lock().suspect = true;
        late(call, &self.route, self.timeout)
    }

    fn unreachable(&self) -> BackendError {
        silent(&self.route, self.timeout)
    }

    fn current(&self) -> Option<Open> {
        self.lock().open.clone()
    }

    /// Gives up connection `number`, if it is still the current one.
    fn close(&self, number: u64) {
        let mut current = self.lock();
        if current.number == number {
            current.open = None;
        }
    }

    /// A panic elsewhere leaves at worst a connection too many.
    fn lock(&self) -> std::sync::MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("to", &self.route.to_string()).finish_non_exhaustive()
    }
}
