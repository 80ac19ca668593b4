//! Sentinels: who is the primary now?
//!
//! All are asked at once and the first good answer counts: one that is out of reach must not use
//! up the time of all. What a sentinel says is checked with the server itself, on the connection
//! that is used afterwards; a sentinel may be the last to hear of a failover.

use std::fmt;

use futures_util::future::select_ok;
use lock_core::{BackendError, ErrorKind};
use redis::{Value, aio::MultiplexedConnection};

use crate::{
    error::{Call, failed},
    node::Node,
};

/// The port of a sentinel, unless told.
pub(crate) const PORT: u16 = 26_379;

/// Some sentinels, and the service that they watch.
#[derive(Clone)]
pub(crate) struct Sentinels {
    pub(crate) sentinels: Vec<Node>,
    pub(crate) service: String,
    /// What a server of the service wants to know of us; its address is never used.
    pub(crate) server: Node,
}

impl Sentinels {
    /// A connection to the primary.
    pub(crate) async fn connect(&self) -> Result<(Node, MultiplexedConnection), BackendError> {
        let asked = self.sentinels.iter().map(|sentinel| Box::pin(self.by(sentinel)));
        let (found, _) = select_ok(asked).await?;
        Ok(found)
    }

    /// A connection to what `sentinel` says is the primary.
    async fn by(&self, sentinel: &Node) -> Result<(Node, MultiplexedConnection), BackendError> {
        let mut ask = redis::cmd("SENTINEL");
        ask.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.service);
        let mut connection = sentinel.connect().await?;
        let address: Option<(String, u16)> = ask
            .query_async(&mut connection)
            .await
            .map_err(|error| failed(error, Call::Harmless, sentinel))?;
        let Some((host, port)) = address else {
            let what = format!("{self}: the sentinel at {sentinel} knows no such service");
            return Err(BackendError::new(ErrorKind::Unavailable, what));
        };
        let node = self.server.elsewhere(&host, port);
        let mut connection = node.connect().await?;
        let role: Vec<Value> = redis::cmd("ROLE")
            .query_async(&mut connection)
            .await
            .map_err(|error| failed(error, Call::Harmless, &node))?;
        match role.first() {
            Some(Value::BulkString(role)) if role == b"master" => Ok((node, connection)),
            _ => {
                let what = format!("{self}: {node} is not the primary yet, or no longer");
                Err(BackendError::new(ErrorKind::Unavailable, what))
            }
        }
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.server.is_tls()
    }
}

impl fmt::Display for Sentinels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<_> = self.sentinels.iter().map(Node::authority).collect();
        write!(f, "redis+sentinel://{}/{}", hosts.join(","), self.service)
    }
}
