//! `lockctl bench`.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use lock_core::{LockManager, Specimen};

use crate::{
    context::Context,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    json::{Bench, Measured},
    present::{say, style::BOLD},
};

/// The path that is locked.
const PATH: &str = "src/module/file.rs";

/// So many cycles are not counted: the first ones open files and make directories.
const WARM_UP: usize = 20;

/// Measure a lock's cycle on this backend beside the least that it could take
///
/// One cycle acquires and releases one path, alone, in a store or namespace of its own beside the
/// one that the settings name; it is removed afterwards. The floor is the same work done bare: the
/// system calls, statements or round trips that write the record, the token and the history.
/// Cycle and floor take turns, so that whatever else the machine does hits both.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lockctl bench
  lockctl bench --backend redis://cache/0 --cycles 5000 --json")]
pub(crate) struct Args {
    /// How many cycles to measure, and as many of the floor
    #[arg(long, value_name = "N", default_value_t = 1_000,
          value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    pub(crate) cycles: u32,
}

pub(crate) async fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let interrupt = Interrupt::watch()?;
    let mut specimen = context.specimen().await?;
    let cycles = usize::try_from(args.cycles).unwrap_or(usize::MAX);
    let measured = interrupt.or(measure(&mut *specimen, cycles)).await;
    // Whatever came of it, nothing is left behind.
    specimen.remove().await?;
    let (cycle, floor) = match measured {
        Ok(measured) => measured?,
        Err(signal) => return Ok(signal),
    };
    let answer = Bench {
        backend: context.settings.backend.parse::<lock_core::StoreUrl>()?.to_string(),
        cycles,
        cycle_seconds: cycle,
        floor_seconds: floor,
        ratio: cycle.p50 / floor.p50,
    };
    context.output.answer(Exit::Done, &answer, |out| show(out, &answer))
}

fn show(out: &mut String, bench: &Bench) {
    let Bench { backend, cycles, cycle_seconds, floor_seconds, ratio } = bench;
    say!(out, "{BOLD}{backend}{BOLD:#}, {cycles} times acquire and release of one path, alone");
    for (name, measured) in [("cycle", cycle_seconds), ("floor", floor_seconds)] {
        let Measured { p50, p99, spread } = measured;
        let (p50, p99, spread) = (p50 * 1e6, p99 * 1e6, spread * 100.0);
        say!(out, "{name}  median {p50:.1} µs, p99 {p99:.1} µs, spread {spread:.0} %");
    }
    say!(out, "ratio  {BOLD}{ratio:.2}{BOLD:#}");
}

/// What a cycle takes, and what its floor does.
async fn measure(
    specimen: &mut dyn Specimen,
    cycles: usize,
) -> Result<(Measured, Measured), Failure> {
    let locks = LockManager::new(specimen.backend(), "bench")?;
    let (mut ours, mut bare) = (Vec::with_capacity(cycles), Vec::with_capacity(cycles));
    for round in 0..WARM_UP + cycles {
        let begun = Instant::now();
        let leases = locks.acquire(PATH).await?.held().map_err(lock_core::Error::from)?;
        black_box(locks.release(&leases).await?);
        let cycle = begun.elapsed();
        let begun = Instant::now();
        specimen.floor().await?;
        let floor = begun.elapsed();
        if round >= WARM_UP {
            ours.push(cycle);
            bare.push(floor);
        }
    }
    Ok((summary(ours), summary(bare)))
}

fn summary(mut times: Vec<Duration>) -> Measured {
    times.sort_unstable();
    let rank = |percent: usize| {
        let rank = (times.len() * percent).div_ceil(100).max(1);
        times.get(rank - 1).map_or(0.0, Duration::as_secs_f64)
    };
    Measured { p50: rank(50), p99: rank(99), spread: (rank(75) - rank(25)) / rank(50) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_made_of_nearest_ranks() {
        let Measured { p50, p99, spread } = summary((1..=100).map(Duration::from_secs).collect());
        assert_eq!((p50, p99, spread), (50.0, 99.0, 1.0));
    }
}
