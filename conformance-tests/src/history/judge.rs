//! One step: whether its answer is the one that the rule gives.

use lock_core::{Action, Answer, Command, Decision, Outcome, RecordId, Stamp, Token};

use super::{
    Rules,
    alike::{self, alike},
    audit, earlier,
    model::Model,
    order::{Step, What},
    seen,
    settle::Unanswered,
};

/// Holds steps against the rule.
pub(super) struct Judge<'a> {
    pub(super) unanswered: &'a [Unanswered<'a>],
    pub(super) rules: Rules,
}

impl Judge<'_> {
    /// Takes the step, if its answer is right.
    pub(super) fn take(&self, step: Step<'_>, model: &mut Model) -> Result<(), String> {
        match step.what {
            What::Saw(view) => {
                model.learn(&view.locks, &view.waiters);
                model.now = model.now.max(view.now);
                seen::check(model, view, self.rules)
            }
            What::Did { command, outcome } => {
                let locks: Vec<_> = alike::locks_in(&outcome.answer).into_iter().cloned().collect();
                model.learn(&locks, &[]);
                let token = granted_token(model, &outcome.answer);
                let stamp = Stamp { now: outcome.now, version: outcome.version, token };
                let shown =
                    earlier::brought_up_to_date(outcome, step.call, model, self.rules.jitter);
                let Some(decision) = self.judge(model, command, stamp, Some(&shown)) else {
                    let expected = answer_of(&model.decide(command, stamp.now, &[]), stamp);
                    return Err(format!(
                        "by the rule, the answer is\n{expected:#?}\nnot\n{outcome:#?}"
                    ));
                };
                if decision.changes().is_empty() {
                    model.now = model.now.max(stamp.now);
                    return Ok(());
                }
                self.commit(model, decision, stamp, step.call.answered)
            }
        }
    }

    /// Commits the decision, if it may be committed whatever the rule says.
    pub(super) fn commit(
        &self,
        model: &mut Model,
        decision: Decision,
        stamp: Stamp,
        answered: u64,
    ) -> Result<(), String> {
        let committed = decision.clone().commit(stamp);
        audit::audit(model, &committed.outcome.answer, stamp.now, &committed.log, self.rules)?;
        model.commit(decision, stamp, answered);
        Ok(())
    }

    /// The decision whose answer is `outcome`, if there is one. Near the end of a lease either
    /// verdict is right.
    pub(super) fn judge(
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
        Action::Acquire(acquire) => acquire.wait.as_ref().map(|place| place.name),
        _ => None,
    }
}
