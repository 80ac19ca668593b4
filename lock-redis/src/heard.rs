//! What a listener has heard, and those who wait are told.

use lock_core::Version;
use tokio::sync::watch;

/// What was heard.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Heard {
    /// Every version after this one has been, or will be, heard of. None: nobody listens.
    pub(crate) since: Option<u64>,
    /// The latest version heard of.
    pub(crate) latest: u64,
    /// How often the namespace was found to have gone back: all that was heard before is void.
    pub(crate) reset: u64,
}

/// Tells those who wait what was found by who had been `told` that much before.
pub(crate) fn tell(heard: &watch::Sender<Heard>, version: Version, told: Heard) {
    let version = version.get();
    heard.send_if_modified(|heard| {
        if version < told.latest {
            // A store that has lost its last moments, or all of them.
            heard.reset += 1;
            (heard.since, heard.latest) = (heard.since.and(Some(version)), version);
            return true;
        }
        let news = version > heard.latest;
        heard.latest = heard.latest.max(version);
        news
    });
}
