//! `lockctl completions`.

use clap::CommandFactory as _;
use clap_complete::Shell;
use serde::Serialize;

use crate::{args::Cli, exit::Exit, failure::Failure, output::Output};

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl completions bash > /etc/bash_completion.d/lockctl")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Serialize)]
struct Script<'a> {
    script: &'a str,
}

pub(crate) fn run(args: &Args, output: Output) -> Result<Exit, Failure> {
    let mut bytes = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lockctl", &mut bytes);
    let script = String::from_utf8_lossy(&bytes);
    output.verbatim(&Script { script: &script }, &script)
}
