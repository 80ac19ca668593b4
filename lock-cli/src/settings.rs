//! What holds for one call: flag before environment before `lockctl.toml` before default.

use std::ffi::{OsStr, OsString};

use lock_core::{AgentId, StoreUrl, Ttl, parse_duration};

use crate::{
    args::Global,
    config::{Config, FILE, Scope},
    failure::Failure,
};

/// Where the locks are unless somebody says otherwise.
pub(crate) const DEFAULT_BACKEND: &str = "fs:.agent_locks";

/// The shortest lease that can be kept alive on a busy machine.
const SHORTEST_RUN: std::time::Duration = std::time::Duration::from_secs(1);

/// What holds for one call.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The store's URL, the namespace included.
    pub(crate) backend: String,
    /// Whose store it is.
    pub(crate) scope: Scope,
    agent: Option<Given>,
    ttl: Option<String>,
}

/// A value, and who gave it.
#[derive(Debug)]
struct Given {
    value: OsString,
    from: &'static str,
}

impl Given {
    fn text(&self) -> Result<&str, Failure> {
        self.value.to_str().ok_or_else(|| {
            Failure::usage(format!("{} is not UTF-8", self.from), "give it in UTF-8")
        })
    }
}

impl Settings {
    /// `env` looks a variable up; one that is empty is not set.
    pub(crate) fn new(
        global: &Global,
        env: impl Fn(&str) -> Option<OsString>,
        config: Config,
    ) -> Result<Self, Failure> {
        let given = |from: &'static str| move |value| Given { value, from };
        let env = |name: &'static str| {
            env(name).filter(|value| !value.is_empty()).map(|value| Given { value, from: name })
        };
        let file = |from, key: Option<String>| key.map(OsString::from).map(given(from));
        let agent = global.agent.clone().map(given("--agent"));
        let agent = agent
            .or_else(|| env("LOCKCTL_AGENT"))
            .or_else(|| file("lockctl.toml: agent", config.agent));
        let backend = global.backend.clone().map(given("--backend"));
        let backend = backend
            .or_else(|| env("LOCKCTL_BACKEND"))
            .or_else(|| file("lockctl.toml: backend", config.backend));
        let backend = match &backend {
            Some(given) => given.text()?,
            None => DEFAULT_BACKEND,
        };
        let backend = match &config.namespace {
            Some(namespace) => with_namespace(backend, namespace)?,
            None => backend.to_owned(),
        };
        let ttl = config.ttl.map(|length| length.text());
        Ok(Self { backend, scope: config.scope, agent, ttl })
    }

    /// The agent.
    pub(crate) fn agent(&self) -> Result<AgentId, Failure> {
        self.agent_if_any()?.ok_or(Failure::NoAgent)
    }

    /// The agent, for commands that can do without.
    pub(crate) fn agent_if_any(&self) -> Result<Option<AgentId>, Failure> {
        let Some(given) = &self.agent else { return Ok(None) };
        match AgentId::new(given.text()?) {
            Ok(agent) => Ok(Some(agent)),
            Err(error) => Err(Failure::Agent { from: given.from, error }),
        }
    }

    /// The lease: that of the flag, else that of the file, else the default.
    pub(crate) fn ttl(&self, flag: Option<&OsStr>) -> Result<Ttl, Failure> {
        match (flag, &self.ttl) {
            (Some(flag), _) => lease("--ttl", &text("--ttl", flag)?),
            (None, Some(key)) => lease("lockctl.toml: ttl", key),
            (None, None) => Ok(Ttl::default()),
        }
    }

    /// The lease of a run, which must leave time to refresh it.
    pub(crate) fn run_ttl(&self, flag: Option<&OsStr>) -> Result<Ttl, Failure> {
        let ttl = self.ttl(flag)?;
        if ttl.duration() >= SHORTEST_RUN {
            return Ok(ttl);
        }
        let from = if flag.is_some() { "--ttl" } else { "lockctl.toml: ttl" };
        Err(Failure::ShortLease { from: format!("{from} {ttl}") })
    }
}

/// A lease from an option.
pub(crate) fn lease(from: &str, text: &str) -> Result<Ttl, Failure> {
    // Whatever is wrong with it, the limits are what its author needs to know.
    text.parse().map_err(|_| Failure::Duration {
        from: format!("{from} {}", crate::quote::quoted(text)),
        error: lock_core::InvalidDuration::OutOfRange,
    })
}

/// A length of time from an option.
pub(crate) fn duration(from: &str, value: &OsStr) -> Result<std::time::Duration, Failure> {
    let text = text(from, value)?;
    parse_duration(&text).map_err(|error| Failure::Duration {
        from: format!("{from} {}", crate::quote::quoted(&text)),
        error,
    })
}

/// An option's value, which must be UTF-8.
pub(crate) fn text(from: &str, value: &OsStr) -> Result<String, Failure> {
    let text = value.to_str().map(str::to_owned);
    text.ok_or_else(|| Failure::usage(format!("{from} is not UTF-8"), "give it in UTF-8"))
}

/// `url`, with `namespace` as its option unless it names one itself.
fn with_namespace(url: &str, namespace: &str) -> Result<String, Failure> {
    if !StoreUrl::is_namespace(namespace) {
        return Err(Failure::config(
            format!("{FILE}: namespace: {}", StoreUrl::NAMESPACE),
            "choose a plainer namespace",
        ));
    }
    let named = url.parse::<StoreUrl>().is_ok_and(|url| url.option("namespace").is_some());
    let separator = if url.contains('?') { '&' } else { '?' };
    Ok(if named { url.to_owned() } else { format!("{url}{separator}namespace={namespace}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(flag: Option<&str>, env: Option<&str>, file: &str) -> Settings {
        let global = Global {
            agent: flag.map(OsString::from),
            backend: flag.map(|flag| format!("fs:{flag}").into()),
            ..Global::default()
        };
        let env = |name: &str| match name {
            "LOCKCTL_AGENT" => env.map(OsString::from),
            "LOCKCTL_BACKEND" => env.filter(|e| !e.is_empty()).map(|e| format!("fs:{e}").into()),
            _ => None,
        };
        Settings::new(&global, env, Config::parse(file).unwrap()).unwrap()
    }

    fn chosen(settings: &Settings) -> (String, Option<String>) {
        let agent = settings.agent_if_any().unwrap().map(String::from);
        (settings.backend.clone(), agent)
    }

    #[test]
    fn the_flag_wins_then_the_environment_then_the_file() {
        let file = "agent = \"file\"\nbackend = \"fs:file\"";
        for (flag, env, file, expected) in [
            (Some("flag"), Some("env"), file, ("fs:flag", Some("flag"))),
            (None, Some("env"), file, ("fs:env", Some("env"))),
            (None, Some(""), file, ("fs:file", Some("file"))),
            (None, None, file, ("fs:file", Some("file"))),
            (None, None, "", (DEFAULT_BACKEND, None)),
        ] {
            let (backend, agent) = chosen(&settings(flag, env, file));
            assert_eq!((backend.as_str(), agent.as_deref()), expected);
        }
    }

    #[test]
    fn the_namespace_goes_into_the_url_unless_one_is_there() {
        let url = |file: &str| settings(None, None, file).backend;
        assert_eq!(url("namespace = \"shop\""), "fs:.agent_locks?namespace=shop");
        let file = "namespace = \"shop\"\nbackend = \"fs:x?mode=0770\"";
        assert_eq!(url(file), "fs:x?mode=0770&namespace=shop");
        let file = "namespace = \"shop\"\nbackend = \"fs:x?namespace=own\"";
        assert_eq!(url(file), "fs:x?namespace=own");
    }

    #[test]
    fn a_lease_out_of_range_names_the_limit() {
        for text in ["0", "-1", "NaN", "1e99", "8d", "99ms", "x", ""] {
            let explained = crate::exit::explain(&lease("--ttl", text).unwrap_err());
            assert_eq!((explained.exit.code(), explained.code), (2, "limit"), "{text}");
            assert!(explained.message.contains("100ms to 7d"), "{}", explained.message);
        }
    }
}
