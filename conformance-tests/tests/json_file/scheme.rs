//! The store by URL: `json:DIR`.

use std::{fs, path::Path, sync::Arc};

use lock_core::{BackendError, BoxFuture, Check, LockBackend, Scheme, Scope, StoreUrl};

use crate::backend::{JsonFile, failed};

/// `json:DIR`, for a registry of stores.
pub(crate) static SCHEME: Scheme =
    Scheme { names: &["json"], connect, inspect, measure: None, drive: None };

type Opened = Result<Arc<dyn LockBackend>, BackendError>;

fn connect<'a>(url: &'a StoreUrl, base: &'a Path) -> BoxFuture<'a, Opened> {
    Box::pin(async move {
        let directory = base.join(url.place());
        fs::create_dir_all(&directory).map_err(|error| failed("making the directory", error))?;
        let store: Arc<dyn LockBackend> = Arc::new(JsonFile::open(directory)?);
        Ok(store)
    })
}

/// There is nothing that it could mend.
fn inspect<'a>(url: &'a StoreUrl, base: &'a Path, _repair: bool) -> BoxFuture<'a, Vec<Check>> {
    Box::pin(async move {
        let read = async { connect(url, base).await?.view(&Scope::default()).await };
        vec![match read.await {
            Ok(view) => Check::good("store", format!("can be read, at version {}", view.version)),
            Err(error) => Check::bad("store", error.to_string(), "look at its locks.json"),
        }]
    })
}
