//! Waiting for a new version.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_lite::FutureExt as _;
use lock_core::{BackendError, Version};

use crate::{meta::Meta, store::Store};

/// Where there is no bell, the first look comes after the first of these, and they grow to the
/// second: a waiter of long standing costs less than one per cent of a core.
const LOOKS: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

pub(crate) async fn changed(
    store: &Arc<Store>,
    seen: Version,
    limit: Duration,
) -> Result<Version, BackendError> {
    let end = Instant::now().checked_add(limit);
    let (mut pause, longest) = LOOKS;
    loop {
        // First listen, then look: a ring in between is heard.
        let (rung, watch) = store.bell.listen();
        let mut elsewhere = std::pin::pin!(async {
            match watch {
                Some(watch) => watch.heard().await,
                None => std::future::pending().await,
            }
        });
        let heard = futures_lite::future::poll_once(elsewhere.as_mut()).await.is_some();
        let version = store.read(|db| Ok(Meta::load(&db.conn)?.version)).await?.unwrap_or_default();
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if version != seen || left.is_some_and(|left| left.is_zero()) {
            if heard {
                store.bell.ring();
            }
            return Ok(version);
        }
        if heard {
            // It was for all who wait in this process, and only this one has heard it.
            store.bell.ring();
            continue;
        }
        let mut next = left.unwrap_or(Duration::MAX);
        if watch.is_none() {
            next = next.min(pause);
            pause = (pause * 2).min(longest);
        }
        let here = async {
            rung.await;
            false
        };
        let there = async {
            // An error is no reason to sleep less or more: the limit stands.
            if elsewhere.await.is_err() {
                std::future::pending::<()>().await;
            }
            true
        };
        let late = async {
            async_io::Timer::after(next).await;
            false
        };
        if here.or(there).or(late).await {
            store.bell.ring();
        }
    }
}
