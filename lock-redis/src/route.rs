//! Which server to talk to: the one that was named, or the one that others know of.

use std::fmt;

use lock_core::BackendError;
use redis::aio::MultiplexedConnection;

use crate::node::Node;

/// How to find the server.
#[derive(Clone)]
pub(crate) enum Route {
    /// It is this one.
    Server(Node),
    /// The one that the sentinels call the primary.
    #[cfg(feature = "sentinel")]
    Sentinel(crate::sentinel::Sentinels),
    /// The node of a cluster that has our keys.
    #[cfg(feature = "cluster")]
    Cluster(crate::cluster::Seeds),
}

impl Route {
    /// Finds it and connects. `moved` is where a cluster said that our keys are. Bounded by the
    /// caller.
    pub(crate) async fn connect(
        &self,
        moved: Option<&Node>,
    ) -> Result<(Node, MultiplexedConnection), BackendError> {
        let node = match (self, moved) {
            (_, Some(node)) | (Self::Server(node), None) => node,
            #[cfg(feature = "sentinel")]
            (Self::Sentinel(sentinels), None) => return sentinels.connect().await,
            #[cfg(feature = "cluster")]
            (Self::Cluster(seeds), None) => return seeds.connect().await,
        };
        Ok((node.clone(), node.connect().await?))
    }

    /// Whether a port that does not speak TLS would be answered by silence.
    pub(crate) fn is_tls(&self) -> bool {
        match self {
            Self::Server(node) => node.is_tls(),
            #[cfg(feature = "sentinel")]
            Self::Sentinel(sentinels) => sentinels.is_tls(),
            #[cfg(feature = "cluster")]
            Self::Cluster(seeds) => seeds.is_tls(),
        }
    }
}

/// Without a password.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(node) => node.fmt(f),
            #[cfg(feature = "sentinel")]
            Self::Sentinel(sentinels) => sentinels.fmt(f),
            #[cfg(feature = "cluster")]
            Self::Cluster(seeds) => seeds.fmt(f),
        }
    }
}
