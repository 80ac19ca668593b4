//! The command line: global options and the list of verbs.

use std::{ffi::OsString, path::PathBuf};

use crate::commands::{
    acquire, bench, break_lock, check, cleanup_agent, cleanup_orphaned, cleanup_stale, completions,
    doctor, history, init, list, man, refresh, release, run, stats, wait, watch, who,
};

/// Advisory locks over the paths and globs of a work tree.
#[derive(Debug, clap::Parser)]
#[command(
    name = "lockctl",
    version,
    subcommand_required = true,
    // The last one counts, as with git and curl: a script may add to options that it was given.
    args_override_self = true,
    max_term_width = 100,
    after_help = EXAMPLES
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  export LOCKCTL_AGENT=agent-7
  lockctl acquire 'src/*.rs' --reason 'rename Foo'   take locks, all or none
  lockctl who src/lib.rs                             who holds it, and why
  lockctl acquire src/lib.rs --wait=5m               stand in line for it
  lockctl release --all                              let go of everything
  lockctl run src/lib.rs -- cargo fmt                hold it while a command runs

Exit codes:
  0 done   1 not granted   2 usage or input   3 timed out   4 waiting would deadlock
  5 not yours, or lost   6 store unavailable   7 lost while run was running
  70 a bug in lockctl";

/// What every command takes, before or after its name.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Names are relative to this directory [default: the top of the git work tree]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Where the locks are kept [default: fs:.agent_locks, against the root]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) backend: Option<OsString>,
    /// Who asks
    #[arg(long, global = true, value_name = "ID")]
    pub(crate) agent: Option<OsString>,
    /// Answer with exactly one JSON object on stdout, errors too
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No notes on stderr
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say on stderr what is done; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// The verbs, one file each.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant, reason = "one of them exists, once")]
pub(crate) enum Verb {
    Acquire(acquire::Args),
    Release(release::Args),
    Refresh(refresh::Args),
    Who(who::Args),
    Check(check::Args),
    List(list::Args),
    Wait(wait::Args),
    Run(run::Args),
    CleanupStale(cleanup_stale::Args),
    CleanupAgent(cleanup_agent::Args),
    CleanupOrphaned(cleanup_orphaned::Args),
    Break(break_lock::Args),
    Watch(watch::Args),
    History(history::Args),
    Stats(stats::Args),
    Doctor(doctor::Args),
    Bench(bench::Args),
    Init(init::Args),
    Completions(completions::Args),
    Man(man::Args),
}
