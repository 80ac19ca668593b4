//! What clap says of a command line, as this program says it.

use std::ffi::{OsStr, OsString};

use clap::{CommandFactory as _, Parser as _, error::ErrorKind};

use crate::{
    args::Cli,
    escape::Shown,
    exit::Exit,
    failure::Failure,
    output::{self, Output},
};

/// The command line, or how the process ends without one.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Cli, Exit> {
    Cli::try_parse_from(arguments).map_err(|error| {
        let output = Output { json: asks_for_json(arguments), quiet: false };
        match error.kind() {
            kind @ (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
                let what = if kind == ErrorKind::DisplayHelp { "help" } else { "version" };
                let text = error.render();
                let json = serde_json::json!({ what: text.to_string().trim_end() });
                let shown =
                    output.answer(Exit::Done, &json, |out| *out += &text.ansi().to_string());
                shown.unwrap_or_else(|failure| output.failure(&failure))
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if !output.json => {
                output::complain(&Cli::command().render_help().ansi().to_string());
                Exit::Usage
            }
            _ => output.failure(&Failure::usage(message(error, arguments), hint(arguments))),
        }
    })
}

/// Whether the answer must be JSON even though the command line is wrong.
fn asks_for_json(arguments: &[OsString]) -> bool {
    arguments.iter().skip(1).take_while(|word| *word != "--").any(|word| word == "--json")
}

/// What is wrong, in one line: clap's own words, without its usage and its pointer to the help.
fn message(error: clap::Error, arguments: &[OsString]) -> String {
    // Clap repeats an argument as it is. Asked about escaped arguments, it says the same of those.
    let escaped = arguments.iter().map(|word| Shown(&word.to_string_lossy()).to_string());
    let error = Cli::try_parse_from(escaped).err().unwrap_or(error);
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "name a command".to_owned();
    }
    let text = error.render().to_string();
    let said = text.lines().map(str::trim).take_while(|line| {
        !line.starts_with("Usage:") && !line.starts_with("For more information")
    });
    let mut message = String::new();
    for line in said.filter(|line| !line.is_empty()) {
        let separator = match line.starts_with("tip:") {
            _ if message.is_empty() => "",
            true => "; ",
            false => " ",
        };
        message.push_str(separator);
        message.push_str(line);
    }
    Shown(message.strip_prefix("error: ").unwrap_or(&message)).to_string()
}

fn hint(arguments: &[OsString]) -> String {
    let command = Cli::command();
    let mut verbs = arguments.iter().skip(1).filter_map(|word| OsStr::to_str(word));
    match verbs.find(|word| command.find_subcommand(word).is_some()) {
        Some(verb) => format!("lockctl {verb} --help"),
        None => "lockctl --help".to_owned(),
    }
}
