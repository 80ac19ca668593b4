//! What a command finds in its environment.

use std::{
    env,
    ffi::{OsStr, OsString},
    process::Command,
};

use lock_core::{HolderId, LockGuard, LockManager, StoreUrl};

use crate::failure::Failure;

const HOLDER: &str = "LOCKCTL_HOLDER";
const BACKEND: &str = "LOCKCTL_BACKEND";

/// What a command finds in its environment, besides what is there already.
#[derive(Debug)]
pub(super) struct Environment(Vec<(&'static str, OsString)>);

impl Environment {
    pub(super) fn new(locks: &LockManager, guard: &LockGuard) -> Self {
        let mut variables = vec![
            ("LOCKCTL_TOKEN", guard.token().to_string().into()),
            ("LOCKCTL_AGENT", locks.agent().as_str().into()),
            (HOLDER, guard.holder().as_str().into()),
        ];
        variables
            .extend(env::var_os(BACKEND).and_then(|url| masked(&url)).map(|url| (BACKEND, url)));
        Self(variables)
    }

    pub(super) fn apply(&self, command: &mut Command) {
        command.envs(self.0.iter().map(|(name, value)| (name, value)));
    }
}

/// A new holder: inside the one whose command this process belongs to, if any.
pub(crate) fn new_holder() -> Result<HolderId, Failure> {
    let Some(outer) = env::var_os(HOLDER).filter(|value| !value.is_empty()) else {
        return Ok(HolderId::random());
    };
    let outer = outer.to_str().and_then(HolderId::new).ok_or_else(|| {
        Failure::usage(format!("{HOLDER} is no holder's name"), format!("unset {HOLDER}"))
    })?;
    outer.nested().ok_or_else(|| Failure::limit("runs are nested about twenty deep at most"))
}

/// What stands for `url` where its password must not be; nothing if it has none.
///
/// The variable stays, with stars in it: without it, a `lockctl` inside the command would quietly
/// use another store. With stars it is refused by the right one.
fn masked(url: &OsStr) -> Option<OsString> {
    match url.to_str().map(str::parse::<StoreUrl>) {
        Some(Ok(parsed)) if !parsed.has_password() => None,
        Some(Ok(parsed)) => Some(parsed.to_string().into()),
        // It leads nowhere, but may have been meant to hold a password.
        _ if url.is_empty() => None,
        _ => Some("***".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_masked_and_the_rest_is_left_alone() {
        let masked = |url: &str| masked(OsStr::new(url)).map(|url| url.into_string().unwrap());
        for url in ["", "fs:.agent_locks?mode=07%370", "FS:x", "redis://ada@cache/0"] {
            assert_eq!(masked(url), None, "{url}");
        }
        assert_eq!(masked("redis://:s3cret@cache/1").unwrap(), "redis://:***@cache/1");
        assert_eq!(masked("redis+unix:/s?password=s3cret").unwrap(), "redis+unix:/s?password=***");
        assert_eq!(masked("s3cret@cache").unwrap(), "***");
    }
}
