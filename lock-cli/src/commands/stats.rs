//! `lockctl stats`.

use lock_core::{Spread, Stats};

use crate::{
    context::Context,
    escape::Shown,
    exit::Exit,
    failure::Failure,
    json,
    metrics::prometheus,
    present::{say, table::table, time::Length},
};

/// How many of the patterns that stood in the way are shown.
const HOT: usize = 10;

/// Count grants, refusals and ends, and tell how long waits and holds took
///
/// Grants and ends are counted since the store was made; waits and holds are those of the history,
/// 10,000 ends at least. Refusals are counted on the side by whoever was refused: some may be
/// lost, and what other programs ask of the store directly is not among them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl stats
  lockctl stats --json
  lockctl stats --format prometheus > /var/lib/node_exporter/lockctl.prom")]
pub(crate) struct Args {
    /// Print metrics for a machine to scrape
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
}

/// A form that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// The text that a Prometheus server scrapes; patterns are not in it
    Prometheus,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let stats = context.looking().await?.stats().await?;
    let answer = json::Stats::new(&stats, HOT);
    match args.format {
        Some(Format::Prometheus) => context.output.verbatim(&answer, &prometheus(&stats)?),
        None => context.output.answer(Exit::Done, &answer, |out| show(out, &stats)),
    }
}

fn show(out: &mut String, stats: &Stats) {
    let Stats { totals, refusals, held, stale, dead, waiting, wait, hold } = stats;
    say!(out, "now       {held} held, {waiting} waiting, {} past their end", stale + dead);
    say!(out, "granted   {}", totals.acquired);
    say!(
        out,
        "ended     {} released, {} expired, {} taken over, {} broken, {} cleaned, {} of the dead",
        totals.released,
        totals.expired,
        totals.taken_over,
        totals.broken,
        totals.cleaned,
        totals.holder_dead
    );
    let (conflicts, timeouts) = (refusals.conflicts, refusals.timeouts);
    say!(out, "refused   {conflicts}, {timeouts} timed out, {} deadlocks", refusals.deadlocks);
    say!(out, "waited    {}", spread(wait));
    say!(out, "held for  {}", spread(hold));
    let hot = refusals.hottest(HOT);
    if !hot.is_empty() {
        let row = |(pattern, count): &(&lock_core::Pattern, u64)| {
            vec![count.to_string(), Shown(pattern.as_str()).to_string()]
        };
        table(out, &["IN THE WAY", "PATTERN"], &hot.iter().map(row).collect::<Vec<_>>());
    }
}

fn spread(spread: &Spread) -> String {
    let Spread { count, p50: Some(p50), p99: Some(p99), max: Some(max) } = *spread else {
        return "-".to_owned();
    };
    let (p50, p99, max) = (Length(p50), Length(p99), Length(max));
    format!("p50 {p50}, p99 {p99}, max {max}, of {count}")
}
