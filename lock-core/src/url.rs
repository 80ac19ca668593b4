//! `scheme:place?option=value`: where a store is.

use std::fmt;

use crate::{BackendError, ErrorKind};

/// A store's URL, taken apart: `scheme:place?option=value&…`.
///
/// Neither `Display` nor `Debug` shows a password.
///
/// ```
/// use lock_core::StoreUrl;
///
/// let url: StoreUrl = "fs:.agent_locks?mode=0770".parse().unwrap();
/// assert_eq!((url.scheme(), url.place(), url.option("mode")), ("fs", ".agent_locks", Some("0770")));
///
/// let url: StoreUrl = "redis://:secret@cache/0".parse().unwrap();
/// assert_eq!(url.to_string(), "redis://:***@cache/0");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl {
    scheme: String,
    place: String,
    options: Vec<(String, String)>,
}

impl StoreUrl {
    /// What stands before the first colon.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// What stands between the scheme and the options, as it was written.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The value of an option, the last one given; percent-escapes are resolved.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All options, in order.
    pub fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        self.options.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is a password in it, which is never to be shown or handed on.
    ///
    /// ```
    /// let has_password = |url: &str| url.parse::<lock_core::StoreUrl>().unwrap().has_password();
    /// assert!(has_password("redis://:secret@cache/0"));
    /// assert!(!has_password("redis://cache/0?namespace=shop"));
    /// ```
    pub fn has_password(&self) -> bool {
        without_password(&self.place) != self.place || self.options().any(|(name, _)| secret(name))
    }

    /// The namespace that the option `namespace` asks for, for a store that keeps each in a place
    /// of its own that is named after it; none for `default`, which is where the URL says.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a name that [cannot be](Self::is_namespace) part of a file's.
    ///
    /// ```
    /// let url: lock_core::StoreUrl = "fs:.agent_locks?namespace=shop".parse()?;
    /// assert_eq!(url.namespace()?, Some("shop"));
    /// # Ok::<(), lock_core::BackendError>(())
    /// ```
    pub fn namespace(&self) -> Result<Option<&str>, BackendError> {
        match self.option("namespace") {
            None | Some("default") => Ok(None),
            Some(name) if Self::is_namespace(name) => Ok(Some(name)),
            Some(_) => Err(invalid(format!("a namespace is {}", Self::NAMESPACE))),
        }
    }

    /// What a namespace may be called in a `lockctl.toml` and where it names a file, for people.
    pub const NAMESPACE: &str = "1 to 64 of a-z, A-Z, 0-9, _, - and ., not first a .";

    /// Whether a namespace may be called so: see [`NAMESPACE`](Self::NAMESPACE).
    pub fn is_namespace(name: &str) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        (1..=64).contains(&name.len()) && !name.starts_with('.') && name.chars().all(plain)
    }

    /// Refuses options that are not among `known`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], naming the first unknown option and the known ones.
    pub fn allow_options(&self, known: &[&str]) -> Result<(), BackendError> {
        match self.options.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => Err(invalid(format!(
                "{} has no option {name:?}; it has {}",
                self.scheme,
                if known.is_empty() { "none".to_owned() } else { known.join(", ") }
            ))),
        }
    }
}

impl std::str::FromStr for StoreUrl {
    type Err = BackendError;

    fn from_str(text: &str) -> Result<Self, BackendError> {
        let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '-';
        if scheme.is_empty() || !scheme.chars().all(plain) {
            return Err(invalid("a store is written as scheme:place, for example fs:.agent_locks"));
        }
        if text.chars().any(char::is_control) {
            return Err(invalid("a store's URL has no control characters"));
        }
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        if query.contains('@') && may_be_cut_password(place) {
            // Without repeating any of it.
            return Err(invalid("a `?` in a password is written %3F"));
        }
        let options = query.split('&').filter(|part| !part.is_empty()).map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, "true"));
            let decode = |text: &str| {
                let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
                decoded.map(String::from).map_err(|_| invalid("an option is not UTF-8"))
            };
            let (name, value) = (decode(name)?, decode(value)?);
            // A password may be any bytes: it is never shown.
            let shown = if secret(&name) { [name.as_str(), ""] } else { [&*name, &*value] };
            if shown.iter().any(|text| text.contains(char::is_control)) {
                return Err(invalid("a store's URL has no control characters"));
            }
            Ok((name, value))
        });
        let options = options.collect::<Result<_, BackendError>>()?;
        Ok(Self { scheme: scheme.to_ascii_lowercase(), place: place.to_owned(), options })
    }
}

fn invalid(context: impl Into<String>) -> BackendError {
    BackendError::new(ErrorKind::Invalid, context)
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme, without_password(&self.place))?;
        for (index, (name, value)) in self.options.iter().enumerate() {
            let value = if secret(name) { "***" } else { value.as_str() };
            write!(f, "{}{name}={value}", if index == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

/// Whether an option of this name holds a password.
fn secret(name: &str) -> bool {
    name.to_ascii_lowercase().contains("pass")
}

/// Whether `place` may end in the middle of a password: it has no `@`, and something else than a
/// port after a colon.
fn may_be_cut_password(place: &str) -> bool {
    let authority = place.strip_prefix("//").filter(|authority| !authority.contains('@'));
    let hosts = authority.map_or("", |text| text.split_once('/').map_or(text, |(hosts, _)| hosts));
    hosts.split(',').filter(|host| !host.ends_with(']')).any(|host| {
        let port = host.rsplit_once(':').map_or("", |(_, port)| port);
        !port.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// `//user:secret@host` as `//user:***@host`. The last `@` ends the credentials: a password that
/// was not escaped may contain one.
fn without_password(place: &str) -> String {
    let Some(authority) = place.strip_prefix("//") else { return place.to_owned() };
    let Some((credentials, host)) = authority.rsplit_once('@') else { return place.to_owned() };
    let user = credentials.split_once(':').map_or(credentials, |(user, _)| user);
    let stars = if credentials.contains(':') { ":***" } else { "" };
    format!("//{user}{stars}@{host}")
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for text in [
            "redis://:s3cret@host:6379/0",
            "redis://user:s3cret@host?namespace=a",
            "redis://user:s3@cret@host/1",
            "rediss://user:a/s3cret@host",
            "x:y?password=s3cret",
        ] {
            let url: StoreUrl = text.parse().unwrap();
            assert!(url.has_password());
            for shown in [url.to_string(), format!("{url:?}")] {
                assert!(!shown.contains("cret"), "{shown}");
            }
        }
    }

    #[test]
    fn a_password_that_a_question_mark_cuts_is_not_told() {
        for text in
            ["redis://u:s3?cret@h", "redis://:s3?cret@h?namespace=a", "redis://u:1s3?cret@h"]
        {
            let error = text.parse::<StoreUrl>().unwrap_err().to_string();
            assert!(!error.contains("s3") && !error.contains("cret"), "{error}");
        }
        for text in ["redis://h:6379?namespace=a@b", "redis://[::1]?a=@", "redis://a:1,b:2/s?a=@"] {
            assert!(text.parse::<StoreUrl>().is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in ["", "fs", ":x", "f s:x", "fs:a\nb", "fs:a?mode=%ff", "fs:a?b=%1b[2J"] {
            assert!(text.parse::<StoreUrl>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_namespace_that_names_a_file_is_plain() {
        let namespace = |name: &str| {
            let url: StoreUrl = format!("fs:x?namespace={name}").parse().unwrap();
            url.namespace().map(|name| name.map(str::to_owned))
        };
        assert_eq!(namespace("default").unwrap(), None);
        assert_eq!(namespace("Shop-1.b_c").unwrap().as_deref(), Some("Shop-1.b_c"));
        for bad in ["", ".", "..", ".a", "a/b", "a%2fb", "a%20b", "é", &"a".repeat(65)] {
            assert_eq!(namespace(bad).unwrap_err().kind(), ErrorKind::Invalid, "{bad}");
        }
    }

    #[test]
    fn an_unknown_option_is_named() {
        let url: StoreUrl = "fs:x?mdoe=0770".parse().unwrap();
        let error = url.allow_options(&["mode"]).unwrap_err().to_string();
        assert!(error.contains("mdoe") && error.contains("it has mode"), "{error}");
    }
}
