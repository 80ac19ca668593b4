//! What need not be looked for again, as long as nobody else has taken a step.
//!
//! Every step writes another line of numbers. So whoever finds the line that it saw last knows that
//! since then nobody has put a record anywhere or taken one away: where it found none there is
//! none, and the directories that it opened are the ones that others open. Nothing here is asked
//! once the line is another, or a step was left half done. What stands in a record is never believed
//! without looking at its file: only that there are no other files.

use std::sync::Arc;

use lock_core::{LockScope, Pattern};
use rustix::fd::OwnedFd;

use crate::place::Spot;

/// How many questions are remembered: an agent asks for the same few patterns again and again.
const MOST: usize = 16;

/// More records than that are found by looking: keeping account of them would cost as much.
const FEW: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Alone {
    asked: Vec<Asked>,
    /// The directory that was used last.
    dir: Option<(String, Arc<OwnedFd>)>,
}

/// Which records there are for some patterns.
#[derive(Debug)]
struct Asked {
    patterns: Vec<Pattern>,
    /// All that meet one of them, or only those of the very same pattern.
    meeting: bool,
    /// Where they lie, and what they lock.
    found: Vec<(Pattern, Spot)>,
}

impl Asked {
    fn concerns(&self, pattern: &Pattern) -> bool {
        self.patterns.iter().any(|asked| match self.meeting {
            true => asked.meets(pattern),
            false => asked == pattern,
        })
    }
}

impl Alone {
    /// Somebody else took a step, or one was left half done.
    pub(crate) fn forget(&mut self) {
        self.asked.clear();
        self.dir = None;
    }

    /// Where all records in scope lie, if that is known.
    pub(crate) fn spots(&self, scope: &LockScope) -> Option<Vec<Spot>> {
        let (patterns, meeting) = question(scope)?;
        let fits = |it: &&Asked| it.patterns == patterns && (it.meeting || !meeting);
        let asked = self.asked.iter().find(fits)?;
        let wanted = asked.found.iter().filter(|(found, _)| meeting || patterns.contains(found));
        Some(wanted.map(|(_, spot)| spot.clone()).collect())
    }

    /// All records in scope were looked for, and these were found.
    pub(crate) fn found<'a>(
        &mut self,
        scope: &LockScope,
        found: impl Iterator<Item = (&'a Pattern, &'a Spot)>,
    ) {
        let Some((patterns, meeting)) = question(scope) else { return };
        let found: Vec<_> = found.map(|(it, spot)| (it.clone(), spot.clone())).take(FEW).collect();
        if found.len() == FEW || patterns.len() > FEW {
            return;
        }
        if self.asked.len() >= MOST {
            self.asked.remove(0);
        }
        self.asked.push(Asked { patterns: patterns.to_vec(), meeting, found });
    }

    /// A record of `pattern` is put at `spot`.
    pub(crate) fn put(&mut self, pattern: &Pattern, spot: &Spot) {
        for asked in self.asked.iter_mut().filter(|asked| asked.concerns(pattern)) {
            asked.found.retain(|(_, other)| other != spot);
            asked.found.push((pattern.clone(), spot.clone()));
        }
        self.asked.retain(|asked| asked.found.len() < FEW);
    }

    /// What lies at `spot` goes.
    pub(crate) fn dropped(&mut self, spot: &Spot) {
        for asked in &mut self.asked {
            asked.found.retain(|(_, other)| other != spot);
        }
    }

    /// The directory `path` was opened.
    pub(crate) fn keep_dir(&mut self, path: &str, dir: &Arc<OwnedFd>) {
        self.dir = Some((path.to_owned(), dir.clone()));
    }

    /// The open directory `path`, if it is the one that was used last.
    pub(crate) fn dir(&self, path: &str) -> Option<Arc<OwnedFd>> {
        self.dir.as_ref().filter(|(kept, _)| kept == path).map(|(_, dir)| dir.clone())
    }

    /// Directories may have been removed.
    pub(crate) fn forget_dir(&mut self) {
        self.dir = None;
    }
}

/// The patterns asked for, and whether what meets them is too; `None` for what is not remembered.
fn question(scope: &LockScope) -> Option<(&[Pattern], bool)> {
    match scope {
        LockScope::At(patterns) => Some((patterns, false)),
        LockScope::Meeting(patterns) => Some((patterns, true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    fn at(name: &str) -> Spot {
        Spot { dir: "locks".to_owned(), name: name.to_owned() }
    }

    fn meeting(text: &str) -> LockScope {
        LockScope::Meeting(vec![pattern(text)])
    }

    fn exactly(text: &str) -> LockScope {
        LockScope::At(vec![pattern(text)])
    }

    #[test]
    fn what_was_not_asked_is_not_known() {
        let mut alone = Alone::default();
        alone.found(&exactly("a"), std::iter::empty());
        assert_eq!(alone.spots(&exactly("a")), Some(Vec::new()));
        for scope in [meeting("a"), exactly("b"), LockScope::All, LockScope::None] {
            assert_eq!(alone.spots(&scope), None, "{scope:?}");
        }
        alone.forget();
        assert_eq!(alone.spots(&exactly("a")), None);
    }

    #[test]
    fn what_comes_and_goes_by_ones_own_steps_is_known() {
        let mut alone = Alone::default();
        alone.found(&meeting("src/a"), std::iter::empty());
        alone.found(&exactly("src/b"), std::iter::empty());
        alone.put(&pattern("src/*"), &at("glob"));
        alone.put(&pattern("src/a"), &at("path"));
        assert_eq!(alone.spots(&meeting("src/a")), Some(vec![at("glob"), at("path")]));
        assert_eq!(alone.spots(&exactly("src/a")), Some(vec![at("path")]));
        assert_eq!(alone.spots(&exactly("src/b")), Some(Vec::new()));
        alone.dropped(&at("glob"));
        // A takeover in one place.
        alone.put(&pattern("src/a"), &at("path"));
        assert_eq!(alone.spots(&meeting("src/a")), Some(vec![at("path")]));
    }

    #[test]
    fn neither_questions_nor_answers_pile_up() {
        let mut alone = Alone::default();
        for n in 0..3 * MOST {
            alone.found(&meeting(&n.to_string()), std::iter::empty());
        }
        assert_eq!(alone.asked.len(), MOST);
        assert_eq!(alone.spots(&meeting("0")), None, "the oldest goes first");
        let last = (3 * MOST - 1).to_string();
        for n in 0..FEW {
            assert!(alone.spots(&meeting(&last)).is_some());
            alone.put(&pattern(&last), &at(&n.to_string()));
        }
        assert_eq!(alone.spots(&meeting(&last)), None, "there are too many to keep account of");
    }
}
