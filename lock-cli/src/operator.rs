//! Who sits at the keyboard, for the record.

use lock_core::host::Host;

/// `user@host`.
pub(crate) fn operator() -> String {
    let user = ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()));
    format!("{}@{}", user.as_deref().unwrap_or("unknown"), Host::current().name())
}
