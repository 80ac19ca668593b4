//! The next command to type.

use std::ffi::OsStr;

use lock_core::AgentId;

use super::{say, style::BOLD};
use crate::{patterns::PatternArgs, quote};

/// A `lockctl` command line in the making.
#[derive(Debug)]
pub(crate) struct Next(Vec<String>);

impl Next {
    pub(crate) fn new(verb: &str) -> Self {
        Self(vec!["lockctl".to_owned(), verb.to_owned()])
    }

    /// One more word.
    #[must_use]
    pub(crate) fn word(mut self, word: impl Into<String>) -> Self {
        self.0.push(word.into());
        self
    }

    /// A flag, if it was given.
    #[must_use]
    pub(crate) fn flag(self, flag: &str, given: bool) -> Self {
        if given { self.word(flag) } else { self }
    }

    /// An option, if it was given.
    #[must_use]
    pub(crate) fn option(self, name: &str, value: Option<&OsStr>) -> Self {
        match value {
            Some(value) => self.word(name).word(value.to_string_lossy()),
            None => self,
        }
    }

    /// The patterns, as they were typed.
    #[must_use]
    pub(crate) fn patterns(mut self, args: &PatternArgs) -> Self {
        self.0.extend(args.patterns.iter().map(|word| match word.to_string_lossy() {
            // It must not look like an option.
            word if word.starts_with('-') => format!("./{word}"),
            word => word.into_owned(),
        }));
        let from = args.patterns_from.as_ref().map(|path| path.as_os_str());
        self.option("--patterns-from", from)
            .flag("-0", args.null)
            .flag("--literal", args.reading.literal)
            .flag("--glob", args.reading.glob)
    }

    /// The agent.
    #[must_use]
    pub(crate) fn agent(self, agent: &AgentId) -> Self {
        self.word("--agent").word(agent.as_str())
    }

    /// Prints it.
    pub(crate) fn say(self, out: &mut String) {
        say!(out, "{BOLD}next:{BOLD:#} {}", self.line());
    }

    /// It, as it can be typed.
    pub(crate) fn line(&self) -> String {
        quote::line(self.0.iter().map(String::as_str))
    }
}
