//! Walking the order, step by step, and guessing where the unanswered calls belong.

use lock_core::{Change, Decision, RecordId, Stamp, Token};

use super::{
    Rules,
    judge::Judge,
    model::{Mark, Model},
    order::Step,
    settle::Unanswered,
};

/// How many wrong guesses are worth taking back before a history counts as unexplained.
const MISTAKES: usize = 10_000;

/// Replays `steps`; `unanswered` may have been steps too.
pub(super) fn replay(
    steps: &[Step<'_>],
    unanswered: &[Unanswered<'_>],
    rules: Rules<'_>,
) -> Result<(), String> {
    let judge = Judge { unanswered, rules };
    let taken = vec![false; unanswered.len()];
    let walk = Walk { steps, unanswered, judge, model: Model::default(), taken, forks: Vec::new() };
    walk.run_to_the_end()
}

struct Walk<'a> {
    steps: &'a [Step<'a>],
    unanswered: &'a [Unanswered<'a>],
    judge: Judge<'a>,
    model: Model,
    /// Which unanswered calls were guessed to be steps.
    taken: Vec<bool>,
    forks: Vec<Fork>,
}

/// A version that nobody answered for: whose is it?
struct Fork {
    /// The step that comes after it.
    index: usize,
    /// The model before it.
    before: Mark,
    /// The guess that is being tried.
    guess: Option<usize>,
    /// The first guess that was not yet tried.
    next: usize,
}

/// Why a walk does not go on.
enum Halt {
    /// The version before this step is nobody's.
    Gap(usize),
    /// This step cannot have happened.
    Wrong(usize, String),
}

impl Walk<'_> {
    fn run_to_the_end(mut self) -> Result<(), String> {
        let (mut index, mut furthest) = (0, (0, String::new()));
        for _ in 0..MISTAKES {
            let wrong = loop {
                match self.go_on(index) {
                    Ok(()) => return Ok(()),
                    Err(Halt::Wrong(at, story)) => break (at, story),
                    Err(Halt::Gap(at)) => {
                        let before = self.model.mark();
                        self.forks.push(Fork { index: at, before, guess: None, next: 0 });
                        self.guess_on();
                        index = at;
                    }
                }
            };
            if furthest.1.is_empty() || furthest.0 < wrong.0 {
                furthest = wrong;
            }
            match self.back() {
                Some(fork) => index = fork,
                None => break,
            }
        }
        let (at, story) = furthest;
        Err(format!(
            "{story}\nafter these steps, in the order of their versions:\n{}",
            self.last(at)
        ))
    }

    /// Takes the steps from `first` on.
    fn go_on(&mut self, first: usize) -> Result<(), Halt> {
        for index in first..self.steps.len() {
            let step = self.steps[index];
            while self.model.version.next() < step.version()
                || (self.model.version < step.version() && !step.makes_version())
            {
                if !self.fill_known().map_err(|story| Halt::Wrong(index, story))? {
                    return Err(Halt::Gap(index));
                }
            }
            self.judge.take(step, &mut self.model).map_err(|story| Halt::Wrong(index, story))?;
        }
        Ok(())
    }

    /// The next version may be that of an unanswered call of which the store's log tells.
    fn fill_known(&mut self) -> Result<bool, String> {
        let version = self.model.version.next();
        let known = self.unanswered.iter().find_map(|it| {
            let stamp = it.stamp.filter(|stamp| stamp.version == version)?;
            Some((it, stamp))
        });
        let Some((it, stamp)) = known else { return Ok(false) };
        let decision = self.judge.judge(&self.model, it.call, it.command, stamp, None);
        let Some(decision) = decision.filter(Decision::makes_version) else {
            return Err(format!("never answered, yet done, against the rule:\n  {}", it.call));
        };
        self.judge.commit(&mut self.model, decision, stamp, it.call.answered)?;
        Ok(true)
    }

    /// Makes the next guess at the last fork: an unanswered call, or, when all were tried, that
    /// nothing to be seen was done in this version. That one is the last, so its fork goes.
    fn guess_on(&mut self) {
        let Some(fork) = self.forks.last() else { return };
        let step = self.steps[fork.index];
        for at in fork.next..self.unanswered.len() {
            let it = &self.unanswered[at];
            if self.taken[at] || it.stamp.is_some() || it.call.invoked > step.call.answered {
                continue;
            }
            let decision = self.model.decide(it.command, self.model.now, &[]);
            if decision.makes_version() && decision.changes().iter().all(leaves_no_trace) {
                self.model.vague.extend(decision.changes().iter().filter_map(record));
                let (now, version) = (self.model.now, self.model.version.next());
                let stamp = Stamp { now, version, token: Token::ZERO };
                self.model.commit(decision, stamp, it.call.answered);
                self.taken[at] = true;
                if let Some(fork) = self.forks.last_mut() {
                    (fork.guess, fork.next) = (Some(at), at + 1);
                }
                return;
            }
        }
        self.model.version = self.model.version.next();
        self.forks.pop();
    }

    /// Takes back the last guess and makes another; says from which step on.
    fn back(&mut self) -> Option<usize> {
        let fork = self.forks.last_mut()?;
        self.model.back_to(&fork.before);
        if let Some(at) = fork.guess.take() {
            self.taken[at] = false;
        }
        let index = fork.index;
        self.guess_on();
        Some(index)
    }

    /// The story up to a step.
    fn last(&self, index: usize) -> String {
        let steps = self.steps.iter().take(index + 1).skip(index.saturating_sub(12));
        steps.map(|step| format!("  {}", step.call)).collect::<Vec<_>>().join("\n")
    }
}

/// A grant or an end would stand in the log.
fn leaves_no_trace(change: &Change) -> bool {
    matches!(change, Change::Extend { .. } | Change::Enqueue { .. } | Change::Leave { .. })
}

/// The record whose times are not known if the change was made.
fn record(change: &Change) -> Option<RecordId> {
    match change {
        Change::Extend { lock, .. } => Some(lock.id),
        Change::Enqueue { waiter } => Some(waiter.id),
        _ => None,
    }
}
