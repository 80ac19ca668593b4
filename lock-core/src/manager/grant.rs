//! What came of an acquire.

use std::fmt;

use crate::{AgentId, Granted, Pattern, Refusal, Token};

/// What came of an acquire: the locks as [`Leases`], or as a [`LockGuard`](crate::LockGuard).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a refusal is an answer, not an error"]
pub enum Grant<T = Leases> {
    /// All of it is held.
    Held(T),
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

impl<T> Grant<T> {
    /// What is held, for those to whom anything else is an error.
    ///
    /// # Errors
    /// [`NotGranted`] says what stood against it.
    ///
    /// ```
    /// # use lock_core::{LockManager, MemoryBackend};
    /// # futures_lite::future::block_on(async {
    /// # let locks = LockManager::new(MemoryBackend::new(), "agent-7")?;
    /// let leases = locks.acquire("a.rs").await?.held()?;
    /// assert_eq!(leases.patterns().count(), 1);
    /// # Ok::<(), lock_core::Error>(()) }).unwrap();
    /// ```
    pub fn held(self) -> Result<T, NotGranted> {
        match self {
            Self::Held(held) => Ok(held),
            Self::Refused(refusal) => Err(NotGranted::Refused(refusal)),
            Self::TimedOut(refusal) => Err(NotGranted::TimedOut(refusal)),
            Self::Deadlock { cycle, refusal } => Err(NotGranted::Deadlock { cycle, refusal }),
        }
    }

    /// The same answer about what `held` makes of it.
    pub fn map<U>(self, held: impl FnOnce(T) -> U) -> Grant<U> {
        match self {
            Self::Held(this) => Grant::Held(held(this)),
            Self::Refused(refusal) => Grant::Refused(refusal),
            Self::TimedOut(refusal) => Grant::TimedOut(refusal),
            Self::Deadlock { cycle, refusal } => Grant::Deadlock { cycle, refusal },
        }
    }
}

/// A [`Grant`] that is none, as an error. Its text is for people; control characters are escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotGranted {
    /// See [`Grant::Refused`].
    #[error("refused: {0}")]
    Refused(Refusal),
    /// See [`Grant::TimedOut`].
    #[error("timed out: {0}")]
    TimedOut(Refusal),
    /// See [`Grant::Deadlock`].
    #[error("waiting would never end: {}", chain(cycle))]
    Deadlock {
        /// The agents that wait for each other, the requester first.
        cycle: Vec<AgentId>,
        /// What stood against the request.
        refusal: Refusal,
    },
}

fn chain(cycle: &[AgentId]) -> String {
    let back = cycle.iter().chain(cycle.first()).map(AgentId::as_str);
    back.collect::<Vec<_>>().join(" waits for ")
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

/// For people.
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
