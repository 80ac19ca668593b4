//! What stands against a request, in one order on every store: first in order, then cut, so that
//! the same conflicts are listed wherever the records lie.

use crate::{Blocker, Conflict, Lock, Pattern, Refusal, Waiter};

/// One of the patterns asked for, and which of them it is.
pub(crate) type Requested<'a> = (usize, &'a Pattern);

impl Refusal {
    /// Adds the locks that patterns asked for meet: as requested, then by age.
    pub(crate) fn add_locks(&mut self, mut met: Vec<(Requested<'_>, &Lock)>) {
        met.sort_unstable_by_key(|((place, _), lock)| (*place, lock.token, lock.id));
        self.list(met, |(requested, lock)| {
            (requested, requested.witness(&lock.pattern), Blocker::Held(lock.clone()))
        });
    }

    /// Adds the waiters ahead, each with its position: as requested, then by age.
    pub(crate) fn add_waiters(&mut self, mut met: Vec<(Requested<'_>, (&Waiter, usize))>) {
        met.sort_unstable_by_key(|((place, _), (_, position))| (*place, *position));
        self.list(met, |(requested, (waiter, position))| {
            let mut witnesses = waiter.patterns.iter().map(|other| requested.witness(other));
            let waiter = waiter.clone();
            (requested, witnesses.find_map(|it| it), Blocker::Waiting { waiter, position })
        });
    }

    /// What is not listed is not looked at for a witness either.
    fn list<'a, T>(
        &mut self,
        met: Vec<(Requested<'a>, T)>,
        told: impl Fn((&'a Pattern, T)) -> (&'a Pattern, Option<String>, Blocker),
    ) {
        let room = Self::LISTED.saturating_sub(self.conflicts.len());
        self.more += met.len().saturating_sub(room);
        let listed = met.into_iter().take(room).map(|((_, requested), blocker)| {
            let (requested, witness, blocker) = told((requested, blocker));
            // Those that meet have one; were that ever wrong, it must not become a grant.
            Conflict { requested: requested.clone(), witness: witness.unwrap_or_default(), blocker }
        });
        self.conflicts.extend(listed);
    }

    /// Whether nothing stands against the request.
    pub fn is_empty(&self) -> bool {
        self.conflicts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::world::World;
    use crate::{Answer, Command, Refusal, View, decide};

    fn listed(view: &View, command: &Command) -> (Vec<String>, usize) {
        match decide(command, view).unwrap().outcome(view.now, view.version).answer {
            Answer::Refused(Refusal { conflicts, more }) => {
                let pattern = |conflict: &crate::Conflict| match &conflict.blocker {
                    crate::Blocker::Held(lock) => lock.pattern.to_string(),
                    crate::Blocker::Waiting { waiter, .. } => waiter.agent.to_string(),
                };
                (conflicts.iter().map(pattern).collect(), more)
            }
            other => panic!("{other:?}"),
        }
    }

    /// A store hands records over as they lie: by name, by key, by place on disk.
    #[test]
    fn the_same_hundred_are_listed_in_whatever_order_a_store_loads() {
        let world = World::new();
        for n in 0..150 {
            world.acquire("owner", &format!("src/{n}.rs"));
        }
        let oldest: Vec<String> = (0..100).map(|n| format!("src/{n}.rs")).collect();
        let request = world.ask("other", "src/*.rs").command();
        let mut view = world.view();
        for _ in 0..3 {
            assert_eq!(listed(&view, &request), (oldest.clone(), 50));
            view.locks.reverse();
            view.locks.rotate_left(70);
        }
    }

    /// What was asked for first comes first, also when there is no room for the rest.
    #[test]
    fn waiters_are_cut_as_locks_are() {
        let world = World::new();
        world.acquire("owner", "a b");
        for n in 0..120 {
            world.ask(&format!("w{n:03}"), "a b").waiting(n);
        }
        let request = world.ask("other", "b a").command();
        let (names, more) = listed(&world.view(), &request);
        assert_eq!(names[..2], ["b", "a"]);
        let first: Vec<String> = (0..98).map(|n| format!("w{n:03}")).collect();
        assert_eq!((&names[2..], more), (&first[..], 22 + 120));
    }
}
