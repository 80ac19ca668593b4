//! Examining a server and a namespace.

use std::path::Path;

use lock_core::{Check, LockBackend as _, LockScope, Scope, StoreUrl};

use crate::RedisOptions;

/// What `doctor` wants to know.
pub(crate) async fn inspect(url: &StoreUrl, base: &Path, _repair: bool) -> Vec<Check> {
    let opened = match RedisOptions::from_store_url(url, base) {
        Ok(options) => options.connect().await,
        Err(error) => Err(error),
    };
    let backend = match opened {
        Ok(backend) => backend,
        Err(error) => {
            let hint = "see that the server runs, and that the URL names it";
            return vec![Check::bad("server", error.to_string(), hint)];
        }
    };
    match backend.view(&Scope::of(LockScope::All).with_waiters()).await {
        Ok(view) => vec![Check::good("server", format!("{backend}: {} locks", view.locks.len()))],
        Err(error) => vec![Check::bad("server", error.to_string(), "see the server's log")],
    }
}
