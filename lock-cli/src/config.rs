//! `lockctl.toml`.

use std::{fs, io, path::Path};

use serde::Deserialize;

use crate::{escape::Shown, failure::Failure};

/// The file's name, in the root.
pub(crate) const FILE: &str = "lockctl.toml";

/// What a work tree's `lockctl.toml` says; every key is optional.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) backend: Option<String>,
    pub(crate) namespace: Option<String>,
    #[serde(default)]
    pub(crate) scope: Scope,
    pub(crate) ttl: Option<Length>,
    pub(crate) agent: Option<String>,
}

/// Who shares one namespace.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// Each work tree has its own.
    #[default]
    Worktree,
    /// All git worktrees of a repository share one.
    Repository,
}

/// A length of time: a text like `5m`, or a number of seconds.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Length {
    Text(String),
    Seconds(i64),
    Fraction(f64),
}

impl Length {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Fraction(seconds) => seconds.to_string(),
        }
    }
}

impl Config {
    /// What the file in `root` says; nothing if there is none.
    pub(crate) fn read(root: &Path) -> Result<Self, Failure> {
        let path = root.join(FILE);
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => {
                let path = path.to_string_lossy();
                let message = format!("cannot read {}: {error}", Shown(&path));
                Err(Failure::config(message, "mend the file, or remove it"))
            }
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or("");
            let line = before.matches('\n').count() + 1;
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            let message = format!("{FILE}:{line}: {}", Shown(&message));
            Failure::config(message, "correct that line; lockctl init writes a commented file")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &str) -> String {
        match Config::parse(text).unwrap_err() {
            Failure::Config { message, .. } => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_key_is_optional() {
        let config = Config::parse("").unwrap();
        assert!(config.backend.is_none() && config.scope == Scope::Worktree);
        let config = Config::parse("scope = \"repository\"\nttl = 90\nagent = \"a\"").unwrap();
        assert_eq!(config.scope, Scope::Repository);
        assert_eq!(config.ttl.unwrap().text(), "90");
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        assert!(complaint("# a\n\nbackned = \"x\"").starts_with("lockctl.toml:3: unknown field"));
        assert!(complaint("agent = \"a\"\nttl = [1]").starts_with("lockctl.toml:2:"));
        assert!(complaint("agent = \"a\"\nscope = \"planet\"").starts_with("lockctl.toml:2:"));
        assert!(complaint("agent = ").starts_with("lockctl.toml:1:"));
        assert!(!complaint("\"a\\u001b\" = 1").contains('\u{1b}'));
    }
}
