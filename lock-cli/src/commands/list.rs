//! `lockctl list`.

use std::ffi::OsString;

use lock_core::{AgentId, ListFilter, Reason, Timestamp};

use crate::{
    context::Context,
    escape::Shown,
    exit::Exit,
    failure::Failure,
    json,
    present::{self, say, table::table, time::Seen},
    settings,
};

/// List locks
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl list
  lockctl list --stale --waiting --json
  lockctl list --by agent-7 --under src/")]
pub(crate) struct Args {
    /// Stale locks too
    #[arg(long)]
    pub(crate) stale: bool,
    /// Waiters too
    #[arg(long)]
    pub(crate) waiting: bool,
    /// Only those of this agent
    #[arg(long, value_name = "AGENT")]
    pub(crate) by: Option<OsString>,
    /// Only those that meet this path or glob
    #[arg(long, value_name = "PATTERN")]
    pub(crate) under: Vec<OsString>,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let by = args.by.as_ref().map(|by| agent("--by", by)).transpose()?;
    let under = args.under.iter().map(|pattern| context.pattern(pattern, Default::default()));
    let under = under.collect::<Result<_, _>>()?;
    let filter = ListFilter { stale: args.stale, waiting: args.waiting, by, under };
    let list = context.looking().await?.list(filter).await?;
    let now = Timestamp::wall_clock();
    let locks = list.locks.iter().map(|(lock, stale)| json::Lock::new(lock, *stale)).collect();
    let answer = json::List { locks, waiting: json::Waiter::all(&list.waiting) };
    context.output.answer(Exit::Done, &answer, |out| {
        let rows: Vec<Vec<String>> = list
            .locks
            .iter()
            .map(|(lock, stale)| {
                let reason = lock.reason.as_ref().map_or("", Reason::as_str);
                let stale = if *stale { ", stale" } else { "" };
                vec![
                    Shown(lock.pattern.as_str()).to_string(),
                    lock.agent.to_string(),
                    format!("{}{stale}", lock.mode),
                    Seen { time: lock.expires_at, now }.to_string(),
                    Shown(reason).to_string(),
                ]
            })
            .collect();
        if rows.is_empty() {
            say!(out, "no locks");
        } else {
            table(out, &["PATTERN", "AGENT", "MODE", "UNTIL", "REASON"], &rows);
        }
        if !list.waiting.is_empty() {
            say!(out, "in line:");
        }
        for (waiter, position) in &list.waiting {
            present::lock::waiter(out, waiter, *position, now);
        }
    })
}

/// An agent named by an option or argument.
pub(crate) fn agent(from: &'static str, name: &OsString) -> Result<AgentId, Failure> {
    AgentId::new(&settings::text(from, name)?).map_err(|error| Failure::Agent { from, error })
}
