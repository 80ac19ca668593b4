//! The store by URL: `fs:DIR?mode=0770&allow-network=true&namespace=NAME`.

use std::{path::Path, sync::Arc};

use lock_core::{
    BackendError, BoxFuture, Check, ErrorKind, LockBackend, Scheme, Specimen, StoreUrl,
};

use crate::{FsBackend, Options, error::Result, inspect, specimen::Beside};

/// `fs:DIR[?mode=0770&allow-network=true&namespace=NAME]`, for a registry of stores. Another
/// namespace than `default` is a store of its own beside the directory, `DIR.NAME`.
///
/// ```
/// use lock_core::Backends;
///
/// # futures_lite::future::block_on(async {
/// # let dir = tempfile::tempdir().unwrap();
/// # let base = dir.path();
/// let backends = Backends::new().with(&lock_fs::SCHEME);
/// let store = backends.connect_at("fs:.agent_locks", base).await?;
/// assert_eq!(store.to_string(), format!("fs:{}/.agent_locks", base.display()));
/// # Ok::<(), lock_core::BackendError>(()) }).unwrap();
/// ```
pub static SCHEME: Scheme =
    Scheme { names: &["fs"], connect, inspect: examine, measure: Some(measure), drive: None };

fn connect<'a>(url: &'a StoreUrl, base: &'a Path) -> BoxFuture<'a, Result<Arc<dyn LockBackend>>> {
    Box::pin(async move {
        let (options, dir) = read(url, base)?;
        let backend: Arc<dyn LockBackend> = Arc::new(options.open(dir)?);
        Ok(backend)
    })
}

fn measure<'a>(url: &'a StoreUrl, base: &'a Path) -> BoxFuture<'a, Result<Box<dyn Specimen>>> {
    Box::pin(async move {
        let (options, dir) = read(url, base)?;
        Ok(Box::new(Beside::new(&dir, &options)?) as Box<dyn Specimen>)
    })
}

fn examine<'a>(url: &'a StoreUrl, base: &'a Path, repair: bool) -> BoxFuture<'a, Vec<Check>> {
    Box::pin(async move {
        match read(url, base) {
            Ok((options, dir)) => {
                blocking::unblock(move || inspect::inspect(&dir, &options, repair)).await
            }
            Err(error) => vec![Check::bad("store", error.to_string(), "correct the store's URL")],
        }
    })
}

fn read(url: &StoreUrl, base: &Path) -> Result<(Options, std::path::PathBuf)> {
    url.allow_options(&["mode", "allow-network", "namespace"])?;
    if url.place().is_empty() {
        return Err(invalid("fs: names no directory; write fs:.agent_locks"));
    }
    let mut options = FsBackend::options();
    if let Some(text) = url.option("mode") {
        let digits = text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
        let mode = u32::from_str_radix(text, 8).ok().filter(|_| digits);
        options = options.mode(mode.ok_or_else(|| invalid("mode is octal, like 0770"))?);
    }
    if let Some(text) = url.option("allow-network") {
        let allow = text.parse().map_err(|_| invalid("allow-network is true or false"))?;
        options = options.allow_network(allow);
    }
    let dir = Path::new(url.place());
    let dir = match (url.namespace()?, dir.file_name()) {
        (None, _) => dir.to_owned(),
        (Some(namespace), Some(name)) => {
            let mut name = name.to_owned();
            name.push(format!(".{namespace}"));
            dir.with_file_name(name)
        }
        // Beside such a directory, `.` or `..`, it would lie where nobody looks for it.
        (Some(_), None) => return Err(invalid("a namespace lies beside a directory with a name")),
    };
    Ok((options, base.join(dir)))
}

fn invalid(context: &str) -> BackendError {
    BackendError::new(ErrorKind::Invalid, context)
}
