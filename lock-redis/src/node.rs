//! One server: where it is, and how to introduce oneself.

use std::fmt;

use lock_core::BackendError;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, aio};

use crate::{
    error::{Call, failed},
    tls::Files,
};

/// One server, and what it wants to know of us.
#[derive(Clone)]
pub(crate) struct Node {
    info: ConnectionInfo,
    /// Whom to trust; of no use without TLS.
    tls: Files,
}

impl Node {
    pub(crate) fn new(info: ConnectionInfo, tls: Files) -> Self {
        Self { info, tls }
    }

    /// Another server that wants to know the same.
    #[cfg(any(feature = "sentinel", feature = "cluster"))]
    pub(crate) fn elsewhere(&self, host: &str, port: u16) -> Self {
        let host = host.to_owned();
        let addr = match self.info.addr().clone() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure, tls_params }
            }
            _ => ConnectionAddr::Tcp(host, port),
        };
        Self { info: self.info.clone().set_addr(addr), tls: self.tls.clone() }
    }

    /// The same server, told something else.
    #[cfg(feature = "sentinel")]
    pub(crate) fn with(&self, change: impl FnOnce(ConnectionInfo) -> ConnectionInfo) -> Self {
        Self { info: change(self.info.clone()), tls: self.tls.clone() }
    }

    /// Its host's name, if it has one.
    #[cfg(feature = "cluster")]
    pub(crate) fn host(&self) -> Option<&str> {
        match self.info.addr() {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => Some(host),
            _ => None,
        }
    }

    /// `host:port`.
    #[cfg(any(feature = "sentinel", feature = "cluster"))]
    pub(crate) fn authority(&self) -> String {
        self.info.addr().to_string()
    }

    #[cfg(all(test, feature = "sentinel"))]
    pub(crate) fn info(&self) -> &ConnectionInfo {
        &self.info
    }

    /// Whether what is said to it is encrypted.
    pub(crate) fn is_tls(&self) -> bool {
        matches!(self.info.addr(), ConnectionAddr::TcpTls { .. })
    }

    /// Connects, and says who we are. Bounded by the caller.
    pub(crate) async fn connect(&self) -> Result<aio::MultiplexedConnection, BackendError> {
        // Our own bounds hold: the client's are per attempt, and shorter than a call may take.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_pipeline_buffer_size(1_024);
        let client = self.client()?;
        let connect = client.get_multiplexed_async_connection_with_config(&config);
        connect.await.map_err(|error| failed(error, Call::Harmless, self))
    }

    /// Connects, and listens to `channel`. Bounded by the caller.
    pub(crate) async fn subscribe(&self, channel: &str) -> Result<aio::PubSub, BackendError> {
        let client = self.client()?;
        let subscribe = async {
            let mut listener = client.get_async_pubsub().await?;
            listener.subscribe(channel).await?;
            Ok(listener)
        };
        subscribe.await.map_err(|error| failed(error, Call::Harmless, self))
    }

    fn client(&self) -> Result<Client, BackendError> {
        if self.is_tls() {
            return self.tls.client(self.info.clone(), self);
        }
        let client = Client::open(self.info.clone());
        client.map_err(|error| failed(error, Call::Harmless, self))
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let db = self.info.redis_settings().db();
        match self.info.addr() {
            ConnectionAddr::Unix(path) => write!(f, "redis+unix:{}?db={db}", path.display()),
            addr if self.is_tls() => write!(f, "rediss://{addr}/{db}"),
            addr => write!(f, "redis://{addr}/{db}"),
        }
    }
}
