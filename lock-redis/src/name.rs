//! What stands in the indexes, and which parts of them a scope covers.

use lock_core::{AgentId, LockScope, Pattern, RecordId, Timestamp};

/// A pattern longer than this does not stand in the index: its anchor has to do.
const LONGEST: usize = 1_024;

/// A record's entry in the index: `anchor NUL pattern NUL id NUL acquired`.
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
pub(crate) fn name_stem(pattern: &Pattern, id: RecordId) -> String {
    format!("{}{id}", stem(pattern, shown(pattern)))
}

/// The whole entry.
pub(crate) fn name(pattern: &Pattern, id: RecordId, acquired: Timestamp) -> String {
    format!("{}\0{}", name_stem(pattern, id), acquired.as_micros())
}

fn stem(pattern: &Pattern, shown: &str) -> String {
    format!("{}\0{shown}\0", pattern.anchor())
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
        let (rest, acquired) = text.rsplit_once('\0')?;
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

/// The entry of an agent's lock: `agent NUL id`.
pub(crate) fn agent_name(agent: &AgentId, id: RecordId) -> String {
    format!("{agent}\0{id}")
}

/// A stretch of an index, in the order of bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Range {
    /// Of the agents, not the anchors.
    pub(crate) of_agents: bool,
    /// Its first entry, if it is there.
    pub(crate) from: Option<String>,
    /// The first entry after it.
    pub(crate) to: Option<String>,
}

impl Range {
    const ALL: Self = Self { of_agents: false, from: None, to: None };

    /// The entries that begin with `prefix`, which ends in NUL.
    fn beginning(of_agents: bool, mut prefix: String) -> Self {
        let from = Some(prefix.clone());
        prefix.pop();
        prefix.push('\u{1}');
        Self { of_agents, from, to: Some(prefix) }
    }

    /// The entries anchored below `anchor`; `0` follows `/`.
    fn below(anchor: &str) -> Self {
        Self { of_agents: false, from: Some(format!("{anchor}/")), to: Some(format!("{anchor}0")) }
    }

    /// Whether `name` lies in it.
    pub(crate) fn covers(&self, name: &str) -> bool {
        self.from.as_deref().is_none_or(|from| from <= name)
            && self.to.as_deref().is_none_or(|to| name < to)
    }

    /// The bounds as the server wants them.
    pub(crate) fn bounds(&self) -> (String, String) {
        let from = self.from.as_ref().map_or("-".to_owned(), |from| format!("[{from}"));
        let to = self.to.as_ref().map_or("+".to_owned(), |to| format!("({to}"));
        (from, to)
    }
}

/// The parts of the indexes that `scope` covers; they may overlap.
pub(crate) fn ranges(scope: &LockScope) -> Vec<Range> {
    let mut ranges = Vec::new();
    match scope {
        LockScope::At(patterns) => {
            let each = |pattern| Range::beginning(false, stem(pattern, shown(pattern)));
            ranges.extend(patterns.iter().map(each));
        }
        LockScope::Meeting(patterns) => {
            for span in patterns.iter().flat_map(Pattern::spans) {
                let anchor = span.anchor.as_str();
                if span.below && anchor.is_empty() {
                    return vec![Range::ALL];
                }
                if span.below {
                    ranges.push(Range::below(anchor));
                }
                let parents = anchor.match_indices('/').filter_map(|(at, _)| anchor.get(..at));
                let root = (!anchor.is_empty()).then_some("");
                let exactly = root.into_iter().chain(parents).chain([anchor]);
                ranges.extend(exactly.map(|at| Range::beginning(false, format!("{at}\0"))));
            }
        }
        LockScope::OfAgent(agent) => ranges.push(Range::beginning(true, format!("{agent}\0"))),
        LockScope::All => ranges.push(Range::ALL),
        LockScope::None => {}
        // A kind of scope that a later version of the core made up: more does no harm.
        _ => ranges.push(Range::ALL),
    }
    ranges.sort();
    ranges.dedup();
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> RecordId {
        "0123456789abcdef0123456789abcdef-3".parse().unwrap()
    }

    fn read_back(text: &str) -> String {
        let pattern = Pattern::parse(text).unwrap();
        let read = Name::read(&name(&pattern, id(), Timestamp::from_micros(7))).unwrap();
        assert_eq!((read.id, read.acquired), (id(), 7));
        read.pattern.to_string()
    }

    #[test]
    fn a_pattern_survives_its_name() {
        for text in ["a", "src/a.rs", "**", "?", "*", "src/", "=", r"pages/\[id].tsx", "{a,b}/c"] {
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
        for text in ["", "a", "a\0\0b\x001", "\0\0\0", "a\0\00123-3\x001"] {
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
                let name = name(other, id(), Timestamp::from_micros(1));
                let within = |ranges: &[Range]| ranges.iter().any(|range| range.covers(&name));
                let reached = asked.spans().iter().any(|span| span.reaches(other.anchor()));
                assert_eq!(within(&meeting), reached, "{asked} {other}");
                assert_eq!(within(&at), asked == other, "{asked} {other}");
            }
        }
    }
}
