//! What a guard says when its locks are gone, or may be.

use std::fmt;

use crate::{Lost, Pattern};

/// The locks of a guard are lost, or can no longer be relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// The store says so: to whom, when and why.
    Reported(Vec<Lost>),
    /// No refresh has succeeded for 80 % of the lease, so that it may run out before the next
    /// does. What kept the last one from succeeding is in here.
    Overdue(String),
}

impl Loss {
    /// The same without what was let go of one's own will.
    pub(super) fn without(self, released: &[Pattern]) -> Self {
        match self {
            Self::Reported(mut lost) => {
                lost.retain(|lost| !released.contains(&lost.pattern));
                Self::Reported(lost)
            }
            overdue @ Self::Overdue(_) => overdue,
        }
    }
}

impl std::error::Error for Loss {}

/// For people.
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overdue(why) => write!(f, "the lease could not be refreshed in time: {why}"),
            Self::Reported(lost) => {
                f.write_str("lost ")?;
                for (index, Lost { pattern, to, at, cause }) in lost.iter().enumerate() {
                    write!(f, "{}{pattern} ({cause}", if index == 0 { "" } else { ", " })?;
                    if let Some(to) = to {
                        write!(f, ", to {}", to.escape_debug())?;
                    }
                    if let Some(at) = at {
                        write!(f, ", at {at}")?;
                    }
                    f.write_str(")")?;
                }
                Ok(())
            }
        }
    }
}
