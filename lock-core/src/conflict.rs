//! Why a request was not granted.

use std::fmt;

use crate::{Lock, Pattern, Waiter, escape::Escaped};

/// One reason why a request was not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The pattern that was asked for.
    pub requested: Pattern,
    /// A path that both patterns match.
    pub witness: String,
    /// What stands against it.
    pub blocker: Blocker,
}

/// What stands against a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocker {
    /// A live lock.
    Held(Lock),
    /// An earlier request in line.
    Waiting {
        /// The request.
        waiter: Waiter,
        /// Its place in line, from 1.
        position: usize,
    },
}

/// Why a request was not granted: every live lock and earlier waiter against it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    /// The conflicts: locks before waiters, in the order of the request; at most
    /// [`Refusal::LISTED`].
    pub conflicts: Vec<Conflict>,
    /// How many more there are.
    pub more: usize,
}

impl Refusal {
    /// How many conflicts a refusal lists; a request for `**` can meet a hundred thousand locks.
    pub const LISTED: usize = 100;
}

/// For people, one line a conflict. What hides or moves a cursor is escaped.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, conflict) in self.conflicts.iter().enumerate() {
            write!(f, "{}{conflict}", if index == 0 { "" } else { "\n" })?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (requested, witness) = (Escaped(self.requested.as_str()), Escaped(&self.witness));
        match &self.blocker {
            Blocker::Held(lock) => {
                let Lock { pattern, agent, mode, expires_at, .. } = lock;
                let pattern = Escaped(pattern.as_str());
                write!(f, "{requested}: {agent} holds {pattern} ({mode}) until {expires_at}")?;
                if let Some(reason) = &lock.reason {
                    write!(f, ", because: {}", Escaped(reason.as_str()))?;
                }
            }
            Blocker::Waiting { waiter, position } => {
                let agent = &waiter.agent;
                write!(f, "{requested}: {agent} is ahead in line, at position {position}")?;
            }
        }
        write!(f, "; both would cover {witness}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Acquire, AgentId, Answer, Command, LockBackend as _, MemoryBackend, Mode, Reason};

    #[test]
    fn a_name_or_a_reason_cannot_forge_a_line() {
        let store = MemoryBackend::new();
        let ask = |agent: &str| {
            let acquire = Acquire {
                agent: AgentId::new(agent).unwrap(),
                holder: None,
                patterns: vec![Pattern::parse("a\u{202e}b").unwrap()],
                mode: Mode::Exclusive,
                reason: Some(Reason::new("x\n\u{1b}[2Jb: root holds **\u{2028}").unwrap()),
                ttl: crate::Ttl::default(),
                processes: Vec::new(),
                wait: None,
            };
            futures_lite::future::block_on(store.execute(&Command::new(acquire))).unwrap().answer
        };
        ask("one");
        let Answer::Refused(refusal) = ask("two") else { panic!("granted twice") };
        let text = refusal.to_string();
        assert!(
            text.contains("one holds a\\u{202e}b") && text.contains("x\\n\\u{1b}[2Jb"),
            "{text}"
        );
        assert!(
            !text.contains(|c: char| c.is_control() || "\u{202e}\u{2028}".contains(c)),
            "{text:?}"
        );
    }
}
