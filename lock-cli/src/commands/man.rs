//! `lockctl man`.

use std::{fs, path::PathBuf};

use clap::CommandFactory as _;
use serde::Serialize;

use crate::{args::Cli, exit::Exit, failure::Failure, output::Output};

/// Print the manual page, or write those of all commands
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl man | man -l -
  lockctl man --dir /usr/share/man/man1      lockctl.1, lockctl-acquire.1, …")]
pub(crate) struct Args {
    /// Write a page for each command into this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Page<'a> {
    page: &'a str,
}

pub(crate) fn run(args: &Args, output: Output) -> Result<Exit, Failure> {
    let command = Cli::command();
    if let Some(dir) = &args.dir {
        fs::create_dir_all(dir)
            .and_then(|()| clap_mangen::generate_to(command, dir))
            .map_err(|error| Failure::file(dir, "write to", &error))?;
        return output.verbatim(&Page { page: "" }, "");
    }
    let mut bytes = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut bytes)
        .map_err(|error| Failure::Bug(format!("cannot render the manual page: {error}")))?;
    let page = String::from_utf8_lossy(&bytes);
    output.verbatim(&Page { page: &page }, &page)
}
