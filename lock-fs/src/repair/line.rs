//! The line. A waiter that cannot be read holds nothing: whoever stood there asks again.

use lock_core::{Check, Findings, host::Moment};

use super::{set_aside, step};
use crate::{error::Result, line, recover, store::Store};

pub(crate) fn line(store: &mut Store, moment: Moment, mend: bool) -> Result<Check> {
    let state = recover::foresee(store, moment)?.state;
    let sick = line::sick(store)?;
    let total = line::names(store)?.len();
    let miscounted = state.waiters != total as u64;
    let mut findings = Findings { total, ..Findings::default() };
    if mend && (miscounted || !sick.is_empty()) {
        step(store, state, |store, after| {
            set_aside(store, moment, &sick)?;
            after.waiters = line::names(store)?.len() as u64;
            Ok(())
        })?;
        findings.mended = sick.len().max(1);
    } else {
        findings.left = sick.iter().map(|spot| format!("{} cannot be read", spot.path())).collect();
        if miscounted {
            findings.left.push(format!("{} are counted", state.waiters));
        }
    }
    Ok(findings.check("line", "waiters"))
}
