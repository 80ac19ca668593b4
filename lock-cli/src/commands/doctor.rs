//! `lockctl doctor`.

use lock_core::{Backends, Check};

use crate::{
    args::Global,
    context::Context,
    escape::Shown,
    exit::{Exit, explain},
    failure::Failure,
    json,
    output::Output,
    present::{
        say,
        style::{BAD, GOOD},
    },
};

/// Check the store, the settings, the clock, and look for damaged records
///
/// The exit code is 0 if all is healthy and 1 if not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl doctor
  lockctl doctor --repair")]
pub(crate) struct Args {
    /// Mend what can be mended
    #[arg(long)]
    pub(crate) repair: bool,
}

pub(crate) async fn run(
    args: &Args,
    global: &Global,
    backends: &Backends,
) -> Result<Exit, Failure> {
    let output = Output { json: global.json, quiet: global.quiet };
    let checks = examine(args, global, backends).await;
    let healthy = checks.iter().all(|check| check.ok);
    let exit = if healthy { Exit::Done } else { Exit::Refused };
    output.answer(exit, &json::Doctor { healthy, checks: &checks }, |out| {
        for Check { name, ok, detail, hint } in &checks {
            let (style, mark) = if *ok { (GOOD, "ok") } else { (BAD, "bad") };
            say!(out, "{style}{mark:<4}{style:#}{}: {}", Shown(name), Shown(detail));
            if !hint.is_empty() {
                say!(out, "    next: {}", Shown(hint));
            }
        }
    })
}

/// Everything there is to say; what cannot be looked at is itself a finding.
async fn examine(args: &Args, global: &Global, backends: &Backends) -> Vec<Check> {
    let context = match Context::new(global, backends) {
        Ok(context) => context,
        Err(failure) => return vec![finding("settings", &failure)],
    };
    let mut checks = Vec::new();
    let base = match &context.root {
        Some(root) => {
            checks.push(Check::good("root", root.path().to_string_lossy()));
            root.path()
        }
        None => {
            checks.push(finding("root", &Failure::NoRoot));
            context.cwd.as_path()
        }
    };
    match context.settings.agent_if_any() {
        Ok(Some(agent)) => checks.push(Check::good("agent", agent.as_str())),
        Ok(None) => checks.push(Check::good("agent", "none set; --agent says it for each call")),
        Err(failure) => checks.push(finding("agent", &failure)),
    }
    if let Err(failure) = context.settings.ttl(None) {
        checks.push(finding("ttl", &failure));
    }
    let url = &context.settings.backend;
    let inspected = match context.base(base) {
        Ok(base) => backends.inspect_at(url, &base, args.repair).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match inspected {
        Ok(findings) => checks.extend(findings),
        Err(failure) => checks.push(finding("store", &failure)),
    }
    checks
}

fn finding(name: &str, failure: &Failure) -> Check {
    let explained = explain(failure);
    Check::bad(name, explained.message, explained.hint)
}
