//! The server and the namespace in it, as far as others than the steps need them.

use lock_core::{BackendError, Version};
use redis::Value;

use crate::{
    connection::Connection,
    error::{Call, unreadable},
    script::Keys,
};

/// A namespace on a server.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) connection: Connection,
    pub(crate) keys: Keys,
}

impl Store {
    /// The namespace's version.
    pub(crate) async fn version(&self) -> Result<Version, BackendError> {
        let ask = |_| {
            let mut ask = redis::cmd("HGET");
            ask.arg(self.keys.named("data")).arg("version");
            Ok(ask)
        };
        match self.connection.call(Call::Harmless, ask).await?.0 {
            Value::Nil => Ok(Version::new(0)),
            Value::BulkString(text) => {
                let number = String::from_utf8(text).ok().and_then(|text| text.parse().ok());
                number.map(Version::new).ok_or_else(|| unreadable("the version"))
            }
            _ => Err(unreadable("the version")),
        }
    }
}
