//! A cluster: which node has our keys?
//!
//! All keys of a namespace share one hash tag, so they are on one node, and one connection to that
//! node is all it takes. Any node can be asked; one that does not have the keys says who does. The
//! client library's own cluster connection would send again what may have been carried out.

use std::fmt;

use futures_util::future::select_ok;
use lock_core::BackendError;
use redis::{
    Cmd, RedisError, Value,
    aio::{ConnectionLike as _, MultiplexedConnection},
};
use tokio::time::sleep;

use crate::{
    connection::MOVING,
    error::{Call, failed},
    node::Node,
};

/// Some nodes of the cluster.
#[derive(Clone)]
pub(crate) struct Seeds {
    pub(crate) nodes: Vec<Node>,
}

impl Seeds {
    /// A connection to one of them, whichever answers first.
    pub(crate) async fn connect(&self) -> Result<(Node, MultiplexedConnection), BackendError> {
        let connect = |node: &Node| {
            let node = node.clone();
            Box::pin(async move {
                let connection = node.connect().await?;
                Ok::<_, BackendError>((node, connection))
            })
        };
        let (found, _) = select_ok(self.nodes.iter().map(connect)).await?;
        Ok(found)
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.nodes.first().is_some_and(Node::is_tls)
    }
}

/// What a node says of keys that it does not have, or not all of.
#[derive(Clone)]
pub(crate) enum Redirect {
    /// They are there, from now on.
    Moved(Node),
    /// They are just being moved there: ask there this once.
    Ask(Node),
    /// Some are here and some are there.
    Later,
}

/// What `error`, which came from `node`, says of the keys.
pub(crate) fn redirect(error: &RedisError, node: &Node) -> Option<Redirect> {
    let code = error.code()?;
    if code == "TRYAGAIN" {
        return Some(Redirect::Later);
    }
    let (address, _slot) = error.redirect_node()?;
    let (host, port) = address.rsplit_once(':')?;
    // A node that does not know its own name means the one that it was asked by.
    let host = if host.is_empty() || host == "?" { node.host()? } else { host };
    let node = node.elsewhere(host, port.parse().ok()?);
    Some(if code == "ASK" { Redirect::Ask(node) } else { Redirect::Moved(node) })
}

/// One call at a node that is just being given our keys. Bounded by the caller.
pub(crate) async fn ask(node: &Node, command: &Cmd, call: Call) -> Result<Value, BackendError> {
    let mut connection = node.connect().await?;
    let mut pair = redis::pipe();
    pair.cmd("ASKING").ignore().add_command(command.clone());
    loop {
        let answers = connection.req_packed_commands(&pair, 1, 1).await;
        let answer = answers.map(|mut answers| answers.pop().unwrap_or(Value::Nil));
        match answer.and_then(Value::extract_error) {
            Ok(value) => return Ok(value),
            Err(error) if error.code() == Some("TRYAGAIN") => sleep(MOVING).await,
            Err(error) => return Err(failed(error, call, node)),
        }
    }
}

impl fmt::Display for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<_> = self.nodes.iter().map(Node::authority).collect();
        write!(f, "redis+cluster://{}", hosts.join(","))
    }
}
