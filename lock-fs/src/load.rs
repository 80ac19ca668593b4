//! From a scope to a view.

use std::collections::HashMap;

use lock_core::{
    Lock, LockScope, Pattern, RecordId, Scope, Timestamp, Version, View,
    host::{Host, Moment},
};

use crate::{
    damaged::{self, Content},
    error::{Doing as _, Result},
    line, log,
    place::{self, Chain, HELD, LOCKS, Spot, Title},
    record::{self, Extra, Read},
    redo::Redo,
    refusals,
    state::State,
    store::Store,
    sys,
};

/// A view, and where its records lie.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) view: View,
    pub(crate) spots: HashMap<RecordId, Spot>,
    /// Records whose leases were marked on another boot or host.
    pub(crate) foreign: Vec<RecordId>,
    /// What newer versions wrote into records beside the locks.
    pub(crate) extra: HashMap<RecordId, Extra>,
}

/// Loads what is in `scope`, as the step in `redo` will have left it.
pub(crate) fn load(
    store: &mut Store,
    scope: &Scope,
    state: &State,
    redo: Option<&Redo>,
    moment: Moment,
) -> Result<Loaded> {
    let host = Host::current();
    let loaded =
        Loaded { view: empty(scope.clone(), moment.wall, state.version), ..Loaded::default() };
    let mut loader = Loader { store, host, moment, wanted: Wanted::of(&scope.locks), loaded };
    match loader.store.alone.spots(&scope.locks) {
        Some(spots) => spots.into_iter().try_for_each(|spot| loader.read(spot))?,
        None => loader.look(&scope.locks)?,
    }
    if let Some(redo) = redo {
        loader.overlay(redo);
    }
    let Loader { store, mut loaded, .. } = loader;
    if state.waiters > 0 || redo.is_some() {
        loaded.view.waiters = match scope.waiters {
            true => line::load(store, redo, host, moment)?,
            false => line::load_named(store, &scope.named, redo, host, moment)?,
        };
    }
    log::load(store, state, redo, &mut loaded.view)?;
    if scope.tally {
        loaded.view.tally.forgotten = log::forgotten(store)?;
        loaded.view.tally.refusals = refusals::read(store);
    }
    host.bury(&mut loaded.view);
    Ok(loaded)
}

/// A view of a store in which there is nothing.
pub(crate) fn empty(scope: Scope, now: Timestamp, version: Version) -> View {
    View { scope, now, version, ..View::default() }
}

/// Which patterns are worth reading a file for.
enum Wanted<'a> {
    Any,
    /// Those that meet one of these: the rest of the directories they share matters to nobody.
    Meeting(&'a [Pattern]),
    /// These.
    Exactly(&'a [Pattern]),
}

impl<'a> Wanted<'a> {
    fn of(scope: &'a LockScope) -> Self {
        match scope {
            LockScope::At(patterns) => Self::Exactly(patterns),
            LockScope::Meeting(patterns) => Self::Meeting(patterns),
            _ => Self::Any,
        }
    }

    fn has(&self, pattern: &Pattern) -> bool {
        match self {
            Self::Any => true,
            Self::Meeting(patterns) => patterns.iter().any(|other| other.meets(pattern)),
            Self::Exactly(patterns) => patterns.contains(pattern),
        }
    }

    fn has_path(&self, path: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Meeting(patterns) => patterns.iter().any(|other| other.matches(path)),
            Self::Exactly(patterns) => patterns.iter().any(|p| p.literal_path() == Some(path)),
        }
    }
}

struct Loader<'a> {
    store: &'a mut Store,
    host: &'static Host,
    moment: Moment,
    wanted: Wanted<'a>,
    loaded: Loaded,
}

impl Loader<'_> {
    /// Looks for all locks in scope.
    fn look(&mut self, scope: &LockScope) -> Result<()> {
        self.locks(scope)?;
        let Loaded { view, spots, .. } = &self.loaded;
        let found =
            view.locks.iter().filter_map(|lock| Some((&lock.pattern, spots.get(&lock.id)?)));
        self.store.alone.found(scope, found);
        Ok(())
    }

    fn locks(&mut self, scope: &LockScope) -> Result<()> {
        match scope {
            LockScope::None => Ok(()),
            LockScope::At(patterns) => {
                let mut chains: Vec<Chain> =
                    patterns.iter().map(|pattern| Chain::of(pattern.anchor())).collect();
                chains.sort_by(|one, two| one.node().cmp(two.node()));
                chains.dedup_by(|one, two| one.node() == two.node());
                chains.iter().try_for_each(|chain| self.node(chain.node()))
            }
            LockScope::Meeting(patterns) => self.meeting(patterns),
            _ => self.below(LOCKS),
        }
    }

    /// Each directory once, even where spans overlap: what is below one of them first.
    fn meeting(&mut self, patterns: &[Pattern]) -> Result<()> {
        let mut nodes: Vec<(String, bool)> = Vec::new();
        for span in patterns.iter().flat_map(Pattern::spans) {
            let chain = Chain::of(&span.anchor).nodes;
            let deepest = chain.len();
            let below = |depth| span.below && depth == deepest;
            nodes.extend((1..).zip(chain).map(|(depth, node)| (node, below(depth))));
        }
        // A directory stands right before what lies below it.
        nodes.sort_unstable_by(|(one, _), (two, _)| one.split('/').cmp(two.split('/')));
        nodes.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            earlier.1 |= same && later.1;
            same
        });
        let mut all_of: Option<String> = None;
        for (node, below) in nodes {
            if all_of.as_ref().is_some_and(|above| place::is_below(&node, above)) {
                continue;
            }
            if below {
                self.slot(&node).and_then(|()| self.below(&node))?;
                all_of = Some(node);
            } else {
                self.node(&node)?;
            }
        }
        Ok(())
    }

    /// What is anchored at `node` itself.
    fn node(&mut self, node: &str) -> Result<()> {
        self.slot(node)?;
        self.held(node)
    }

    fn slot(&mut self, node: &str) -> Result<()> {
        match (place::slot_of(node), place::path_of(node)) {
            (Some(spot), Some(path)) if self.wanted.has_path(&path) => self.read(spot),
            _ => Ok(()),
        }
    }

    fn held(&mut self, node: &str) -> Result<()> {
        let dir = format!("{node}/{HELD}");
        for (name, _) in self.names(&dir)? {
            let is_wanted = match place::title(&name) {
                Some(Title::Of(pattern)) => self.wanted.has(&pattern),
                Some(Title::Hashed) => true,
                None => false,
            };
            if is_wanted {
                self.read(Spot { dir: dir.clone(), name })?;
            }
        }
        Ok(())
    }

    /// What is anchored at `node` or below it, but for its own slot.
    fn below(&mut self, node: &str) -> Result<()> {
        let mut todo = vec![node.to_owned()];
        while let Some(node) = todo.pop() {
            let path = place::path_of(&node);
            for (name, is_dir) in self.names(&node)? {
                if name == HELD {
                    self.held(&node)?;
                } else if let Some(stem) = name.strip_suffix(crate::name::LOCK) {
                    let (Some(above), Some(last)) = (&path, crate::name::decode(stem)) else {
                        continue;
                    };
                    let path = if above.is_empty() { last } else { format!("{above}/{last}") };
                    if self.wanted.has_path(&path) {
                        self.read(Spot { dir: node.clone(), name })?;
                    }
                } else if is_dir && crate::name::decode(&name).is_some() {
                    todo.push(format!("{node}/{name}"));
                }
            }
        }
        Ok(())
    }

    fn names(&self, dir: &str) -> Result<Vec<(String, bool)>> {
        use rustix::io::Errno;
        match sys::names(&self.store.dir, dir) {
            // A file or a symlink where a directory should be: nothing of ours lies behind it.
            Err(Errno::NOTDIR | Errno::LOOP) => Ok(Vec::new()),
            names => names.doing(|| format!("listing {dir}")),
        }
    }

    /// Reads the file at `spot`.
    fn read(&mut self, spot: Spot) -> Result<()> {
        if let Some(read) = self.unchanged(&spot) {
            self.add_read(spot, read);
            return Ok(());
        }
        let (text, since) = match damaged::read(&self.store.dir, &spot)? {
            Content::Missing => return Ok(()),
            Content::Text(text, since) => (Some(text), since),
            Content::Unreadable(since) => (None, since),
        };
        let lock = text.and_then(|text| self.parse(&spot, &text));
        match lock {
            Some(read) => self.add_read(spot, read),
            None => {
                // Where no pattern has such a place, whatever lies there is nothing.
                let pattern = place::pattern_at(&spot);
                let lock = pattern.and_then(|pattern| damaged::lock(&spot, pattern, since));
                if let Some(lock) = lock {
                    self.add(spot, lock);
                }
            }
        }
        Ok(())
    }

    /// The lock at `spot`, if nobody has touched its file since it was written here. One look in the
    /// directory that is open tells, where reading would take four.
    fn unchanged(&self, spot: &Spot) -> Option<Read> {
        let dir = self.store.alone.dir(&spot.dir)?;
        let look = || sys::stat(&dir, &spot.name).ok();
        let (lock, lease) = self.store.known.unchanged(spot, look)?;
        let is_first = !self.loaded.spots.contains_key(&lock.id);
        is_first.then(|| record::as_of(lock.clone(), Some(lease), self.host, self.moment))
    }

    /// The lock in `text`, if it belongs where it lies and is not a copy of another.
    fn parse(&self, spot: &Spot, text: &[u8]) -> Option<Read> {
        let read = match self.store.known.record(spot, text) {
            Some((lock, lease)) => record::as_of(lock.clone(), Some(lease), self.host, self.moment),
            None => record::lock(text, self.host, self.moment)?,
        };
        let fits = place::fits(spot, &read.lock.pattern, read.lock.id);
        (fits && !self.loaded.spots.contains_key(&read.lock.id)).then_some(read)
    }

    fn add_read(&mut self, spot: Spot, Read { lock, foreign, extra }: Read) {
        if foreign {
            self.loaded.foreign.push(lock.id);
        }
        if !extra.is_empty() {
            self.loaded.extra.insert(lock.id, extra);
        }
        self.add(spot, lock);
    }

    fn add(&mut self, spot: Spot, lock: Lock) {
        self.loaded.spots.insert(lock.id, spot);
        let keep = match &self.loaded.view.scope.locks {
            LockScope::OfAgent(agent) => !lock.damaged && lock.agent == *agent,
            _ => true,
        };
        if keep {
            self.loaded.view.locks.push(lock);
        }
    }

    /// What a step that was committed, but not carried out, will leave.
    fn overlay(&mut self, redo: &Redo) {
        let changed: Vec<RecordId> = {
            let touched = |spot: &Spot| redo.ops.iter().any(|op| op.spot() == spot);
            let spots = self.loaded.spots.iter();
            spots.filter(|(_, spot)| touched(spot)).map(|(id, _)| *id).collect()
        };
        self.loaded.view.locks.retain(|lock| !changed.contains(&lock.id));
        changed.iter().for_each(|id| drop(self.loaded.spots.remove(id)));
        for (spot, text) in redo.puts() {
            if let Some(read) = self.parse(spot, text.as_bytes())
                && self.loaded.view.scope.locks.includes(&read.lock)
            {
                self.add_read(spot.clone(), read);
            }
        }
    }
}
