//! `lockctl init`.

use std::{fs::OpenOptions, io::Write as _};

use serde::Serialize;

use crate::{
    args::Global,
    config::FILE,
    context::find_root,
    escape::Shown,
    exit::Exit,
    failure::Failure,
    output::Output,
    present::{say, style::GOOD},
};

/// Write a commented lockctl.toml
///
/// It goes to the root: --root, else the top of the git work tree, else the current directory.
/// An existing file is left alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl init")]
pub(crate) struct Args {}

/// The file: every key, commented out, with its default.
pub(crate) const TEMPLATE: &str = r#"# Settings of lockctl for this work tree. Every key is optional; flags and the environment
# come first.

# Where the locks are kept. A relative path is against this directory.
#backend = "fs:.agent_locks"

# An independent set of locks in the same store.
#namespace = "default"

# Who shares the locks: each "worktree" has its own, or all git worktrees of the "repository"
# share those that are kept in its common git directory.
#scope = "worktree"

# How long a lock lives without a refresh, from 100ms to 7d.
#ttl = "5m"

# Who asks, unless --agent or LOCKCTL_AGENT says so. Agents that share an id do not exclude
# each other.
#agent = "agent-7"
"#;

#[derive(Debug, Serialize)]
struct Created<'a> {
    created: &'a str,
}

pub(crate) fn run(_args: &Args, global: &Global, output: Output) -> Result<Exit, Failure> {
    let (cwd, root) = find_root(global)?;
    let path = root.as_ref().map_or(cwd.as_path(), |root| root.path()).join(FILE);
    let shown = path.to_string_lossy();
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    match file.and_then(|mut file| file.write_all(TEMPLATE.as_bytes())) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let message = format!("{} exists", Shown(&shown));
            return Err(Failure::config(message, "edit it, or remove it first"));
        }
        Err(error) => return Err(Failure::file(&path, "write", &error)),
    }
    output.answer(Exit::Done, &Created { created: &shown }, |out| {
        say!(out, "{GOOD}created{GOOD:#} {}", Shown(&shown));
    })
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Scope};

    #[test]
    fn the_template_is_read_with_every_key_uncommented() {
        let text: String = super::TEMPLATE
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(key) if !key.starts_with(' ') => format!("{key}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let config = Config::parse(&text).unwrap();
        assert_eq!(config.backend.as_deref(), Some(crate::settings::DEFAULT_BACKEND));
        assert_eq!((config.scope, config.agent.as_deref()), (Scope::Worktree, Some("agent-7")));
        assert_eq!(config.ttl.unwrap().text().parse(), Ok(lock_core::Ttl::default()));
        assert_eq!(config.namespace.as_deref(), Some("default"));
    }
}
