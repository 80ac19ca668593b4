//! Ending locks from outside: a break by an operator, and the cleanups.

use super::scope;
use crate::{
    Answer, Break, Cause, Change, Cleanup, Command, Ending, Lock, Removal, View, Waiter,
    decision::Draft,
};

pub(crate) fn decide_break(command: &Command, broken: &Break, view: &View) -> (Draft, Vec<Change>) {
    let readings = scope::readings(&broken.targets);
    let found = view.locks.iter().filter(|lock| readings.contains(&lock.pattern)).collect();
    let note = Some(broken.reason.as_str()).filter(|text| !text.is_empty()).map(str::to_owned);
    remove(command, view, found, Vec::new(), |lock| Change::End {
        cause: if view.is_live(lock) { Cause::Broken } else { Cause::Cleaned },
        lock: lock.clone(),
        by: Some(broken.by.clone()),
        note: note.clone(),
    })
}

pub(crate) fn decide_cleanup(
    command: &Command,
    cleanup: &Cleanup,
    view: &View,
) -> (Draft, Vec<Change>) {
    let lock_goes = |lock: &Lock| match &cleanup.what {
        Removal::Stale { older_than: None } => !view.is_live(lock),
        Removal::Stale { older_than: Some(age) } => view.now.since(lock.refreshed_at) >= *age,
        Removal::Agent(agent) => !lock.damaged && lock.agent == *agent,
        Removal::Orphaned { known } => {
            let stranger = known.as_ref().is_some_and(|known| !known.contains(&lock.agent));
            !view.is_live(lock) || (stranger && !lock.damaged)
        }
    };
    let waiter_goes = |waiter: &Waiter| match &cleanup.what {
        Removal::Stale { .. } => false,
        Removal::Agent(agent) => waiter.agent == *agent,
        Removal::Orphaned { known } => {
            let stranger = known.as_ref().is_some_and(|known| !known.contains(&waiter.agent));
            !view.is_waiting(waiter) || stranger
        }
    };
    let locks = view.locks.iter().filter(|lock| lock_goes(lock)).collect();
    let waiters = view.waiters.iter().filter(|waiter| waiter_goes(waiter)).collect();
    let (draft, changes) = remove(command, view, locks, waiters, |lock| Change::End {
        cause: if view.dead.contains(&lock.id) { Cause::HolderDead } else { Cause::Cleaned },
        lock: lock.clone(),
        by: Some(cleanup.by.clone()),
        note: None,
    });
    (draft, if cleanup.dry_run { Vec::new() } else { changes })
}

fn remove(
    command: &Command,
    view: &View,
    mut locks: Vec<&Lock>,
    mut waiters: Vec<&Waiter>,
    end: impl Fn(&Lock) -> Change,
) -> (Draft, Vec<Change>) {
    locks.sort_by(|one, two| (&one.pattern, one.id).cmp(&(&two.pattern, two.id)));
    waiters.sort_by_key(|waiter| (waiter.ticket, waiter.id));
    let ends = locks.iter().map(|lock| end(lock));
    let leaves = waiters.iter().map(|waiter| Change::Leave { waiter: (*waiter).clone() });
    let changes = ends.chain(leaves).collect();
    let live = locks.iter().filter(|lock| view.is_live(lock)).count();
    let mut locks: Vec<Lock> = locks.into_iter().cloned().collect();
    // What an earlier try of this very command removed is part of its answer.
    if command.retry {
        locks.extend(view.endings.iter().filter(|e| e.nonce == command.nonce).map(Ending::lock));
    }
    let waiters = waiters.into_iter().cloned().collect();
    (Draft::Final(Answer::Removed { locks, live, waiters }), changes)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::world::{World, agent, place};
    use crate::Removal;

    #[test]
    fn stale_means_past_the_lease_or_proved_dead() {
        let world = World::new();
        world.acquire("one", "a");
        world.ask("two", "b").of_process().ttl(60).now();
        world.ask("three", "c").ttl(60).now();
        let dead = world.view().locks.iter().find(|lock| lock.agent == agent("two")).unwrap().id;
        world.store.declare_dead(dead);
        let stale = || Removal::Stale { older_than: None };
        assert_eq!(world.after(10.0).cleanup(stale()), "-a -b (0 live)");
        assert_eq!(world.cleanup(stale()), "(0 live)");
        assert_eq!(world.refresh("one", "a"), "lost a to nobody: cleaned");
    }

    #[test]
    fn an_age_ends_live_locks_too() {
        let world = World::new();
        world.ask("one", "a").ttl(60).now();
        world.after(5.0).ask("two", "b").ttl(60).now();
        let older = Removal::Stale { older_than: Some(Duration::from_secs(10)) };
        assert_eq!(world.after(5.0).cleanup(older), "-a (1 live)");
    }

    #[test]
    fn an_agent_is_cleaned_with_its_waits_and_nobody_else() {
        let world = World::new();
        world.acquire("one", "a");
        world.acquire("one/h", "b");
        world.acquire("two", "c");
        world.ask("one", "c").waiting(1);
        assert_eq!(world.cleanup(Removal::Agent(agent("one"))), "-a -b (2 live) -one");
        assert_eq!(world.refresh("two", "c"), "=c");
    }

    #[test]
    fn orphans_are_whatever_no_known_agent_holds() {
        let world = World::new();
        world.acquire("one", "a");
        world.acquire("two", "b");
        let orphaned = |known| world.cleanup(Removal::Orphaned { known });
        assert_eq!(orphaned(None), "(0 live)");
        assert_eq!(orphaned(Some(vec![agent("two")])), "-a (1 live)");
    }

    #[test]
    fn a_break_is_exact_and_recorded() {
        let world = World::new();
        world.acquire("one", "src/*");
        assert_eq!(world.break_("src/a"), "(0 live)");
        assert_eq!(world.break_("src/*"), "-src/* (1 live)");
        assert_eq!(world.refresh("one", "src/*"), "lost src/* to nobody: broken");
    }

    #[test]
    fn waiters_keep_their_place_through_a_cleanup_of_others() {
        let world = World::new();
        world.acquire("one", "a");
        world.ask("two", "a").waiting(1);
        world.cleanup(Removal::Agent(agent("one")));
        assert!(world.view().waiters.iter().any(|waiter| waiter.id == place(1)));
    }
}
