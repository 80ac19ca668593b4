//! The one order that can explain a history.

use std::time::Duration;

use lock_core::{Answer, Command, Outcome, Timestamp, Version, View};

use super::{Answered, Asked, Call};

/// An answered call, as a step in the order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) call: &'a Call,
    pub(super) what: What<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What<'a> {
    Did { command: &'a Command, outcome: &'a Outcome },
    Saw(&'a View),
}

impl Step<'_> {
    pub(super) fn version(&self) -> Version {
        match self.what {
            What::Did { outcome, .. } => outcome.version,
            What::Saw(view) => view.version,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        match self.what {
            What::Did { outcome, .. } => outcome.now,
            What::Saw(view) => view.now,
        }
    }

    /// Whether it made its version. All that changes something does, except a waiter that only
    /// keeps its place: the place is older than this step then.
    pub(super) fn makes_version(&self) -> bool {
        match self.what {
            What::Did { outcome: Outcome { changed: true, now, answer, .. }, .. } => match answer {
                Answer::Waiting { waiter, .. } => waiter.since == *now,
                Answer::Renewed(_) => false,
                _ => true,
            },
            _ => false,
        }
    }

    /// Its place: within a version, the step that made it comes before those that saw it.
    fn place(&self) -> (Version, bool) {
        (self.version(), !self.makes_version())
    }
}

/// The answered calls in the order of their versions, which real time must allow.
pub(super) fn steps(calls: &[Call]) -> Result<Vec<Step<'_>>, String> {
    let mut steps: Vec<Step<'_>> = Vec::new();
    for call in calls {
        let what = match (&call.asked, &call.answer) {
            (Asked::Command(command), Answered::Outcome(outcome)) => What::Did { command, outcome },
            (Asked::View(_), Answered::View(view)) => What::Saw(view),
            (_, Answered::Failed(_)) => return Err(format!("an error:\n  {call}")),
            _ => continue,
        };
        steps.push(Step { call, what });
    }
    steps.sort_by_key(|step| (step.place(), step.now(), step.call.invoked));
    check_real_time(&steps)?;
    for pair in steps.windows(2) {
        let [one, two] = pair else { continue };
        if one.makes_version() && two.makes_version() && one.version() == two.version() {
            let (one, two) = (one.call, two.call);
            return Err(format!("two steps made one version:\n  {one}\n  {two}"));
        }
    }
    Ok(steps)
}

/// No step stands before one that was over before it began.
fn check_real_time(steps: &[Step<'_>]) -> Result<(), String> {
    let mut latest: Option<&Step<'_>> = None; // the last to begin, among those of earlier places
    let mut rest = steps;
    while let Some(first) = rest.first() {
        let together = rest.iter().take_while(|step| step.place() == first.place()).count();
        let (group, others) = rest.split_at(together);
        for step in group {
            if let Some(earlier) = latest.filter(|it| it.call.invoked > step.call.answered) {
                return Err(format!(
                    "the order of versions is not that of real time: by version this came first\n  \
                     {}\nbut this was over before it began\n  {}",
                    earlier.call, step.call
                ));
            }
        }
        let last = group.iter().max_by_key(|step| step.call.invoked);
        latest = [latest, last].into_iter().flatten().max_by_key(|step| step.call.invoked);
        rest = others;
    }
    Ok(())
}

/// All answers are on one clock, which does not go back by more than `slack`.
pub(super) fn check_clock(steps: &[Step<'_>], slack: Duration) -> Result<(), String> {
    let mut latest: Option<&Step<'_>> = None;
    for step in steps {
        if let Some(earlier) = latest.filter(|earlier| earlier.now() > step.now() + slack) {
            return Err(format!(
                "the store has more than one clock: this came first\n  {}\nand then this\n  {}",
                earlier.call, step.call
            ));
        }
        if latest.is_none_or(|latest| latest.now() < step.now()) {
            latest = Some(step);
        }
    }
    Ok(())
}
