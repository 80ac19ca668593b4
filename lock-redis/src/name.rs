//! What stands in the indexes, and which parts of them a scope covers.

use lock_core::{AgentId, LockScope, Pattern, RecordId, Timestamp};

use crate::words::{Words, push_number, together};

/// A pattern longer than this does not stand in the index: its anchor has to do.
const LONGEST: usize = 1_024;

/// A record's entry in the index: `a` and then `anchor NUL pattern NUL id NUL acquired`.
///
/// It carries the pattern and the time of the grant, so that a record whose body cannot be read
/// still keeps that pattern, and only that, held until its time is over. A pattern that is its own
/// anchor is left out, and one too long is written `/`, which is no pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) id: RecordId,
    pub(crate) pattern: Pattern,
    pub(crate) acquired: i64,
}

/// The entry of `pattern` up to the time of the grant, which the script adds.
pub(crate) fn name_stem(pattern: &Pattern, id: &str) -> String {
    let mut name = stem(pattern);
    name.push('\0');
    name.push_str(id);
    name
}

/// The whole entry.
pub(crate) fn name(pattern: &Pattern, id: &str, acquired: Timestamp) -> String {
    let mut name = name_stem(pattern, id);
    name.push('\0');
    push_number(&mut name, acquired.as_micros());
    name
}

fn stem(pattern: &Pattern) -> String {
    let (anchor, shown) = (pattern.anchor(), shown(pattern));
    // With room for an id and a time.
    let mut stem = String::with_capacity(anchor.len() + shown.len() + 64);
    stem.push('a');
    stem.push_str(anchor);
    stem.push('\0');
    stem.push_str(shown);
    stem
}

fn shown(pattern: &Pattern) -> &str {
    match pattern.as_str() {
        text if text == pattern.anchor() => "",
        text if text.len() > LONGEST => "/",
        text => text,
    }
}

impl Name {
    /// Reads an entry. A pattern that cannot be read stands for everything below its anchor.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (rest, acquired) = text.strip_prefix('a')?.rsplit_once('\0')?;
        let (rest, id) = rest.rsplit_once('\0')?;
        let (anchor, shown) = rest.split_once('\0')?;
        let pattern = match shown {
            "" => Pattern::parse(anchor).ok(),
            "/" => None,
            text => Pattern::parse(text).ok(),
        };
        let below = || Pattern::directory(anchor).or_else(|_| Pattern::directory("")).ok();
        let pattern = pattern.or_else(below)?;
        Some(Self { id: id.parse().ok()?, pattern, acquired: acquired.parse().ok()? })
    }
}

/// The entry of an agent's lock: `g` and then `agent NUL id`.
pub(crate) fn agent_name(agent: &AgentId, id: &str) -> String {
    together(&["g", agent.as_str(), "\0", id])
}

/// A stretch of the index, in the order of bytes: the entries that begin alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Range {
    /// What they begin with; its last byte is of ASCII.
    prefix: String,
}

impl Range {
    fn all() -> Self {
        Self { prefix: "a".to_owned() }
    }

    /// The entries that begin with `start`, `rest` and NUL.
    fn beginning(start: &str, rest: &str) -> Self {
        Self { prefix: together(&[start, rest, "\0"]) }
    }

    /// The entries anchored below `anchor`.
    fn below(anchor: &str) -> Self {
        Self { prefix: together(&["a", anchor, "/"]) }
    }

    /// Where it begins.
    pub(crate) fn from(&self) -> &str {
        &self.prefix
    }

    /// Whether `name` lies in it.
    pub(crate) fn covers(&self, name: &str) -> bool {
        name.starts_with(&self.prefix)
    }

    /// The bounds as the server wants them: what begins with the prefix comes before the same with the
    /// byte that follows its last.
    pub(crate) fn write(&self, words: &mut Words) {
        words.push_parts(&["[", &self.prefix]);
        let mut chars = self.prefix.chars();
        let next = match chars.next_back() {
            Some('\0') => "\u{1}",
            Some('/') => "0",
            _ => "b",
        };
        words.push_parts(&["(", chars.as_str(), next]);
    }
}

/// The parts of the index that `scope` covers; they may overlap.
pub(crate) fn ranges(scope: &LockScope) -> Vec<Range> {
    let mut ranges = Vec::new();
    match scope {
        LockScope::At(patterns) => {
            let each = |pattern| Range::beginning(&stem(pattern), "");
            ranges.extend(patterns.iter().map(each));
        }
        LockScope::Meeting(patterns) => {
            for span in patterns.iter().flat_map(Pattern::spans) {
                let anchor = span.anchor.as_str();
                if span.below && anchor.is_empty() {
                    return vec![Range::all()];
                }
                if span.below {
                    ranges.push(Range::below(anchor));
                }
                let parents = anchor.match_indices('/').filter_map(|(at, _)| anchor.get(..at));
                let root = (!anchor.is_empty()).then_some("");
                let exactly = root.into_iter().chain(parents).chain([anchor]);
                ranges.extend(exactly.map(|at| Range::beginning("a", at)));
            }
        }
        LockScope::OfAgent(agent) => ranges.push(Range::beginning("g", agent.as_str())),
        LockScope::All => ranges.push(Range::all()),
        LockScope::None => {}
        // A kind of scope that a later version of the core made up: more does no harm.
        _ => ranges.push(Range::all()),
    }
    ranges.sort();
    ranges.dedup();
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef-3";

    fn read_back(text: &str) -> String {
        let pattern = Pattern::parse(text).unwrap();
        let read = Name::read(&name(&pattern, ID, Timestamp::from_micros(7))).unwrap();
        assert_eq!((read.id.to_string().as_str(), read.acquired), (ID, 7));
        read.pattern.to_string()
    }

    #[test]
    fn a_pattern_survives_its_name() {
        for text in ["a", "src/a.rs", "**", "?", "*", "src/", "=", r"pages/\[id\].tsx", "{a,b}/c"] {
            assert_eq!(read_back(text), text);
        }
    }

    #[test]
    fn a_pattern_too_long_for_its_name_stands_for_all_below_its_anchor() {
        let long = format!("src/{}*", "x".repeat(LONGEST));
        assert_eq!(read_back(&long), "src/");
    }

    #[test]
    fn what_is_no_name_is_none() {
        for text in ["", "a", "a\0\0b\x001", "\0\0\0", "a\0\x000123-3\x001"] {
            assert_eq!(Name::read(text), None, "{text:?}");
        }
    }

    /// The ranges of a scope hold exactly the names that the reference says are in it.
    #[test]
    fn ranges_cover_what_may_meet_and_little_more() {
        let texts = [
            "a",
            "a/b",
            "a/b/c",
            "a.b",
            "a0",
            "a-",
            "ab",
            "**",
            "*",
            "a/**",
            "a/*",
            "a/b/*.rs",
            "{a,b}/c",
            "{a/x,b/y}",
            "b",
            "b/",
            "a//b",
            "\u{1}",
            "\u{2}x",
        ];
        let patterns: Vec<_> = texts.iter().filter_map(|t| Pattern::parse(t).ok()).collect();
        for asked in &patterns {
            let meeting = ranges(&LockScope::Meeting(vec![asked.clone()]));
            let at = ranges(&LockScope::At(vec![asked.clone()]));
            for other in &patterns {
                let name = name(other, ID, Timestamp::from_micros(1));
                let within = |ranges: &[Range]| ranges.iter().any(|range| range.covers(&name));
                let reached = asked.spans().iter().any(|span| span.reaches(other.anchor()));
                assert_eq!(within(&meeting), reached, "{asked} {other}");
                assert_eq!(within(&at), asked == other, "{asked} {other}");
            }
        }
    }
}
