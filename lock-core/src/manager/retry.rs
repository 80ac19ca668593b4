//! Asking again and again, without a place in line.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use super::{AcquireRequest, Error, Grant, LockManager};

impl LockManager {
    /// Asks up to `tries` times, with pauses that double from about 50 ms to about 2 s and are
    /// jittered, so that many who were refused together do not ask together again.
    ///
    /// It keeps no place in line: a steady stream of others can starve it. Where that matters,
    /// [wait](AcquireRequest::wait) instead.
    ///
    /// # Errors
    /// As for the request itself. An error ends the tries: it was no refusal.
    ///
    /// ```
    /// # use lock_core::{Grant, LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// let grant = locks.acquire_with_retry(|| locks.acquire("a.rs"), 5).await?;
    /// assert!(matches!(grant, Grant::Held(_)));
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub async fn acquire_with_retry(
        &self,
        request: impl Fn() -> AcquireRequest + Send,
        tries: usize,
    ) -> Result<Grant, Error> {
        let mut pauses = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(Duration::from_secs(2))
            .with_max_times(tries.saturating_sub(1))
            .build();
        loop {
            let grant = request().await?;
            let (Grant::Refused(_), Some(pause)) = (&grant, pauses.next()) else {
                return Ok(grant);
            };
            async_io::Timer::after(pause).await;
        }
    }
}
