//! From the command line to the exit code.

use std::{
    ffi::OsString,
    io,
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
};

use lock_core::Backends;

use crate::{
    commands,
    escape::Shown,
    exit::Exit,
    failure::Failure,
    output::{self, Output},
    running, usage,
};

/// The stores that are built in: one for each feature. A URL of one that is left out says which
/// feature it needs.
pub fn builtin() -> Backends {
    let backends = Backends::new();
    #[cfg(feature = "fs")]
    let backends = backends.with(&lock_fs::SCHEME);
    #[cfg(not(feature = "fs"))]
    let backends = backends.without("fs", "fs");
    #[cfg(feature = "sqlite")]
    let backends = backends.with(&lock_sqlite::SCHEME);
    #[cfg(not(feature = "sqlite"))]
    let backends = backends.without("sqlite", "sqlite");
    #[cfg(feature = "redis")]
    let backends = backends.with(&lock_redis::SCHEME);
    #[cfg(not(feature = "redis"))]
    let backends = REDIS.iter().fold(backends, |backends, [redis, valkey, feature]| {
        backends.without(redis, feature).without(valkey, feature)
    });
    backends
}

/// The URLs of Redis, and the feature that each needs; it brings that of the store.
#[cfg(not(feature = "redis"))]
const REDIS: [[&str; 3]; 5] = [
    ["redis", "valkey", "redis"],
    ["rediss", "valkeys", "tls"],
    ["redis+unix", "valkey+unix", "redis"],
    ["redis+sentinel", "valkey+sentinel", "sentinel"],
    ["redis+cluster", "valkey+cluster", "cluster"],
];

/// The whole of `lockctl` with these stores.
///
/// It takes the command line from [`std::env::args_os`], and answers on stdout and stderr.
pub fn main(backends: Backends) -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if running::gate::is_at(&arguments) {
        return running::gate::pass(&arguments);
    }
    panic::set_hook(Box::new(|panicked| {
        let text = panicked.to_string();
        output::complain(&format!("lockctl: a bug, please report it: {}\n", Shown(&text)));
    }));
    let run = AssertUnwindSafe(|| run(&arguments, &backends));
    panic::catch_unwind(run).unwrap_or(Exit::Bug).into()
}

fn run(arguments: &[OsString], backends: &Backends) -> Exit {
    let cli = match usage::parse(arguments) {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    let output = Output { json: cli.global.json, quiet: cli.global.quiet };
    if cli.global.verbose > 0 {
        log_to_stderr(cli.global.verbose);
    }
    commands::run(&cli, backends).unwrap_or_else(|failure: Failure| output.failure(&failure))
}

fn log_to_stderr(verbose: u8) {
    let level = if verbose > 1 { tracing::Level::TRACE } else { tracing::Level::DEBUG };
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(|| Escaped)
        .with_ansi(false)
        .finish();
    // Somebody who calls this as a library may log already.
    let _ = tracing::subscriber::set_global_default(log);
}

/// Stderr for the log, a line a write: paths and URLs in it may hold what no terminal should see.
struct Escaped;

impl io::Write for Escaped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        writeln!(io::stderr(), "{}", Shown(text.strip_suffix('\n').unwrap_or(&text)))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
