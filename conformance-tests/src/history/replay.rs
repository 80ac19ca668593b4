//! Walking the order, step by step, through the rule.

use lock_core::{Action, Answer, Change, Command, Decision, Outcome, RecordId, Stamp, Token};

use super::{
    Rules,
    alike::{self, alike},
    audit,
    model::Model,
    order::{Step, What},
    seen,
    settle::Unanswered,
};

/// How many guesses at unanswered calls are worth trying before a history counts as unexplained.
const GUESSES: usize = 10_000;

/// Replays `steps`; `unanswered` may have been steps too.
pub(super) fn replay(
    steps: &[Step<'_>],
    unanswered: &[Unanswered<'_>],
    rules: Rules,
) -> Result<(), String> {
    let mut walk = Walk { steps, unanswered, rules, guesses: GUESSES };
    let taken = vec![false; unanswered.len()];
    walk.from(0, Model::default(), taken).map_err(|(_, story)| story)
}

struct Walk<'a> {
    steps: &'a [Step<'a>],
    unanswered: &'a [Unanswered<'a>],
    rules: Rules,
    guesses: usize,
}

/// How far a walk came, and what stopped it.
type Stop = (usize, String);

impl Walk<'_> {
    fn from(&mut self, first: usize, mut model: Model, mut taken: Vec<bool>) -> Result<(), Stop> {
        for index in first..self.steps.len() {
            let step = self.steps[index];
            while model.version.next() < step.version()
                || (model.version < step.version() && !step.makes_version())
            {
                if self.fill_known(&mut model, &mut taken).map_err(|s| self.stop(index, s))? {
                    continue;
                }
                if self.guess(index, &model, &taken)? {
                    return Ok(());
                }
                model.version = model.version.next(); // nothing to be seen was done in it
            }
            self.take(step, &mut model).map_err(|story| self.stop(index, story))?;
        }
        Ok(())
    }

    /// The next version is that of an unanswered call of which the store's log tells.
    fn fill_known(&self, model: &mut Model, taken: &mut [bool]) -> Result<bool, String> {
        let version = model.version.next();
        let known = |it: &&Unanswered<'_>| it.stamp.is_some_and(|s| s.version == version);
        let Some((found, stamp)) =
            self.unanswered.iter().find(known).and_then(|it| Some((it, it.stamp?)))
        else {
            return Ok(false);
        };
        let at = self.unanswered.iter().position(|it| std::ptr::eq(it, found));
        at.into_iter().for_each(|at| taken[at] = true);
        let decision = self.judge(model, found.command, stamp, None);
        let Some(decision) = decision.filter(Decision::makes_version) else {
            let (call, command) = (found.call, super::call::in_short(found.command));
            return Err(format!("never answered, yet done, against the rule: {command}\n  {call}"));
        };
        self.commit(model, decision, stamp)?;
        Ok(true)
    }

    /// Tries each unanswered call that may have made the next version, and walks on from there.
    fn guess(&mut self, index: usize, model: &Model, taken: &[bool]) -> Result<bool, Stop> {
        let step = self.steps[index];
        let mut furthest: Option<Stop> = None;
        for (at, unanswered) in self.unanswered.iter().enumerate() {
            let fits = !taken[at]
                && unanswered.stamp.is_none()
                && unanswered.call.invoked <= step.call.answered;
            let decision = fits.then(|| model.decide(unanswered.command, model.now, &[]));
            // A grant or an end would stand in the log.
            let silent = |it: &Change| {
                matches!(it, Change::Extend { .. } | Change::Enqueue { .. } | Change::Leave { .. })
            };
            let Some(decision) = decision
                .filter(|it| it.makes_version() && it.changes().iter().all(silent))
                .filter(|_| self.guesses > 0)
            else {
                continue;
            };
            self.guesses -= 1;
            let (mut model, mut taken) = (model.clone(), taken.to_vec());
            taken[at] = true;
            model.vague.extend(decision.changes().iter().filter_map(name));
            let stamp = Stamp { now: model.now, version: model.version.next(), token: Token::ZERO };
            model.commit(decision, stamp);
            match self.from(index, model, taken) {
                Ok(()) => return Ok(true),
                Err(stop) if furthest.as_ref().is_none_or(|it| it.0 < stop.0) => {
                    furthest = Some(stop);
                }
                Err(_) => {}
            }
        }
        // Whoever guessed right and failed later has the better story than "it was nobody".
        match furthest {
            Some(stop) if self.guesses == 0 => Err(stop),
            _ => Ok(false),
        }
    }

    fn take(&self, step: Step<'_>, model: &mut Model) -> Result<(), String> {
        match step.what {
            What::Saw { view, .. } => {
                model.learn(&view.locks, &view.waiters);
                model.now = model.now.max(view.now);
                seen::check(model, view, self.rules)
            }
            What::Did { command, outcome } => {
                let locks: Vec<_> = alike::locks_in(&outcome.answer).into_iter().cloned().collect();
                model.learn(&locks, &[]);
                let token = granted_token(model, &outcome.answer);
                let stamp = Stamp { now: outcome.now, version: outcome.version, token };
                let Some(decision) = self.judge(model, command, stamp, Some(outcome)) else {
                    let expected = answer_of(&model.decide(command, stamp.now, &[]), stamp);
                    return Err(format!(
                        "by the rule, the answer is\n{expected:#?}\nnot\n{outcome:#?}"
                    ));
                };
                if decision.changes().is_empty() {
                    model.now = model.now.max(stamp.now);
                    return Ok(());
                }
                self.commit(model, decision, stamp)
            }
        }
    }

    fn commit(&self, model: &mut Model, decision: Decision, stamp: Stamp) -> Result<(), String> {
        let committed = decision.clone().commit(stamp);
        audit::audit(model, &committed.outcome.answer, stamp.now, &committed.log, self.rules)?;
        model.commit(decision, stamp);
        Ok(())
    }

    /// The decision whose answer is `outcome`, if there is one. Near the end of a lease either
    /// verdict is right.
    fn judge(
        &self,
        model: &Model,
        command: &Command,
        stamp: Stamp,
        outcome: Option<&Outcome>,
    ) -> Option<Decision> {
        let fits = |decision: &Decision| match outcome {
            None => decision.makes_version(),
            Some(outcome) => {
                let expected = answer_of(decision, stamp);
                expected.changed == outcome.changed
                    && alike(&expected.answer, &outcome.answer, self.rules.jitter)
            }
        };
        let decision = model.decide(command, stamp.now, &[]);
        if fits(&decision) {
            return Some(decision);
        }
        let mut doubtful = model.doubtful(stamp.now, self.rules.jitter);
        // Whoever was cut off while it waited may have renewed its place, or not.
        doubtful.extend(self.unanswered.iter().filter_map(|it| place_of(it.command)));
        doubtful.sort();
        doubtful.dedup();
        doubtful.retain(|id| model.locks.contains_key(id) || model.waiters.contains_key(id));
        let count = doubtful.len().min(6);
        (0..1_u32 << count).find_map(|bits| {
            let judged: Vec<_> =
                (0..count).map(|bit| (doubtful[bit], bits & (1 << bit) != 0)).collect();
            let decision = model.decide(command, stamp.now, &judged);
            (count > 0 && fits(&decision)).then_some(decision)
        })
    }

    fn stop(&self, index: usize, story: String) -> Stop {
        let from = index.saturating_sub(12);
        let steps = self.steps[from..=index].iter();
        let lines: Vec<_> = steps.map(|step| format!("  {}", step.call)).collect();
        (
            index,
            format!(
                "{story}\nafter these steps, in the order of their versions:\n{}",
                lines.join("\n")
            ),
        )
    }
}

fn answer_of(decision: &Decision, stamp: Stamp) -> Outcome {
    let decision = decision.clone();
    match decision.changes().is_empty() {
        true => decision.outcome(stamp.now, stamp.version),
        false => decision.commit(stamp).outcome,
    }
}

/// The token that a step handed out: that of the locks which were not there before.
fn granted_token(model: &Model, answer: &Answer) -> Token {
    let new = |id: &RecordId| !model.locks.contains_key(id);
    let locks = alike::locks_in(answer).into_iter().filter(|lock| new(&lock.id));
    locks.map(|lock| lock.token).next().unwrap_or(Token::ZERO)
}

fn place_of(command: &Command) -> Option<RecordId> {
    match &command.action {
        Action::Acquire(acquire) => acquire.wait,
        _ => None,
    }
}

fn name(change: &Change) -> Option<RecordId> {
    match change {
        Change::Extend { lock, .. } => Some(lock.id),
        Change::Enqueue { waiter } => Some(waiter.id),
        _ => None,
    }
}
