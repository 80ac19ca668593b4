//! One step: whether its answer is the one that the rule gives.

use lock_core::{Answer, Command, Decision, Outcome, RecordId, Stamp, Token};

use super::{
    Rules,
    alike::{self, alike},
    audit,
    call::Call,
    doubt::Doubts,
    earlier,
    model::Model,
    order::{Step, What},
    seen,
    settle::Unanswered,
};

/// Holds steps against the rule.
pub(super) struct Judge<'a> {
    pub(super) unanswered: &'a [Unanswered<'a>],
    pub(super) rules: Rules<'a>,
}

impl Judge<'_> {
    /// Takes the step, if its answer is right.
    pub(super) fn take(&self, step: Step<'_>, model: &mut Model) -> Result<(), String> {
        match step.what {
            What::Saw(view) => {
                model.learn(&view.locks, &view.waiters);
                model.now = model.now.max(view.now);
                seen::check(model, view, step.call, self.rules)
            }
            What::Did { command, outcome } => {
                let locks: Vec<_> = alike::locks_in(&outcome.answer).into_iter().cloned().collect();
                model.learn(&locks, &alike::waiters_in(&outcome.answer));
                let token = granted_token(model, &outcome.answer);
                let stamp = Stamp { now: outcome.now, version: outcome.version, token };
                let shown = earlier::brought_up_to_date(outcome, step.call, model, self);
                let Some(decision) = self.judge(model, step.call, command, stamp, Some(&shown))
                else {
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
        call: &Call,
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
        let doubts = Doubts::of(model, call, stamp, self.unanswered, self.rules);
        let certain: Vec<_> = doubts.certain().collect();
        let decision = model.decide(command, stamp.now, &certain);
        if fits(&decision) {
            return Some(decision);
        }
        let mut ways = doubts.every_way().map(|judged| model.decide(command, stamp.now, &judged));
        ways.find(fits)
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
