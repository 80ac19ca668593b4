//! Which server, which namespace, and how patiently.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use lock_core::{BackendError, ErrorKind, StoreUrl, parse_duration};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, RedisConnectionInfo};

use crate::RedisBackend;

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
    pub(crate) info: ConnectionInfo,
    pub(crate) namespace: String,
    pub(crate) connect_timeout: Duration,
    pub(crate) response_timeout: Duration,
    pub(crate) notifications: bool,
}

impl RedisOptions {
    /// The longest name of a namespace, in bytes.
    pub const MAX_NAMESPACE_BYTES: usize = 128;

    /// The options in a URL:
    /// `redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]` or `redis+unix:PATH`, with
    /// `?namespace=NAME`, `timeout=DURATION` (for one answer; 1 s unless told),
    /// `notifications=false`, and for a socket `db`, `user` and `password`.
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
        let unix = url.scheme().ends_with("+unix");
        let known: &[&str] = match unix {
            true => &["namespace", "timeout", "notifications", "db", "user", "password"],
            false => &["namespace", "timeout", "notifications"],
        };
        url.allow_options(known)?;
        let info = match url.scheme() {
            "redis" | "valkey" => tcp(url, "redis")?,
            "rediss" | "valkeys" if cfg!(feature = "tls") => tcp(url, "rediss")?,
            "rediss" | "valkeys" => return Err(left_out(url.scheme(), "tls")),
            "redis+unix" | "valkey+unix" => unix_socket(url, base)?,
            other => return Err(left_out(other, "none")),
        };
        let mut options = Self {
            info,
            namespace: "default".to_owned(),
            connect_timeout: Duration::from_millis(800),
            response_timeout: Duration::from_secs(1),
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

    /// How long to wait for one answer, and four fifths of that for a connection. Together they
    /// are less than 2 s unless told.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.response_timeout = limit;
        self.connect_timeout = limit * 4 / 5;
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

    /// The server's name, for people.
    pub(crate) fn server(&self) -> String {
        let db = self.info.redis_settings().db();
        match self.info.addr() {
            ConnectionAddr::Tcp(host, port) => format!("redis://{host}:{port}/{db}"),
            ConnectionAddr::TcpTls { host, port, .. } => format!("rediss://{host}:{port}/{db}"),
            ConnectionAddr::Unix(path) => format!("redis+unix:{}?db={db}", path.display()),
            _ => "redis".to_owned(),
        }
    }
}

fn tcp(url: &StoreUrl, scheme: &str) -> Result<ConnectionInfo, BackendError> {
    let unclear = "write redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]; escape special characters \
                   in a password as %40 for @";
    let text = format!("{scheme}:{}", url.place());
    let parsed = redis::parse_redis_url(&text).and_then(|url| url.into_connection_info().ok());
    let info = parsed.ok_or_else(|| invalid(unclear))?;
    let settings = info.redis_settings().clone().set_skip_set_lib_name();
    Ok(info.set_redis_settings(settings))
}

fn unix_socket(url: &StoreUrl, base: &Path) -> Result<ConnectionInfo, BackendError> {
    let place = url.place();
    let path = place.strip_prefix("//").unwrap_or(place);
    if path.is_empty() {
        return Err(invalid("write redis+unix:/path/of/socket"));
    }
    let path: PathBuf = base.join(path);
    let info = ConnectionAddr::Unix(path).into_connection_info();
    let info = info.map_err(|error| invalid("the socket's path").with_source(error))?;
    let mut settings = RedisConnectionInfo::default().set_skip_set_lib_name();
    if let Some(db) = url.option("db") {
        settings = settings.set_db(db.parse().map_err(|_| invalid("the option db is a number"))?);
    }
    if let Some(user) = url.option("user") {
        settings = settings.set_username(user);
    }
    if let Some(password) = url.option("password") {
        settings = settings.set_password(password);
    }
    Ok(info.set_redis_settings(settings))
}

fn left_out(scheme: &str, feature: &str) -> BackendError {
    let what = format!("{scheme}: needs the feature {feature:?} of lock-redis, not built in");
    BackendError::new(ErrorKind::Unsupported, what)
}

fn invalid(what: &str) -> BackendError {
    BackendError::new(ErrorKind::Invalid, what)
}

impl fmt::Display for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, namespace {}", self.server(), self.namespace)
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

    fn options(url: &str) -> Result<RedisOptions, BackendError> {
        RedisOptions::from_url(url)
    }

    #[test]
    fn every_place_is_read() {
        for (url, shown) in [
            ("redis://h", "redis://h:6379/0, namespace default"),
            ("valkey://u:p@h:7/3?namespace=a b", "redis://h:7/3, namespace a b"),
            ("redis+unix:/s?db=2", "redis+unix:/s?db=2, namespace default"),
            ("valkey+unix:///s", "redis+unix:/s?db=0, namespace default"),
        ] {
            assert_eq!(options(url).unwrap().to_string(), shown, "{url}");
        }
    }

    #[test]
    fn a_password_reaches_the_server_and_nobody_else() {
        for url in ["redis://u:s3%40cret@h", "redis+unix:/s?user=u&password=s3%40cret"] {
            let options = options(url).unwrap();
            assert_eq!(options.info.redis_settings().password(), Some("s3@cret"));
            assert_eq!(options.info.redis_settings().username(), Some("u"));
            assert!(!format!("{options} {options:?}").contains("cret"));
        }
    }

    #[test]
    fn nonsense_is_refused_without_repeating_the_password() {
        for url in [
            "redis:",
            "redis://u:s3cret@/0",
            "redis://u:s3cret@h/x",
            "redis://u:s3cret@h?db=1",
            "redis://h?namespace=",
            "redis://h?namespace={a}",
            "redis://h?timeout=soon",
            "redis://h?notifications=maybe",
            "redis+unix:",
            "redis+unix:/s?db=x",
        ] {
            let error = options(url).expect_err(url);
            assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn a_feature_left_out_is_named() {
        let error = options("rediss://h").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("\"tls\""), "{error}");
    }
}
