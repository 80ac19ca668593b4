//! One connection, made anew when it breaks; every call is bounded in time.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use lock_core::BackendError;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, Value,
    aio::{ConnectionLike as _, MultiplexedConnection, PubSub},
};
use tokio::time::timeout;

use crate::{
    error::{Call, failed, late},
    options::RedisOptions,
};

/// The way to one server.
pub(crate) struct Connection {
    client: Client,
    /// The server's name, without a password.
    at: String,
    connect_timeout: Duration,
    response_timeout: Duration,
    current: Mutex<Current>,
    /// Held while connecting: many callers make one connection.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Current {
    open: Option<MultiplexedConnection>,
    /// How many there have been.
    number: u64,
}

impl Connection {
    pub(crate) fn new(info: ConnectionInfo, options: &RedisOptions) -> Result<Self, BackendError> {
        let at = options.server();
        let client = Client::open(info).map_err(|error| failed(error, Call::Harmless, &at))?;
        Ok(Self {
            client,
            at,
            connect_timeout: options.connect_timeout,
            response_timeout: options.response_timeout,
            current: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        })
    }

    /// How long a call may take once there is a connection.
    pub(crate) fn response_timeout(&self) -> Duration {
        self.response_timeout
    }

    /// Connects, unless there is a connection.
    pub(crate) async fn open(&self) -> Result<(MultiplexedConnection, u64), BackendError> {
        if let Some(open) = self.current() {
            return Ok(open);
        }
        let _turn = match timeout(self.connect_timeout, self.connecting.lock()).await {
            Ok(turn) => turn,
            Err(_) => return Err(late(Call::Harmless, &self.at, self.connect_timeout)),
        };
        if let Some(open) = self.current() {
            return Ok(open);
        }
        // Our own bounds hold: the client's are per attempt, and shorter than a call may take.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_pipeline_buffer_size(1_024);
        let connect = self.client.get_multiplexed_async_connection_with_config(&config);
        let opened = match timeout(self.connect_timeout, connect).await {
            Ok(opened) => opened.map_err(|error| failed(error, Call::Harmless, &self.at))?,
            Err(_) => return Err(late(Call::Harmless, &self.at, self.connect_timeout)),
        };
        let mut current = self.lock();
        current.number += 1;
        current.open = Some(opened.clone());
        Ok((opened, current.number))
    }

    /// One call, one answer. What was sent is never sent again: only the caller knows whether it
    /// may be.
    pub(crate) async fn call(&self, command: &Cmd, call: Call) -> Result<Value, BackendError> {
        let (mut open, number) = self.open().await?;
        let answer = timeout(self.response_timeout, open.req_packed_command(command)).await;
        // What the server refuses comes as a value.
        match answer.map(|answer| answer.and_then(Value::extract_error)) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                if error.code().is_none() {
                    self.close(number);
                }
                Err(failed(error, call, &self.at))
            }
            Err(_) => {
                // The next call must not wait behind this one.
                self.close(number);
                Err(late(call, &self.at, self.response_timeout))
            }
        }
    }

    /// A connection of its own for notifications.
    pub(crate) async fn subscribe(&self, channel: &str) -> Result<PubSub, BackendError> {
        let subscribe = async {
            let mut listener = self.client.get_async_pubsub().await?;
            listener.subscribe(channel).await?;
            Ok(listener)
        };
        match timeout(self.connect_timeout, subscribe).await {
            Ok(listener) => listener.map_err(|error| failed(error, Call::Harmless, &self.at)),
            Err(_) => Err(late(Call::Harmless, &self.at, self.connect_timeout)),
        }
    }

    fn current(&self) -> Option<(MultiplexedConnection, u64)> {
        let current = self.lock();
        current.open.clone().map(|open| (open, current.number))
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
        f.debug_struct("Connection").field("at", &self.at).finish_non_exhaustive()
    }
}
