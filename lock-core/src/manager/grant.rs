//! What came of an acquire.

use std::fmt;

use crate::{AgentId, Granted, Pattern, Refusal, Token};

/// What came of an acquire.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a refusal is an answer, not an error"]
pub enum Grant {
    /// All of it is held.
    Held(Leases),
    /// Nothing of it was taken: somebody else holds a part, or is ahead in line.
    Refused(Refusal),
    /// The same, still so after as long as the request was willing to wait.
    TimedOut(Refusal),
    /// Nothing was taken, because waiting for it would never end.
    Deadlock {
        /// The agents that wait for each other, the requester first.
        cycle: Vec<AgentId>,
        /// What stood against the request.
        refusal: Refusal,
    },
}

impl Grant {
    /// The locks, if they are held.
    pub fn held(self) -> Option<Leases> {
        match self {
            Self::Held(leases) => Some(leases),
            _ => None,
        }
    }
}

/// The locks of a granted request, one for each pattern, in the order asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leases {
    pub(super) granted: Vec<Granted>,
}

impl Leases {
    /// Each lock, and whether the request made it or refreshed it.
    pub fn iter(&self) -> impl Iterator<Item = &Granted> {
        self.granted.iter()
    }

    /// The patterns.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.granted.iter().map(|granted| &granted.lock.pattern)
    }

    /// The fencing token to show to whatever is being protected: the lowest among the locks, so
    /// that it is refused as soon as any of them has been granted anew to another.
    pub fn token(&self) -> Token {
        self.granted.iter().map(|granted| granted.lock.token).min().unwrap_or(Token::ZERO)
    }

    /// Whether the request made any of the locks.
    pub fn any_fresh(&self) -> bool {
        self.granted.iter().any(|granted| granted.fresh)
    }
}

/// For people: what is held, or what stands against it. Control characters are escaped.
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held(leases) => write!(f, "{leases}"),
            Self::Refused(refusal) => write!(f, "refused: {refusal}"),
            Self::TimedOut(refusal) => write!(f, "timed out: {refusal}"),
            Self::Deadlock { cycle, .. } => {
                f.write_str("waiting would never end: ")?;
                for agent in cycle {
                    write!(f, "{agent} waits for ")?;
                }
                cycle.first().map_or(Ok(()), |first| write!(f, "{first}"))
            }
        }
    }
}

impl fmt::Display for Leases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Granted { lock, .. }) in self.granted.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let (pattern, until) = (&lock.pattern, lock.expires_at);
            write!(f, "{separator}{pattern} held until {until} (token {})", lock.token)?;
        }
        Ok(())
    }
}
