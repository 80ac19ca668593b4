//! `sqlite:FILE`.

use std::{path::Path, sync::Arc};

use lock_core::{
    BackendError, BoxFuture, Check, ErrorKind, LockBackend, Scheme, Specimen, StoreUrl,
};

use crate::{Options, SqliteBackend, inspect, specimen::Beside};

/// `sqlite:FILE`, with the options `allow-network=true` and `namespace=NAME`. Another namespace
/// than `default` is a file of its own beside it, `FILE.NAME.db`.
///
/// ```
/// use lock_core::Backends;
///
/// # let dir = tempfile::tempdir()?;
/// # futures_lite::future::block_on(async {
/// let backends = Backends::new().with(&lock_sqlite::SCHEME);
/// let backend = backends.connect_at("sqlite:locks.db", dir.path()).await?;
/// assert!(backend.to_string().starts_with("sqlite:/"));
/// # Ok::<(), lock_core::BackendError>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub static SCHEME: Scheme =
    Scheme { names: &["sqlite"], connect, inspect, measure: Some(measure), drive: None };

fn connect<'a>(
    url: &'a StoreUrl,
    base: &'a Path,
) -> BoxFuture<'a, Result<Arc<dyn LockBackend>, BackendError>> {
    Box::pin(async move {
        let (file, options) = read(url, base)?;
        let backend = SqliteBackend::connect(&file, &options).await?;
        Ok(Arc::new(backend) as Arc<dyn LockBackend>)
    })
}

fn measure<'a>(
    url: &'a StoreUrl,
    base: &'a Path,
) -> BoxFuture<'a, Result<Box<dyn Specimen>, BackendError>> {
    Box::pin(async move {
        let (file, options) = read(url, base)?;
        Ok(Box::new(Beside::new(&file, &options).await?) as Box<dyn Specimen>)
    })
}

fn inspect<'a>(url: &'a StoreUrl, base: &'a Path, repair: bool) -> BoxFuture<'a, Vec<Check>> {
    Box::pin(async move {
        match read(url, base) {
            Ok((file, options)) => {
                blocking::unblock(move || inspect::inspect(&file, &options, repair)).await
            }
            Err(error) => {
                vec![Check::bad("store", error.to_string(), "correct the store's URL")]
            }
        }
    })
}

fn read(url: &StoreUrl, base: &Path) -> Result<(std::path::PathBuf, Options), BackendError> {
    const ALLOW_NETWORK: &str = "allow-network";
    url.allow_options(&[ALLOW_NETWORK, "namespace"])?;
    let invalid = |what: &str| BackendError::new(ErrorKind::Invalid, what);
    let place = url.place().strip_prefix("//").unwrap_or(url.place());
    if place.is_empty() {
        return Err(invalid("sqlite: needs a file, for example sqlite:locks.db"));
    }
    if place == ":memory:" {
        return Err(invalid("a store in memory is no store for several processes"));
    }
    let allow_network = match url.option(ALLOW_NETWORK) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(invalid("allow-network is true or false")),
    };
    let file = match url.namespace()? {
        None => base.join(place),
        // With an extension, so that it is not what SQLite keeps beside another one.
        Some(namespace) => base.join(format!("{place}.{namespace}.db")),
    };
    Ok((file, SqliteBackend::options().allow_network(allow_network)))
}
