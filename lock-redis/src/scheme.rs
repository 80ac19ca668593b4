//! How a program is pointed at this store by URL.

use std::{path::Path, sync::Arc};

use lock_core::{BackendError, BoxFuture, Check, LockBackend, Scheme, Specimen, StoreUrl};

use crate::{RedisOptions, inspect::inspect, runtime::drive, specimen::Beside};

/// `redis:`, `rediss:`, `redis+unix:`, `redis+sentinel:`, `redis+cluster:`, and the same with
/// `valkey`. One whose feature is left out says which.
///
/// ```no_run
/// # async fn example() -> Result<(), lock_core::BackendError> {
/// use lock_core::Backends;
///
/// let backends = Backends::new().with(&lock_redis::SCHEME);
/// let store = backends.connect("redis+unix:/run/redis/redis.sock?namespace=shop").await?;
/// # Ok(()) }
/// ```
pub static SCHEME: Scheme = Scheme {
    names: &[
        "redis",
        "rediss",
        "redis+unix",
        "redis+sentinel",
        "redis+cluster",
        "valkey",
        "valkeys",
        "valkey+unix",
        "valkey+sentinel",
        "valkey+cluster",
    ],
    connect: |url, base| Box::pin(connect(url, base)),
    measure: Some(|url, base| Box::pin(measure(url, base))),
    inspect: |url, base, repair| -> BoxFuture<'_, Vec<Check>> {
        Box::pin(inspect(url, base, repair))
    },
    drive: Some(drive),
};

async fn connect(url: &StoreUrl, base: &Path) -> Result<Arc<dyn LockBackend>, BackendError> {
    Ok(Arc::new(RedisOptions::from_store_url(url, base)?.connect().await?))
}

async fn measure(url: &StoreUrl, base: &Path) -> Result<Box<dyn Specimen>, BackendError> {
    Ok(Box::new(Beside::new(RedisOptions::from_store_url(url, base)?).await?))
}
