//! What can be given where patterns are asked for.

use super::Leases;
use crate::{Pattern, pattern::PatternError};

/// What can be given where patterns are asked for: a text or a [`Pattern`], or a list of either.
///
/// A text is read as a glob relative to the root; `Root` turns a path or an
/// argument of a command line into a pattern.
pub trait IntoPatterns {
    /// The patterns.
    ///
    /// # Errors
    /// What [`Pattern::parse`] says of the first text that is none.
    fn into_patterns(self) -> Result<Vec<Pattern>, PatternError>;
}

/// One pattern.
trait IntoPattern {
    fn into_pattern(self) -> Result<Pattern, PatternError>;
}

macro_rules! texts {
    ($($text:ty),*) => {$(
        impl IntoPattern for $text {
            fn into_pattern(self) -> Result<Pattern, PatternError> {
                Pattern::parse(self.as_ref())
            }
        }
    )*};
}

texts!(&str, String, &String);

impl IntoPattern for Pattern {
    fn into_pattern(self) -> Result<Pattern, PatternError> {
        Ok(self)
    }
}

impl IntoPattern for &Pattern {
    fn into_pattern(self) -> Result<Pattern, PatternError> {
        Ok(self.clone())
    }
}

macro_rules! one_or_many {
    ($($one:ty),*) => {$(
        impl IntoPatterns for $one {
            fn into_patterns(self) -> Result<Vec<Pattern>, PatternError> {
                Ok(vec![self.into_pattern()?])
            }
        }

        impl IntoPatterns for Vec<$one> {
            fn into_patterns(self) -> Result<Vec<Pattern>, PatternError> {
                self.into_iter().map(IntoPattern::into_pattern).collect()
            }
        }

        impl<const N: usize> IntoPatterns for [$one; N] {
            fn into_patterns(self) -> Result<Vec<Pattern>, PatternError> {
                self.into_iter().map(IntoPattern::into_pattern).collect()
            }
        }
    )*};
}

one_or_many!(&str, String, &String, Pattern, &Pattern);

impl IntoPatterns for &[Pattern] {
    fn into_patterns(self) -> Result<Vec<Pattern>, PatternError> {
        Ok(self.to_vec())
    }
}

impl IntoPatterns for &Leases {
    fn into_patterns(self) -> Result<Vec<Pattern>, PatternError> {
        Ok(self.patterns().cloned().collect())
    }
}
