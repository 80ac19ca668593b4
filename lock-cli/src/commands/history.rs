//! `lockctl history`.

use std::ffi::OsString;

use lock_core::{HistoryFilter, Reason, Tenure, Timestamp};

use crate::{
    commands::list::agent,
    context::Context,
    escape::Shown,
    exit::Exit,
    failure::Failure,
    json,
    patterns::ReadingArgs,
    present::{say, table::table, time::Seen},
    quote::quoted,
    settings,
};

/// Tell who held what, from when to when, and how it ended
///
/// The oldest come first. The last 10,000 ends at least are remembered.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl history
  lockctl history src/a.rs --at 2026-01-31T12:00:00Z   who held it then
  lockctl history 'src/**' --by agent-7 --since 1h --json")]
pub(crate) struct Args {
    /// Only what meets this path or glob, relative to the current directory
    #[arg(value_name = "PATTERN")]
    pub(crate) pattern: Option<OsString>,
    /// Only what this agent held
    #[arg(long, value_name = "AGENT")]
    pub(crate) by: Option<OsString>,
    /// Only what was held within the last DUR
    #[arg(long, value_name = "DUR", allow_hyphen_values = true)]
    pub(crate) since: Option<OsString>,
    /// Only what was held at TIME, written like 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<OsString>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let under = args.pattern.iter().map(|pattern| context.pattern(pattern, args.reading));
    let under = under.collect::<Result<_, _>>()?;
    let by = args.by.as_ref().map(|by| agent("--by", by)).transpose()?;
    let since = args.since.as_ref().map(|span| settings::duration("--since", span)).transpose()?;
    let at = args.at.as_ref().map(time).transpose()?;
    let tenures = context.looking().await?.history(HistoryFilter { under, by, since, at }).await?;
    let now = Timestamp::wall_clock();
    let answer = json::History { entries: tenures.iter().map(json::Tenure::from).collect() };
    context.output.answer(Exit::Done, &answer, |out| {
        if tenures.is_empty() {
            say!(out, "nothing is remembered");
            return;
        }
        let rows: Vec<Vec<String>> = tenures.iter().map(|tenure| row(tenure, now)).collect();
        table(out, &["PATTERN", "AGENT", "MODE", "FROM", "UNTIL", "ENDED", "REASON"], &rows);
    })
}

fn row(tenure: &Tenure, now: Timestamp) -> Vec<String> {
    let seen = |time| Seen { time, now }.to_string();
    let mut ended = tenure.ended.map_or("live", |cause| cause.as_str()).to_owned();
    if let Some(by) = tenure.by.as_ref().filter(|by| by.as_str() != tenure.agent.as_str()) {
        ended = format!("{ended} by {}", Shown(by));
    }
    if let Some(note) = &tenure.note {
        ended = format!("{ended}: {}", Shown(note));
    }
    vec![
        Shown(tenure.pattern.as_str()).to_string(),
        tenure.agent.to_string(),
        tenure.mode.to_string(),
        seen(tenure.from),
        tenure.until.map_or_else(|| "-".to_owned(), seen),
        ended,
        Shown(tenure.reason.as_ref().map_or("", Reason::as_str)).to_string(),
    ]
}

fn time(value: &OsString) -> Result<Timestamp, Failure> {
    let text = settings::text("--at", value)?;
    text.parse().map_err(|error| {
        let message = format!("--at {}: {error}", quoted(&text));
        Failure::usage(message, "lockctl history --at 2026-01-31T12:00:00Z")
    })
}
