//! Which server, which namespace, and how patiently.

use std::{fmt, path::Path, time::Duration};

use lock_core::{BackendError, ErrorKind, StoreUrl, parse_duration};

use crate::{RedisBackend, address, route::Route};

/// Which server, which namespace, and how patiently.
///
/// Neither `Display` nor `Debug` shows a password.
///
/// ```
/// use lock_redis::RedisOptions;
///
/// let options = RedisOptions::from_url("redis://:secret@cache/0?namespace=shop")?;
/// assert_eq!(options.to_string(), "redis://cache:6379/0, namespace shop");
/// # Ok::<(), lock_core::BackendError>(())
/// ```
#[derive(Clone)]
pub struct RedisOptions {
    pub(crate) route: Route,
    pub(crate) namespace: String,
    pub(crate) timeout: Duration,
    pub(crate) notifications: bool,
}

impl RedisOptions {
    /// The longest name of a namespace, in bytes.
    pub const MAX_NAMESPACE_BYTES: usize = 128;

    /// The options in a URL. Each scheme may also be written with `valkey`.
    ///
    /// | URL | its own options | feature |
    /// |---|---|---|
    /// | `redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]` | | |
    /// | `redis+unix:PATH` | `db`, `user`, `password` | |
    /// | `rediss://…` | `ca`, `cert`, `key`: PEM files | `tls` |
    /// | `redis+sentinel://[USER[:PASSWORD]@]HOST[:PORT],…/SERVICE[/DB]` | `sentinel-user`, `sentinel-password`, `tls`, `ca`, `cert`, `key` | `sentinel` |
    /// | `redis+cluster://[USER[:PASSWORD]@]HOST[:PORT],…` | `tls`, `ca`, `cert`, `key` | `cluster` |
    ///
    /// All take `namespace=NAME` (`default` unless told), `timeout=DURATION` (for one answer; 1 s
    /// unless told) and `notifications=false`. Without `ca`, the platform's roots are trusted;
    /// `tls=true` encrypts the way to sentinels and nodes.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] says what makes no sense, [`ErrorKind::Unsupported`] which feature
    /// is not built in.
    ///
    /// ```
    /// use lock_redis::RedisOptions;
    ///
    /// assert!(RedisOptions::from_url("valkey+unix:/run/valkey.sock?namespace=a").is_ok());
    /// assert!(RedisOptions::from_url("redis://cache?namspace=a").is_err());
    /// ```
    pub fn from_url(url: &str) -> Result<Self, BackendError> {
        Self::from_store_url(&url.parse()?, Path::new(""))
    }

    /// The options in a URL that is taken apart already; the relative path of a socket is against
    /// `base`.
    ///
    /// # Errors
    /// As [`from_url`](Self::from_url).
    pub fn from_store_url(url: &StoreUrl, base: &Path) -> Result<Self, BackendError> {
        let mut options = Self {
            route: address::route(url, base)?,
            namespace: "default".to_owned(),
            timeout: Duration::from_secs(1),
            notifications: true,
        };
        if let Some(timeout) = url.option("timeout") {
            let limit = parse_duration(timeout).map_err(|error| {
                BackendError::new(ErrorKind::Invalid, "the option timeout").with_source(error)
            })?;
            options = options.timeout(limit);
        }
        match url.option("notifications") {
            None | Some("true") => {}
            Some("false") => options.notifications = false,
            Some(_) => return Err(invalid("the option notifications is true or false")),
        }
        match url.option("namespace") {
            Some(name) => options.namespace(name),
            None => Ok(options),
        }
    }

    /// Another namespace: an independent set of locks.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the name is empty, longer than
    /// [`MAX_NAMESPACE_BYTES`](Self::MAX_NAMESPACE_BYTES), or contains a brace or a control
    /// character.
    pub fn namespace(mut self, name: &str) -> Result<Self, BackendError> {
        let fits = (1..=Self::MAX_NAMESPACE_BYTES).contains(&name.len());
        // Braces mark what a Cluster hashes.
        if !fits || name.chars().any(|c| c.is_control() || c == '{' || c == '}') {
            return Err(invalid(
                "a namespace has 1 to 128 bytes, no braces and no control characters",
            ));
        }
        self.namespace = name.to_owned();
        Ok(self)
    }

    /// How long to wait for one answer, the time to connect included. After an answer that did
    /// not come, the next is waited for half as long: a command that is settled by a second try
    /// fails within one and a half times this.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Whether to be told of changes by the server; if not, waiters ask for them five times a
    /// second.
    #[must_use]
    pub fn notifications(mut self, wanted: bool) -> Self {
        self.notifications = wanted;
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// As [`RedisBackend::connect`].
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), lock_core::BackendError> {
    /// use lock_redis::RedisOptions;
    ///
    /// let store = RedisOptions::from_url("redis://cache")?.namespace("shop")?.connect().await?;
    /// # Ok(()) }
    /// ```
    pub async fn connect(self) -> Result<RedisBackend, BackendError> {
        RedisBackend::with_options(self).await
    }
}

fn invalid(what: &str) -> BackendError {
    BackendError::new(ErrorKind::Invalid, what)
}

impl fmt::Display for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, namespace {}", self.route, self.namespace)
    }
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisOptions({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_in_an_option_is_refused() {
        for url in [
            "redis://h?namespace=",
            "redis://h?namespace={a}",
            "redis://h?timeout=soon",
            "redis://h?notifications=maybe",
            "redis://h?namspace=a",
            "redis+unix:/s?ca=x",
        ] {
            let error = RedisOptions::from_url(url).expect_err(url);
            assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
        }
    }

    #[test]
    fn neither_display_nor_debug_shows_a_password() {
        let options = RedisOptions::from_url("redis://u:s3cret@h?namespace=a b").unwrap();
        assert_eq!(format!("{options}"), "redis://h:6379/0, namespace a b");
        assert!(!format!("{options:?}").contains("s3cret"));
    }
}
