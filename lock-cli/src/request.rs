//! What `acquire` and `run` ask for.

use std::{
    ffi::{OsStr, OsString},
    time::Duration,
};

use lock_core::{Mode, Process, Reason, host::Host};

use crate::{
    context::Context, failure::Failure, patterns::PatternArgs, present::next::Next, settings,
};

/// A request for locks.
#[derive(Debug, clap::Args)]
pub(crate) struct RequestArgs {
    #[command(flatten)]
    pub(crate) patterns: PatternArgs,
    /// Why, for whoever is refused
    #[arg(long, value_name = "TEXT")]
    reason: Option<OsString>,
    /// Beside others that share
    #[arg(long)]
    shared: bool,
    /// How long the locks live without a refresh, from 100ms to 7d [default: 5m]
    #[arg(long, value_name = "DUR", allow_hyphen_values = true)]
    pub(crate) ttl: Option<OsString>,
    /// Stand in line until granted, or for at most DUR
    #[arg(long, value_name = "DUR", require_equals = true)]
    #[allow(clippy::option_option, reason = "not given, given bare, given with a value")]
    wait: Option<Option<OsString>>,
    /// End the locks when this process of this host is gone
    #[arg(long, value_name = "PID", allow_hyphen_values = true)]
    pid: Option<u32>,
}

impl RequestArgs {
    pub(crate) fn mode(&self) -> Mode {
        mode(self.shared)
    }

    pub(crate) fn reason(&self) -> Result<Option<Reason>, Failure> {
        let Some(reason) = &self.reason else { return Ok(None) };
        Ok(Some(Reason::new(&settings::text("--reason", reason)?)?))
    }

    /// How long to wait: not at all without `--wait` and for `--wait=0`, without limit for
    /// `--wait`.
    pub(crate) fn limit(&self, context: &Context<'_>) -> Result<Option<Duration>, Failure> {
        match &self.wait {
            None => Ok(None),
            Some(None) => {
                self.patterns.patterns.iter().for_each(|pattern| no_limit(pattern, context));
                Ok(Some(Duration::MAX))
            }
            Some(Some(text)) => {
                let limit = settings::duration("--wait", text)?;
                Ok(Some(limit).filter(|limit| !limit.is_zero()))
            }
        }
    }

    /// The process that the locks are tied to.
    pub(crate) fn process(&self) -> Result<Option<Process>, Failure> {
        let Some(pid) = self.pid else { return Ok(None) };
        let process = Host::current().process(pid).map_err(|error| {
            Failure::usage(format!("--pid {pid}: {error}"), "name a process that runs on this host")
        })?;
        Ok(Some(process))
    }

    /// The same request once more, as a command to type.
    pub(crate) fn again(&self, verb: &str, context: &Context<'_>) -> Next {
        let pid = self.pid.map(|pid| OsString::from(pid.to_string()));
        context
            .next(verb)
            .patterns(&self.patterns)
            .flag("--shared", self.shared)
            .option("--ttl", self.ttl.as_deref())
            .option("--reason", self.reason.as_deref())
            .option("--pid", pid.as_deref())
    }
}

/// Says of a pattern that it is one, if it looks like the limit that was meant.
fn no_limit(pattern: &OsStr, context: &Context<'_>) {
    if settings::duration("--wait", pattern).is_ok() {
        let pattern = pattern.display();
        context
            .output
            .note(&format!("{pattern} is taken as a pattern; a limit is written --wait={pattern}"));
    }
}

pub(crate) fn mode(shared: bool) -> Mode {
    if shared { Mode::Shared } else { Mode::Exclusive }
}
