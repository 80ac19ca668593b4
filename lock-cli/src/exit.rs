//! What an answer or a failure means to a script: the exit code, the error's code, the hint.

use std::process::ExitCode;

use lock_core::{Error, ErrorKind, InvalidDuration, pattern::PatternError, root::RootError};

use crate::{config::FILE, failure::Failure};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done; held; would be granted; healthy.
    Done,
    /// Not granted; free; conflict; unhealthy.
    Refused,
    /// Usage or input.
    Usage,
    /// Timed out waiting.
    TimedOut,
    /// Waiting would deadlock.
    Deadlock,
    /// Not yours, or lost.
    Lost,
    /// The store is unavailable, refused, or did not answer in time.
    Backend,
    /// The lock was lost while a command ran under it.
    LostWhileRunning,
    /// What a command that was run ended with, or the like of it.
    Code(u8),
    /// A bug.
    Bug,
    /// Ended by a signal while waiting.
    Signal(u8),
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::TimedOut => 3,
            Self::Deadlock => 4,
            Self::Lost => 5,
            Self::Backend => 6,
            Self::LostWhileRunning => 7,
            Self::Code(code) => code,
            Self::Bug => 70,
            Self::Signal(number) => number.saturating_add(128),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// A failure, as scripts and people are told of it.
#[derive(Debug)]
pub(crate) struct Explained {
    pub(crate) exit: Exit,
    /// `error.code`.
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// What to do next.
    pub(crate) hint: String,
}

/// The one place that knows what each failure means.
pub(crate) fn explain(failure: &Failure) -> Explained {
    const WRITE_SO: &str = "write it like 500ms, 90s, 5m or 1h30m; a bare number is seconds";
    let (exit, code, message, hint): (Exit, _, _, &str) = match failure {
        Failure::Usage { message, hint } => (Exit::Usage, "usage", message.clone(), hint),
        Failure::Limit { message } => (Exit::Usage, "limit", message.clone(), "ask for less"),
        Failure::Config { message, hint } => (Exit::Usage, "config", message.clone(), hint),
        Failure::NoAgent => (
            Exit::Usage,
            "no_agent",
            "nothing says which agent asks".to_owned(),
            "add --agent ID, or export LOCKCTL_AGENT=ID",
        ),
        Failure::NoRoot => (Exit::Usage, "no_root", RootError::NoRoot.to_string(), "lockctl init"),
        Failure::Root(error) => {
            let (code, hint) = root(error);
            (Exit::Usage, code, error.to_string(), hint)
        }
        Failure::Agent { from, error } => (
            Exit::Usage,
            agent_code(from, error),
            format!("{from}: {error}"),
            "name it like agent-7",
        ),
        Failure::Duration { from, error: InvalidDuration::OutOfRange } => {
            let message = format!("{from}: {}", InvalidDuration::OutOfRange);
            (Exit::Usage, "limit", message, WRITE_SO)
        }
        Failure::Duration { from, .. } => {
            (Exit::Usage, "usage", format!("{from}: not a duration"), WRITE_SO)
        }
        Failure::ShortLease { from } => {
            let message = format!("{from}: the lease of a run is at least 1s");
            (Exit::Usage, "limit", message, WRITE_SO)
        }
        Failure::NotStarted { program, error } => {
            let (code, hint) = match error.kind() {
                std::io::ErrorKind::NotFound => (127, "check its name, or PATH"),
                _ => (126, "check that it is a program, and may be executed"),
            };
            (Exit::Code(code), "usage", format!("cannot run {program}: {error}"), hint)
        }
        Failure::Reason(error) => (Exit::Usage, "limit", error.to_string(), "shorten --reason"),
        Failure::Core(Error::Backend(error)) => {
            let (exit, code, hint) = backend(error.kind());
            (exit, code, error.to_string(), hint)
        }
        Failure::Core(error @ Error::PatternCount(_)) => {
            (Exit::Usage, "limit", error.to_string(), "split the request")
        }
        Failure::Core(error) => (Exit::Usage, "usage", error.to_string(), "lockctl help"),
        Failure::Output(error) => (
            Exit::Usage,
            "usage",
            format!("cannot write the answer to stdout: {error}"),
            "what was asked for has been done: see lockctl list",
        ),
        Failure::Bug(message) => {
            (Exit::Bug, "internal", message.clone(), "this is a bug in lockctl: please report it")
        }
    };
    Explained { exit, code, message, hint: hint.to_owned() }
}

fn root(error: &RootError) -> (&'static str, &'static str) {
    match error {
        RootError::NoRoot => ("no_root", "lockctl init"),
        RootError::OutsideRoot { .. } => {
            ("outside_root", "name something inside the root, or set --root DIR")
        }
        error if error.is_limit() => ("limit", "shorten it, or split it"),
        RootError::Pattern { source, .. } => ("bad_pattern", pattern(source)),
        RootError::NotUtf8 { .. } => ("bad_pattern", "rename it: stored names are UTF-8"),
        RootError::LinkLoop { .. } => ("bad_pattern", "mend the symlink"),
        _ => ("usage", "check that the path exists and may be read"),
    }
}

fn pattern(error: &PatternError) -> &'static str {
    match error {
        PatternError::Empty | PatternError::EmptyExpansion => {
            "name a path or a glob; . is the root and everything below it"
        }
        PatternError::ControlCharacter { .. } => "rename it: stored names are printable",
        PatternError::Absolute { .. }
        | PatternError::ParentSegment { .. }
        | PatternError::NotAPath { .. } => "write each alternative as a path below the root",
        PatternError::StarsInSegment { .. } => {
            "write ** as a whole segment, like a/**/b, or escape it with \\"
        }
        PatternError::ReversedRange { .. } => "write the range the other way round",
        _ => "escape what is meant literally with \\, or add --literal",
    }
}

fn agent_code(from: &str, error: &lock_core::InvalidAgent) -> &'static str {
    match error {
        lock_core::InvalidAgent::TooLong => "limit",
        _ if from.starts_with(FILE) => "config",
        _ => "usage",
    }
}

fn backend(kind: ErrorKind) -> (Exit, &'static str, &'static str) {
    match kind {
        ErrorKind::Unavailable => (Exit::Backend, "unavailable", "try again; lockctl doctor"),
        ErrorKind::Unknown => (
            Exit::Backend,
            "unknown_outcome",
            "the command may or may not have been carried out: see lockctl list",
        ),
        ErrorKind::Denied => (Exit::Backend, "denied", "check its permissions; lockctl doctor"),
        ErrorKind::Full => (Exit::Backend, "full", "make room, then try again"),
        ErrorKind::Corrupt => (Exit::Backend, "corrupt", "lockctl doctor --repair"),
        ErrorKind::Unsupported => {
            (Exit::Backend, "unavailable", "choose another --backend; lockctl doctor")
        }
        ErrorKind::Invalid => (
            Exit::Usage,
            "config",
            "correct --backend, LOCKCTL_BACKEND or lockctl.toml; for example fs:.agent_locks",
        ),
        _ => (Exit::Backend, "unavailable", "lockctl doctor"),
    }
}
