//! One call, from its invocation to its answer.

use std::fmt;

use lock_core::{Action, Answer, Command, Outcome, Scope, View};

/// One call of a contestant.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Who made it: a thread or a process.
    pub(crate) by: String,
    /// What was asked.
    pub(crate) asked: Asked,
    /// When, in nanoseconds of the machine's monotonic clock.
    pub(crate) invoked: u64,
    /// When the answer came; the end of time if none came.
    pub(crate) answered: u64,
    /// The answer.
    pub(crate) answer: Answered,
}

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) enum Asked {
    Command(Command),
    View(Scope),
}

/// What came back.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "a history keeps as many of the one as of the other")]
pub(crate) enum Answered {
    Outcome(Outcome),
    View(View),
    /// An error that promises that nothing happened.
    Failed(String),
    /// An error that promises nothing.
    Unknown(String),
    /// Nothing: the contestant was killed, or gave up.
    Nothing,
}

impl Call {
    /// The command, if it is one whose effect, if any, nobody was told.
    pub(crate) fn unanswered(&self) -> Option<&Command> {
        match (&self.asked, &self.answer) {
            (Asked::Command(command), Answered::Nothing | Answered::Unknown(_)) => Some(command),
            _ => None,
        }
    }
}

/// One line for a failure's story.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |nanos: u64| nanos as f64 / 1e6;
        write!(f, "{:.3}–", ms(self.invoked))?;
        match self.answered {
            u64::MAX => write!(f, "…")?,
            answered => write!(f, "{:.3}", ms(answered))?,
        }
        write!(f, " ms {}: ", self.by)?;
        match &self.asked {
            Asked::Command(command) => write!(f, "{}", in_short(command))?,
            Asked::View(scope) => write!(f, "view {:?}", scope.locks)?,
        }
        match &self.answer {
            Answered::Outcome(outcome) => {
                let Outcome { version, changed, now, answer } = outcome;
                let made = if *changed { "changed, " } else { "" };
                write!(f, " → {} ({made}version {version}, {now})", answer_in_short(answer))
            }
            Answered::View(View { version, now, locks, waiters, .. }) => {
                let held: Vec<_> = locks.iter().map(|l| (l.pattern.as_str(), l.token)).collect();
                write!(f, " → {held:?} and {} waiters (version {version}, {now})", waiters.len())
            }
            Answered::Failed(text) => write!(f, " → failed: {text}"),
            Answered::Unknown(text) => write!(f, " → unknown: {text}"),
            Answered::Nothing => write!(f, " → no answer"),
        }
    }
}

pub(crate) fn in_short(command: &Command) -> String {
    let again = if command.retry { " (again)" } else { "" };
    let what = match &command.action {
        Action::Acquire(a) => {
            let patterns: Vec<_> = a.patterns.iter().map(|p| p.as_str()).collect();
            let wait = if a.wait.is_some() { ", in line" } else { "" };
            format!("{} acquires {patterns:?} {}{wait}", a.agent, a.mode)
        }
        Action::Refresh(r) => format!("{} refreshes {:?}", r.agent, r.targets),
        Action::Release(r) => format!("{} releases {:?}", r.agent, r.targets),
        other => format!("{other:?}"),
    };
    format!("{what}{again}")
}

fn answer_in_short(answer: &Answer) -> String {
    match answer {
        Answer::Granted(granted) => {
            let each = granted.iter().map(|g| (g.lock.pattern.as_str(), g.lock.token, g.fresh));
            format!("granted {:?}", each.collect::<Vec<_>>())
        }
        Answer::Refused(refusal) => format!("refused: {refusal}"),
        Answer::Waiting { position, refusal, .. } => format!("waits at {position}: {refusal}"),
        other => format!("{other:?}"),
    }
}
