//! The log. What cannot be read of it is taken out, and counts as forgotten.

use std::ops::Range;

use lock_core::{Check, Findings, HistoryEntry, host::Moment};
use rustix::fs::{Mode, OFlags};

use super::step;
use crate::{
    error::{Doing as _, Result},
    log::{self, LOG, OLD},
    quarantine, recover,
    store::Store,
    sys,
};

pub(crate) fn history(store: &mut Store, moment: Moment, mend: bool) -> Result<Check> {
    let recover::Standing { state, redo, .. } = recover::foresee(store, moment)?;
    let long = redo.map_or(state.log, |redo| redo.log_at);
    let texts = [(LOG, log::current(store, 0, long)?), (OLD, log::old(store)?)];
    let short = long.saturating_sub(texts.iter().take(1).map(|(_, text)| text.len() as u64).sum());
    let mut findings = Findings::default();
    let mut sick = Vec::new();
    for (name, text) in &texts {
        let (whole, torn) = read(text);
        findings.total += whole + torn.len();
        sick.extend(torn.into_iter().map(|range| (*name, text, range)));
    }
    if !mend || (sick.is_empty() && short == 0) {
        let said = |name: &str, at: usize| format!("{name} cannot be read from byte {at}");
        findings.left = sick.iter().map(|(name, _, range)| said(name, range.start)).collect();
        if short > 0 {
            findings.left.push(format!("{LOG} has lost {short} bytes"));
        }
        return Ok(findings.check("history", "entries"));
    }
    findings.mended = sick.len().max(1);
    step(store, state, |store, after| {
        for (number, (name, text)) in texts.iter().enumerate() {
            if sick.iter().any(|(other, ..)| other == name) {
                let to = quarantine::name(moment.wall.as_micros(), number, name);
                store.keep_copy(text, &to)?;
            }
        }
        for (name, _, range) in &sick {
            blank(store, name, range)?;
        }
        after.log = after.log.saturating_sub(short);
        after.lines = after.lines.min(read(&log::current(store, 0, after.log)?).0 as u64);
        // Whatever has gone counts as forgotten.
        after.segment = after.segment.max(log::FORGETFUL);
        Ok(())
    })?;
    Ok(findings.check("history", "entries"))
}

/// How many lines can be read, and where the others are.
fn read(text: &[u8]) -> (usize, Vec<Range<usize>>) {
    let (mut whole, mut torn, mut at) = (0, Vec::new(), 0);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let range = at..at + line.len();
        at = range.end;
        if line == b"\n" {
            continue;
        }
        match line.ends_with(b"\n") && serde_json::from_slice::<HistoryEntry>(line).is_ok() {
            true => whole += 1,
            false => torn.push(range),
        }
    }
    (whole, torn)
}

/// Puts empty lines where `range` is: nothing else moves, and half of it done is no worse.
fn blank(store: &Store, name: &str, range: &Range<usize>) -> Result<()> {
    let context = || format!("mending {name}");
    let flags = OFlags::WRONLY | sys::CAREFULLY;
    let file = sys::open_below(&store.dir, name, flags, Mode::empty()).doing(context)?;
    sys::write_at(&file, &vec![b'\n'; range.len()], range.start as u64).doing(context)
}
