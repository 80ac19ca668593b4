//! Where a record lies: computed from its pattern alone.
//!
//! The directories under `locks` mirror the anchors of patterns. The exclusive lock on a plain
//! path is a *slot*, `<last segment>.lock` in the directory of its parent: one `open` finds it, or
//! finds that there is none, however many locks lie beside it. Everything else lies in `%held` of
//! the directory of its anchor, named by its whole pattern and its id.

use lock_core::{Pattern, RecordId};

use crate::name::{self, LOCK, LONGEST};

/// The directory of the root.
pub(crate) const LOCKS: &str = "locks";

/// What is anchored at a directory, other than by a slot. `%h` begins no encoded name.
pub(crate) const HELD: &str = "%held";

/// The beginning of a name that had to be hashed. `%h` begins no encoded name.
const HASHED: &str = "%hash-";

/// The longest path of a directory, in bytes; what lies deeper is kept in the deepest that fits.
const DEEPEST: usize = 1_000;

/// Where a file lies: its directory, relative to the store, and its name in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub(crate) struct Spot {
    pub(crate) dir: String,
    pub(crate) name: String,
}

impl Spot {
    pub(crate) fn path(&self) -> String {
        [&*self.dir, &*self.name].join("/")
    }
}

/// The directories of an anchor, from the root down; the last one is the deepest that fits.
pub(crate) struct Chain {
    /// Relative to the store.
    pub(crate) nodes: Vec<String>,
}

impl Chain {
    pub(crate) fn of(anchor: &str) -> Self {
        let mut nodes = vec![LOCKS.to_owned()];
        let mut node = LOCKS.to_owned();
        for segment in anchor.split('/').filter(|segment| !segment.is_empty()) {
            if !descend(&mut node, segment) {
                break;
            }
            nodes.push(node.clone());
        }
        Self { nodes }
    }

    /// The deepest directory.
    pub(crate) fn node(&self) -> &str {
        self.nodes.last().map_or(LOCKS, String::as_str)
    }
}

/// Goes on from the directory `node` to the one of `segment` in it, unless that is too long.
fn descend(node: &mut String, segment: &str) -> bool {
    let above = node.len();
    node.push('/');
    name::encode_into(node, segment);
    let encoded = node.len() - above - 1;
    encoded <= LONGEST && above + encoded < DEEPEST
}

/// The slot of the plain path whose own directory is `node`.
pub(crate) fn slot_of(node: &str) -> Option<Spot> {
    let (dir, last) = node.rsplit_once('/')?;
    let mut name = String::with_capacity(last.len() + LOCK.len());
    name.push_str(last);
    name.push_str(LOCK);
    Some(Spot { dir: dir.to_owned(), name })
}

/// The slot of `pattern`, if it is a plain path that has one.
pub(crate) fn slot(pattern: &Pattern) -> Option<Spot> {
    let path = pattern.literal_path()?;
    let mut node = String::with_capacity(LOCKS.len() + 1 + path.len());
    node.push_str(LOCKS);
    path.split('/').all(|segment| descend(&mut node, segment)).then(|| slot_of(&node)).flatten()
}

/// Where a record of `pattern` lies that has no slot, or that finds it taken.
pub(crate) fn held(pattern: &Pattern, id: RecordId) -> Spot {
    let dir = format!("{}/{HELD}", Chain::of(pattern.anchor()).node());
    Spot { dir, name: format!("{}.{id}{LOCK}", stem(pattern)) }
}

/// The beginning of the names of `pattern`'s records in `%held`.
fn stem(pattern: &Pattern) -> String {
    let encoded = name::encode(pattern.as_str());
    if encoded.len() <= LONGEST {
        return encoded;
    }
    format!("{HASHED}{:032x}", name::hash(pattern.as_str().as_bytes()))
}

/// What the name of a file in `%held` says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Title {
    /// A lock on this pattern.
    Of(Pattern),
    /// A lock on a pattern too long to be named; its anchor is this directory or below it.
    Hashed,
}

/// Reads the name of a file in `%held`; `None` if no lock's file has such a name.
pub(crate) fn title(name: &str) -> Option<Title> {
    let (stem, id) = name.strip_suffix(LOCK)?.rsplit_once('.')?;
    id.parse::<RecordId>().ok()?;
    if stem.starts_with(HASHED) {
        return Some(Title::Hashed);
    }
    let text = name::decode(stem)?;
    let pattern = Pattern::parse(&text).ok()?;
    (pattern.as_str() == text).then_some(Title::Of(pattern))
}

/// The path whose directory is `node`; `None` if no path has such a directory.
pub(crate) fn path_of(node: &str) -> Option<String> {
    let rest = node.strip_prefix(LOCKS)?;
    let mut path = String::with_capacity(rest.len());
    for segment in rest.split('/').skip(1) {
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&name::decode(segment)?);
    }
    Some(path)
}

/// The pattern that the record at `spot` locks, as far as its name says; `None` if no record has such
/// a place.
pub(crate) fn pattern_at(spot: &Spot) -> Option<Pattern> {
    let Some(node) = spot.dir.strip_suffix(HELD).and_then(|dir| dir.strip_suffix('/')) else {
        let above = path_of(&spot.dir)?;
        let last = name::decode(spot.name.strip_suffix(LOCK)?)?;
        let path = if above.is_empty() { last } else { format!("{above}/{last}") };
        return Pattern::literal(&path).ok();
    };
    match title(&spot.name)? {
        Title::Of(pattern) => Some(pattern),
        // All that it may lock.
        Title::Hashed => match path_of(node)?.as_str() {
            "" => Pattern::parse("**").ok(),
            path => Pattern::directory(path).ok(),
        },
    }
}

/// Whether `node` is a directory somewhere in `above`.
pub(crate) fn is_below(node: &str, above: &str) -> bool {
    node.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a record of `pattern` and `id` may lie at `spot`.
pub(crate) fn fits(spot: &Spot, pattern: &Pattern, id: RecordId) -> bool {
    match spot.dir.ends_with(HELD) {
        true => *spot == held(pattern, id),
        false => Some(spot) == slot(pattern).as_ref(),
    }
}

#[cfg(test)]
mod tests {
    use lock_core::Nonce;

    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    #[test]
    fn a_plain_path_has_a_slot_beside_its_siblings() {
        let spot = slot(&pattern("src/Cargo.lock")).unwrap();
        assert_eq!(spot.path(), "locks/src/Cargo%2Elock.lock");
        assert_eq!(slot(&pattern("a.rs")).unwrap().path(), "locks/a.rs.lock");
    }

    #[test]
    fn what_is_held_is_found_by_its_name() {
        let id = RecordId::new(Nonce::from_bits(7), 1);
        let lock = pattern("src/a.rs");
        let spot = held(&lock, id);
        assert_eq!(spot.dir, "locks/src/a.rs/%held");
        assert_eq!(spot.name, format!("src%2Fa.rs.{id}.lock"));
        assert_eq!(title(&spot.name), Some(Title::Of(lock.clone())));
        assert!(fits(&spot, &lock, id) && !fits(&spot, &pattern("src/b.rs"), id));
    }

    #[test]
    fn what_is_too_long_lies_higher_and_is_hashed() {
        let id = RecordId::new(Nonce::from_bits(7), 1);
        let deep = format!("{}/x", ["abcdefghi"; 120].join("/"));
        let wide = format!("src/{}/x", "é%".repeat(60));
        for (text, dirs) in [(&deep, 100), (&wide, 2)] {
            let lock = pattern(text);
            assert_eq!(slot(&lock), None, "{text}");
            let spot = held(&lock, id);
            assert_eq!(spot.dir.split('/').count(), dirs + 1, "{}", spot.dir);
            assert!(spot.dir.len() < 1_010 && spot.name.len() < 255);
            assert_eq!(title(&spot.name), Some(Title::Hashed));
            assert!(fits(&spot, &lock, id));
        }
    }

    #[test]
    fn no_directory_looks_like_a_record() {
        for text in ["a.lock/b", "%held/x", "../x", ".lock/y"] {
            for node in &Chain::of(text).nodes[1..] {
                let last = node.rsplit('/').next().unwrap();
                assert!(!last.ends_with(LOCK) && last != HELD && !last.starts_with('.'), "{node}");
            }
        }
    }

    #[test]
    fn a_directory_leads_back_to_its_path() {
        assert_eq!(path_of("locks").as_deref(), Some(""));
        assert_eq!(path_of("locks/src/%2Egit").as_deref(), Some("src/.git"));
        assert_eq!(path_of("locks/src/no name"), None);
        assert_eq!(path_of("line"), None);
    }
}
