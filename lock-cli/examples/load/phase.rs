//! One phase on one store: everybody does the same for a while, and is watched.

use std::time::{Duration, Instant};

use super::{
    Trouble,
    arguments::Arguments,
    check::Check,
    child::monotonic,
    crew::Crew,
    tally::Tally,
    told::{Held, Order, Phase, Told},
};

/// How often the history is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How long after the order the phase begins: everybody has heard it by then.
const HEAD_START: Duration = Duration::from_millis(300);

/// Runs it; what it came to, and what must not have happened, if anything.
pub(super) async fn run(
    phase: Phase,
    arguments: &Arguments,
    crew: &mut Crew,
    check: &mut Check,
) -> Result<(Tally, Option<Trouble>), Trouble> {
    let micros = |span: Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
    let begin = monotonic() + micros(HEAD_START);
    let end = begin.saturating_add(micros(arguments.seconds));
    let mut tally = Tally::new(arguments.agents)?;
    crew.order(Order { phase, begin, end, hold: arguments.hold })?;
    let (mut done, mut heard) = (0, Instant::now());
    while done < arguments.agents {
        tokio::time::sleep(LOOK).await;
        // First what was told, then the history: it must then have it all.
        let mut held: Vec<Held> = Vec::new();
        for told in crew.told()? {
            heard = Instant::now();
            match told {
                Told::Ready => {}
                Told::Done => done += 1,
                Told::Held(one) => held.push(one),
                Told::Trouble(text) => return Ok((tally, Some(text.into()))),
            }
        }
        for held in &held {
            tally.take(held, end)?;
        }
        let view = check.look().await?;
        if let Err(violation) = check.take(&view, &held) {
            return Ok((tally, Some(violation.into())));
        }
        if heard.elapsed() > arguments.patience() * 2 {
            return Err(format!("{} agents fell silent", arguments.agents - done).into());
        }
    }
    Ok((tally, None))
}
