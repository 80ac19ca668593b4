//! Who sits at the keyboard, for the record.

use lock_core::host::Host;

/// `user@host`. The user is the one this process runs as: `USER` is anybody's to set.
pub(crate) fn operator() -> String {
    let user = whoami::username().unwrap_or_else(|_| "unknown".to_owned());
    format!("{user}@{}", Host::current().name())
}
