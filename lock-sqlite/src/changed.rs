//! Waiting for a new version.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_lite::FutureExt as _;
use lock_core::{BackendError, Version};

use crate::{meta::Meta, store::Store};

pub(crate) async fn changed(
    store: &Arc<Store>,
    seen: Version,
    limit: Duration,
) -> Result<Version, BackendError> {
    let end = Instant::now().checked_add(limit);
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
            next = next.min(store.pace.pause(seen));
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
