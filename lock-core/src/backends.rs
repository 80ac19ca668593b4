//! Which stores a program can be pointed at.

use std::{
    future::Future,
    path::Path,
    pin::{Pin, pin},
    sync::Arc,
};

use futures_lite::future::block_on;

use crate::{BackendError, Check, ErrorKind, LockBackend, Specimen, StoreUrl};

/// A boxed future, as a [`Scheme`]'s functions return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Opens the store at a URL; a relative path in it is against the directory given.
pub type Connect =
    for<'a> fn(&'a StoreUrl, &'a Path) -> BoxFuture<'a, Result<Arc<dyn LockBackend>, BackendError>>;

/// Examines the store at a URL, and mends what can be mended if told to. A store that cannot be
/// opened is a finding, not an error.
pub type Inspect = for<'a> fn(&'a StoreUrl, &'a Path, bool) -> BoxFuture<'a, Vec<Check>>;

/// Makes a fresh store beside the one at a URL, to be measured and removed.
pub type Measure =
    for<'a> fn(&'a StoreUrl, &'a Path) -> BoxFuture<'a, Result<Box<dyn Specimen>, BackendError>>;

/// Runs a future to its end on the calling thread, with the runtime around it that this store's
/// connections live in. Where there can be none, it returns without having begun.
pub type Drive = for<'a> fn(Pin<Box<dyn Future<Output = ()> + 'a>>);

/// What a backend crate exports: how to open a store from its URL.
#[derive(Debug, Clone, Copy)]
pub struct Scheme {
    /// The URL schemes it answers to.
    pub names: &'static [&'static str],
    /// Opens a store.
    pub connect: Connect,
    /// Examines a store.
    pub inspect: Inspect,
    /// Makes one to be measured; none: it cannot be measured.
    pub measure: Option<Measure>,
    /// How a thread that waits for this store drives what it waits for; none: as any future.
    pub drive: Option<Drive>,
}

/// The stores that a program can be pointed at by URL.
///
/// ```
/// use lock_core::Backends;
///
/// # futures_lite::future::block_on(async {
/// let none = Backends::new(); // .with(&lock_fs::SCHEME)
/// let error = none.connect("fs:.agent_locks").await.unwrap_err();
/// assert_eq!(error.to_string(), "the store cannot do this: no backend for \"fs:\" is built in");
/// # });
/// ```
#[derive(Debug, Clone, Default)]
pub struct Backends {
    schemes: Vec<&'static Scheme>,
    left_out: Vec<(&'static str, &'static str)>,
}

impl Backends {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// These, and that of `scheme`.
    #[must_use]
    pub fn with(mut self, scheme: &'static Scheme) -> Self {
        self.schemes.push(scheme);
        self
    }

    /// These; a URL of the scheme `name` is refused with the hint that `feature` is not built in.
    #[must_use]
    pub fn without(mut self, name: &'static str, feature: &'static str) -> Self {
        self.left_out.push((name, feature));
        self
    }

    /// The URL schemes that can be opened.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.schemes.iter().flat_map(|scheme| scheme.names.iter().copied())
    }

    /// Opens the store at `url`; a relative path in it is against the current directory.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is no URL, [`ErrorKind::Unsupported`] for a scheme that is
    /// not here, and whatever the store says.
    pub async fn connect(&self, url: &str) -> Result<Arc<dyn LockBackend>, BackendError> {
        self.connect_at(url, Path::new("")).await
    }

    /// Opens the store at `url`; a relative path in it is against `base`.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn connect_at(
        &self,
        url: &str,
        base: &Path,
    ) -> Result<Arc<dyn LockBackend>, BackendError> {
        let url: StoreUrl = url.parse()?;
        (self.scheme(&url)?.connect)(&url, base).await
    }

    /// Examines the store at `url`, and mends what can be mended if `repair` is set.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] and [`ErrorKind::Unsupported`] as for [`connect`](Self::connect).
    pub async fn inspect_at(
        &self,
        url: &str,
        base: &Path,
        repair: bool,
    ) -> Result<Vec<Check>, BackendError> {
        let url: StoreUrl = url.parse()?;
        Ok((self.scheme(&url)?.inspect)(&url, base, repair).await)
    }

    /// Makes a fresh store beside the one at `url`, to be measured and removed.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn measure_at(
        &self,
        url: &str,
        base: &Path,
    ) -> Result<Box<dyn Specimen>, BackendError> {
        let url: StoreUrl = url.parse()?;
        let none = || format!("the store at \"{}:\" cannot be measured", url.scheme());
        let measure = self.scheme(&url)?.measure;
        let measure = measure.ok_or_else(|| BackendError::new(ErrorKind::Unsupported, none()))?;
        measure(&url, base).await
    }

    /// Runs `future` to its end on this thread, which waits for it, in the way that suits the store at
    /// `url` best: one that needs a runtime gets it here, and no other thread has to be woken for an
    /// answer to arrive. What it opens there is of no use afterwards.
    ///
    /// For programs that wait for one store, as [`futures_lite::future::block_on`] does for any: never
    /// call it from async code. While `future` itself blocks the thread, nothing that it opened there
    /// goes on.
    ///
    /// ```
    /// use lock_core::Backends;
    ///
    /// let backends = Backends::new(); // .with(&lock_redis::SCHEME)
    /// let url = "redis://127.0.0.1/";
    /// let opened = backends.block_on(url, backends.connect(url));
    /// assert_eq!(opened.unwrap_err().kind(), lock_core::ErrorKind::Unsupported);
    /// ```
    pub fn block_on<F: Future>(&self, url: &str, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut output = None;
        let scheme = url.parse().ok().and_then(|url| self.scheme(&url).ok());
        if let Some(drive) = scheme.and_then(|scheme| scheme.drive) {
            drive(Box::pin(async { output = Some(future.as_mut().await) }));
        }
        match output {
            Some(output) => output,
            None => block_on(future),
        }
    }

    fn scheme(&self, url: &StoreUrl) -> Result<&'static Scheme, BackendError> {
        let name = url.scheme();
        let found = self.schemes.iter().find(|scheme| scheme.names.contains(&name));
        found.copied().ok_or_else(|| {
            let left_out = self.left_out.iter().find(|(other, _)| *other == name);
            let hint = match left_out {
                Some((_, feature)) => {
                    format!("{name:?} needs the feature {feature:?}, not built in")
                }
                None => format!("no backend for \"{name}:\" is built in"),
            };
            BackendError::new(ErrorKind::Unsupported, hint)
        })
    }
}
