//! Where a URL says that the servers are.

use std::path::{Path, PathBuf};

use lock_core::{BackendError, ErrorKind, StoreUrl};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, RedisConnectionInfo};

use crate::{node::Node, route::Route, tls};

/// The options that every URL may have.
const COMMON: [&str; 3] = ["namespace", "timeout", "notifications"];

/// The servers at `url`. Refuses options that it cannot have.
pub(crate) fn route(url: &StoreUrl, base: &Path) -> Result<Route, BackendError> {
    let scheme = url.scheme();
    let kind = scheme.strip_prefix("redis").or_else(|| scheme.strip_prefix("valkey"));
    match kind.unwrap_or(scheme) {
        "" => {
            allow(url, &[])?;
            Ok(Route::Server(Node::new(tcp("redis", url.place())?, tls::Files::default())))
        }
        "s" if cfg!(feature = "tls") => {
            allow(url, &tls::OPTIONS)?;
            let files = tls::Files::of(url, base)?;
            Ok(Route::Server(Node::new(tcp("rediss", url.place())?, files)))
        }
        "s" => Err(left_out(scheme, "tls")),
        "+unix" => {
            allow(url, &["db", "user", "password"])?;
            Ok(Route::Server(Node::new(unix_socket(url, base)?, tls::Files::default())))
        }
        #[cfg(feature = "sentinel")]
        "+sentinel" => many::sentinel(url, base),
        #[cfg(feature = "cluster")]
        "+cluster" => many::cluster(url, base),
        #[cfg(not(feature = "sentinel"))]
        "+sentinel" => Err(left_out(scheme, "sentinel")),
        #[cfg(not(feature = "cluster"))]
        "+cluster" => Err(left_out(scheme, "cluster")),
        _ => Err(BackendError::new(ErrorKind::Unsupported, format!("{scheme}: is not Redis"))),
    }
}

fn allow(url: &StoreUrl, more: &[&str]) -> Result<(), BackendError> {
    url.allow_options(&[&COMMON, more].concat())
}

fn tcp(scheme: &str, place: &str) -> Result<ConnectionInfo, BackendError> {
    let unclear = "write redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]; escape special characters \
                   in a password as %40 for @";
    let parsed = redis::parse_redis_url(&format!("{scheme}:{place}"));
    let info = parsed.and_then(|url| url.into_connection_info().ok());
    Ok(quiet(info.ok_or_else(|| invalid(unclear))?))
}

/// Nobody needs to be told the name of our library.
fn quiet(info: ConnectionInfo) -> ConnectionInfo {
    let settings = info.redis_settings().clone().set_skip_set_lib_name();
    info.set_redis_settings(settings)
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
    let mut settings = RedisConnectionInfo::default();
    if let Some(db) = url.option("db") {
        settings = settings.set_db(db.parse().map_err(|_| invalid("the option db is a number"))?);
    }
    Ok(quiet(info.set_redis_settings(credentials(settings, url, "user", "password"))))
}

/// The settings with the user and the password that two options name.
fn credentials(
    mut settings: RedisConnectionInfo,
    url: &StoreUrl,
    user: &str,
    password: &str,
) -> RedisConnectionInfo {
    if let Some(user) = url.option(user) {
        settings = settings.set_username(user);
    }
    if let Some(password) = url.option(password) {
        settings = settings.set_password(password);
    }
    settings
}

/// Several hosts in one URL: `//[USER[:PASSWORD]@]HOST[:PORT],HOST[:PORT]…[/PATH]`.
#[cfg(any(feature = "sentinel", feature = "cluster"))]
mod many {
    use super::*;

    #[cfg(feature = "sentinel")]
    pub(super) fn sentinel(url: &StoreUrl, base: &Path) -> Result<Route, BackendError> {
        use crate::sentinel::{PORT, Sentinels};

        let unclear =
            "write redis+sentinel://[USER[:PASSWORD]@]HOST[:PORT],HOST[:PORT]/SERVICE[/DB]";
        let own = ["tls", "sentinel-user", "sentinel-password"];
        allow(url, &[&own, &tls::OPTIONS[..]].concat())?;
        let (servers, path) = hosts(url, base, PORT).ok_or_else(|| invalid(unclear))??;
        let (service, db) = path.split_once('/').unwrap_or((path, "0"));
        let (Ok(db), false) = (db.parse(), service.is_empty()) else {
            return Err(invalid(unclear));
        };
        // The credentials in front are the servers'; sentinels have their own, or none.
        let settings = RedisConnectionInfo::default();
        let settings = credentials(settings, url, "sentinel-user", "sentinel-password");
        let sentinels = servers
            .iter()
            .map(|server| server.with(|info| quiet(info.set_redis_settings(settings.clone()))));
        let sentinels = sentinels.collect();
        let server = servers.into_iter().next().ok_or_else(|| invalid(unclear))?;
        let server = server.with(|info| {
            let settings = info.redis_settings().clone().set_db(db);
            info.set_redis_settings(settings)
        });
        Ok(Route::Sentinel(Sentinels { sentinels, service: service.to_owned(), server }))
    }

    #[cfg(feature = "cluster")]
    pub(super) fn cluster(url: &StoreUrl, base: &Path) -> Result<Route, BackendError> {
        let unclear = "write redis+cluster://[USER[:PASSWORD]@]HOST[:PORT],HOST[:PORT]; a cluster \
                       has one database";
        allow(url, &[&["tls"], &tls::OPTIONS[..]].concat())?;
        match hosts(url, base, 6_379).ok_or_else(|| invalid(unclear))?? {
            (nodes, "") => Ok(Route::Cluster(crate::cluster::Seeds { nodes })),
            _ => Err(invalid(unclear)),
        }
    }

    /// The hosts, at least one, and what follows; none if they cannot be read.
    fn hosts<'a>(
        url: &'a StoreUrl,
        base: &Path,
        default_port: u16,
    ) -> Option<Result<(Vec<Node>, &'a str), BackendError>> {
        let scheme = match url.option("tls") {
            None | Some("false") => "redis",
            Some("true") if cfg!(feature = "tls") => "rediss",
            Some("true") => return Some(Err(left_out(url.scheme(), "tls"))),
            Some(_) => return Some(Err(invalid("the option tls is true or false"))),
        };
        let place = url.place().strip_prefix("//")?;
        let (credentials, place) = match place.rsplit_once('@') {
            Some((credentials, place)) => (format!("{credentials}@"), place),
            None => (String::new(), place),
        };
        let (hosts, path) = place.split_once('/').unwrap_or((place, ""));
        let files = match tls::Files::of(url, base) {
            Ok(files) => files,
            Err(error) => return Some(Err(error)),
        };
        let mut nodes = Vec::new();
        for host in hosts.split(',') {
            let parsed = redis::parse_redis_url(&format!("{scheme}://{credentials}{host}"))?;
            let port = parsed.port().unwrap_or(default_port);
            let info = quiet(parsed.into_connection_info().ok()?);
            let (ConnectionAddr::Tcp(name, _) | ConnectionAddr::TcpTls { host: name, .. }) =
                info.addr()
            else {
                return None;
            };
            let name = name.clone();
            nodes.push(Node::new(info, files.clone()).elsewhere(&name, port));
        }
        Some(Ok((nodes, path)))
    }
}

pub(crate) fn left_out(what: &str, feature: &str) -> BackendError {
    let what = format!("{what} needs the feature {feature:?} of lock-redis, not built in");
    BackendError::new(ErrorKind::Unsupported, what)
}

fn invalid(what: &str) -> BackendError {
    BackendError::new(ErrorKind::Invalid, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> Result<String, BackendError> {
        Ok(route(&url.parse()?, Path::new("/base"))?.to_string())
    }

    #[test]
    fn every_place_is_read() {
        for (url, expected) in [
            ("redis://h", "redis://h:6379/0"),
            ("valkey://u:p@h:7/3?namespace=a b", "redis://h:7/3"),
            ("redis+unix:/s?db=2", "redis+unix:/s?db=2"),
            ("redis+unix:s", "redis+unix:/base/s?db=0"),
            ("valkey+unix:///s", "redis+unix:/s?db=0"),
            #[cfg(feature = "tls")]
            ("rediss://h", "rediss://h:6379/0"),
            #[cfg(feature = "tls")]
            ("valkeys://h:7/1?ca=ca.pem&cert=c&key=k", "rediss://h:7/1"),
            #[cfg(feature = "sentinel")]
            ("redis+sentinel://a,b:7/main", "redis+sentinel://a:26379,b:7/main"),
            #[cfg(feature = "sentinel")]
            ("valkey+sentinel://u:s3cret@a/main/2", "redis+sentinel://a:26379/main"),
            #[cfg(feature = "cluster")]
            ("redis+cluster://a,b:7", "redis+cluster://a:6379,b:7"),
            #[cfg(feature = "cluster")]
            ("valkey+cluster://u:s3cret@a/", "redis+cluster://a:6379"),
        ] {
            assert_eq!(shown(url).unwrap(), expected, "{url}");
        }
    }

    #[test]
    fn a_password_reaches_the_server_and_nobody_else() {
        for url in ["redis://u:s3%40cret@h", "redis+unix:/s?user=u&password=s3%40cret"] {
            let url: StoreUrl = url.parse().unwrap();
            let info = match url.scheme() {
                "redis" => tcp("redis", url.place()).unwrap(),
                _ => unix_socket(&url, Path::new("")).unwrap(),
            };
            assert_eq!(info.redis_settings().password(), Some("s3@cret"));
            assert_eq!(info.redis_settings().username(), Some("u"));
            assert!(!route(&url, Path::new("")).unwrap().to_string().contains("cret"));
        }
    }

    #[cfg(feature = "sentinel")]
    #[test]
    fn sentinels_are_not_told_the_servers_password() {
        let url = "redis+sentinel://u:p@a,b/main/3?sentinel-password=q".parse().unwrap();
        let Route::Sentinel(found) = route(&url, Path::new("")).unwrap() else { panic!() };
        let settings = found.server.info().redis_settings();
        assert_eq!((settings.db(), settings.password()), (3, Some("p")));
        for sentinel in &found.sentinels {
            let settings = sentinel.info().redis_settings();
            assert_eq!((settings.db(), settings.password()), (0, Some("q")));
            assert_eq!(settings.username(), None);
        }
    }

    #[test]
    fn nonsense_is_refused_without_repeating_the_password() {
        for url in [
            "redis:",
            "redis://u:s3cret@/0",
            "redis://u:s3cret@h/x",
            "redis://u:s3cret@h?db=1",
            "redis+unix:",
            "redis+unix:/s?db=x",
            #[cfg(feature = "tls")]
            "rediss://u:s3cret@h?cert=c",
            #[cfg(feature = "sentinel")]
            "redis+sentinel://u:s3cret@a,b",
            #[cfg(feature = "sentinel")]
            "redis+sentinel://u:s3cret@a,/main",
            #[cfg(feature = "sentinel")]
            "redis+sentinel://a/main/x?sentinel-password=s3cret",
            #[cfg(feature = "cluster")]
            "redis+cluster://u:s3cret@a/1",
            #[cfg(feature = "cluster")]
            "redis+cluster://a?tls=maybe",
        ] {
            let error = shown(url).expect_err(url);
            assert_eq!(error.kind(), ErrorKind::Invalid, "{url}");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn a_feature_left_out_is_named() {
        for (url, feature, built_in) in [
            ("rediss://h", "tls", cfg!(feature = "tls")),
            ("valkey+sentinel://h/main", "sentinel", cfg!(feature = "sentinel")),
            ("redis+cluster://h", "cluster", cfg!(feature = "cluster")),
            #[cfg(feature = "cluster")]
            ("redis+cluster://h?tls=true", "tls", cfg!(feature = "tls")),
        ] {
            let found = shown(url);
            assert_eq!(found.is_ok(), built_in, "{url}");
            if let Err(error) = found {
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{url}");
                assert!(error.to_string().contains(&format!("{feature:?}")), "{error}");
            }
        }
    }
}
