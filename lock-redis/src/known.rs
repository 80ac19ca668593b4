//! What this client knows of its own locks and places in line, so that the first try need not ask.
//!
//! It is a guess and nothing more: the script compares it with what there is, and a wrong guess
//! costs one more round trip.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use lock_core::{
    EndingScope, Lock, LockScope, RecordId, Scope, Timestamp, Version, View, Waiter, host::Host,
};

use crate::{
    name::{Range, name, ranges},
    quiet::{Claim, Commit, Quiet},
    seen::{Seen, SeenLock, SeenWaiter, State},
};

/// A client that holds more locks than this asks for some of them first.
const KEPT: usize = 4_096;

/// The locks and places that this client took, and the server's clock when it last spoke.
#[derive(Debug, Default)]
pub(crate) struct Known {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// In the order of the index of anchors.
    /// On the heap: a tree makes room for eleven at once, and most clients hold a few.
    locks: BTreeMap<String, Box<KnownLock>>,
    names: HashMap<RecordId, String>,
    places: HashMap<RecordId, Waiter>,
    clock: Option<(Timestamp, Instant)>,
    quiet: Quiet,
}

#[derive(Debug, Clone)]
struct KnownLock {
    lock: Lock,
    revision: u64,
    version: Version,
}

impl Known {
    /// A panic elsewhere leaves at worst a wrong guess.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server's clock, by this machine's.
    pub(crate) fn now(&self) -> Option<Timestamp> {
        self.inner().now()
    }

    /// The server's clock has been read.
    pub(crate) fn tick(&self, now: Timestamp) {
        self.inner().clock = Some((now, Instant::now()));
    }

    /// A step begins: what `scope` would hold if nobody else were there; none if this client cannot
    /// tell.
    pub(crate) fn begin(&self, scope: &Scope) -> (UnderWay<'_>, Option<Seen>) {
        let mut inner = self.inner();
        let number = inner.quiet.begin(scope);
        // At the same moment: what is known of the steps that are under way must not change between.
        let guess = inner.predict(scope);
        (UnderWay { known: self, number }, guess)
    }
}

/// A step under way; over when it is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay<'a> {
    known: &'a Known,
    number: u64,
}

impl UnderWay<'_> {
    /// It is about to be sent by that connection; what it claims. It may change `anything`, or only
    /// what meets its patterns.
    pub(crate) fn send(&self, anything: bool, connection: u64) -> Claim {
        self.known.inner().quiet.send(self.number, anything, connection)
    }

    /// It was answered, and what it did is known.
    pub(crate) fn answered(&self) {
        self.known.inner().quiet.answered(self.number);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.known.inner().quiet.end(self.number);
    }
}

impl Inner {
    fn predict(&self, scope: &Scope) -> Option<Seen> {
        let tellable = match scope.locks {
            LockScope::At(_) | LockScope::Meeting(_) => true,
            LockScope::None => !scope.waiters && !scope.named.is_empty(),
            _ => false,
        };
        if !tellable || scope.endings != EndingScope::None || scope.history.is_some() {
            return None;
        }
        let inner = self;
        let now = inner.now().unwrap_or_default();
        let view = View { scope: scope.clone(), now, ..View::default() };
        let mut seen = Seen { view, predicted: true, ..Seen::default() };
        for (nth, waiter) in scope.named.iter().enumerate() {
            let waiter = match inner.places.get(waiter) {
                Some(waiter) => waiter,
                // Whose turn it is names those who stood ahead, after itself: they will have gone.
                None if nth > 0 => continue,
                None => return None,
            };
            let (id, ticket) = (String::from(waiter.id), waiter.ticket.to_string());
            seen.waiters.push(SeenWaiter { id, ticket, live: now < waiter.expires_at });
            seen.view.waiters.push(waiter.clone());
        }
        seen.at = inner.clock.map(|(now, _)| now).unwrap_or_default();
        if inner.locks.is_empty() {
            return Some(seen);
        }
        for range in ranges(&scope.locks) {
            for (name, known) in inner.within(&range) {
                let KnownLock { lock, revision, .. } = known;
                if seen.lock(lock.id).is_some() {
                    continue;
                }
                let live = now < lock.expires_at;
                if !live {
                    // By this machine's clock; by the server's it may live a moment longer.
                    seen.at = seen.at.max(lock.expires_at);
                }
                let state = Some(State { token: lock.token.get(), revision: *revision });
                let (id, name) = (String::from(lock.id), name.clone());
                seen.push_lock(lock.id, SeenLock { id, name, live, state });
                seen.view.locks.push(lock.clone());
            }
        }
        // Its own process may have died since.
        Host::current().bury(&mut seen.view);
        Some(seen)
    }
}

impl Known {
    /// A lock of this client's is now like this.
    pub(crate) fn put(&self, lock: Lock, revision: u64, version: Version) {
        let name = name(&lock.pattern, &String::from(lock.id), lock.acquired_at);
        let mut inner = self.inner();
        if inner.locks.get(&name).is_some_and(|known| known.version > version) {
            return;
        }
        if inner.locks.len() >= KEPT {
            inner.make_room();
        }
        inner.names.insert(lock.id, name.clone());
        inner.locks.insert(name, Box::new(KnownLock { lock, revision, version }));
    }

    /// A commit was made, whose changes are known here by now.
    pub(crate) fn committed(&self, seen: &Seen, commit: Commit) {
        let mut inner = self.inner();
        inner.quiet.committed(seen, commit);
    }

    /// A lock is no more.
    pub(crate) fn drop(&self, id: RecordId) {
        let mut inner = self.inner();
        if let Some(name) = inner.names.remove(&id) {
            inner.locks.remove(&name);
        }
    }

    /// A place in line of this client's is now like this.
    pub(crate) fn stand(&self, waiter: Waiter) {
        let mut inner = self.inner();
        if inner.places.len() >= KEPT {
            inner.places.clear();
        }
        inner.places.insert(waiter.id, waiter);
    }

    /// A place in line is no more.
    pub(crate) fn leave(&self, waiter: RecordId) {
        self.inner().places.remove(&waiter);
    }

    /// Corrects what is known by what was seen.
    pub(crate) fn correct(&self, seen: &Seen) {
        let mut inner = self.inner();
        inner.quiet.forget();
        inner.correct_places(&seen.view);
        if inner.locks.is_empty() {
            return;
        }
        let mut gone = Vec::new();
        for range in &ranges(&seen.view.scope.locks) {
            gone.extend(
                inner
                    .within(range)
                    // What is younger than the look cannot have been seen by it.
                    .filter(|(_, known)| known.version <= seen.view.version)
                    .map(|(_, known)| known.lock.id)
                    .filter(|id| seen.lock(*id).is_none()),
            );
        }
        for id in gone {
            if let Some(name) = inner.names.remove(&id) {
                inner.locks.remove(&name);
            }
        }
        for lock in &seen.view.locks {
            let Some(State { revision, .. }) = seen.lock(lock.id).and_then(|seen| seen.state)
            else {
                continue;
            };
            let Some(name) = inner.names.get(&lock.id).cloned() else { continue };
            let version = seen.view.version;
            if inner.locks.get(&name).is_some_and(|known| known.version > version) {
                continue;
            }
            let known = KnownLock { lock: lock.clone(), revision, version };
            inner.locks.insert(name, Box::new(known));
        }
    }
}

impl Inner {
    fn now(&self) -> Option<Timestamp> {
        self.clock.map(|(now, read)| now + read.elapsed())
    }

    fn correct_places(&mut self, view: &View) {
        if self.places.is_empty() {
            return;
        }
        let mut there = HashMap::new();
        for waiter in &view.waiters {
            if let Some(mut known) = self.places.remove(&waiter.id) {
                (known.ticket, known.expires_at) = (waiter.ticket, waiter.expires_at);
                there.insert(known.id, known);
            }
        }
        if view.scope.waiters {
            self.places.clear();
        } else {
            for gone in &view.scope.named {
                self.places.remove(gone);
            }
        }
        self.places.extend(there);
    }

    fn within<'a>(&'a self, range: &'a Range) -> impl Iterator<Item = (&'a String, &'a KnownLock)> {
        let from = Bound::Included(range.from());
        let locks = self.locks.range::<str, _>((from, Bound::Unbounded));
        locks.take_while(|(name, _)| range.covers(name)).map(|(name, known)| (name, &**known))
    }

    /// Forgets what has run out, and if that is not enough, every second lock.
    fn make_room(&mut self) {
        self.quiet.forget();
        let now = self.now().unwrap_or_default();
        self.locks.retain(|_, known| now < known.lock.expires_at);
        if self.locks.len() >= KEPT {
            let mut keep = false;
            self.locks.retain(|_, _| {
                keep = !keep;
                keep
            });
        }
        self.names = self.locks.iter().map(|(name, known)| (known.lock.id, name.clone())).collect();
    }
}
