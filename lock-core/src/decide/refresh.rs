//! Extending live locks, and saying what became of the others.

use std::{collections::HashSet, time::Duration};

use super::{claim::Claim, scope};
use crate::{
    Cause, Change, EndingScope, Lock, LockScope, Lost, Mode, Pattern, Refresh, Scope, Target,
    Targets, View,
    decision::{Draft, Slot},
};

/// How long a refresh of everything still reports a loss. An agent that refreshes within its
/// lease asks well before that; one that comes back later starts anew.
const REMEMBERED: Duration = Duration::from_secs(3_600);

pub(crate) fn decide(refresh: &Refresh, view: &View) -> Result<(Draft, Vec<Change>), Scope> {
    match &refresh.targets {
        Targets::All => Ok(all(refresh, view)),
        Targets::Some(targets) => some(refresh, targets, view),
    }
}

fn some(refresh: &Refresh, targets: &[Target], view: &View) -> Result<(Draft, Vec<Change>), Scope> {
    let mut kept: Vec<&Lock> = Vec::new();
    let mut lost = Vec::new();
    for target in targets {
        let held: Vec<&Lock> = target
            .readings
            .iter()
            .filter_map(|pattern| {
                let own = own(refresh, view).find(|lock| lock.pattern == *pattern)?;
                (view.is_live(own) && token_fits(refresh, own)).then_some(own)
            })
            .collect();
        if held.is_empty() {
            lost.extend(loss(refresh, targets, target, view)?);
        }
        kept.extend(held);
    }
    let mut seen = HashSet::new();
    kept.retain(|lock| seen.insert(lock.id));
    Ok(extend(refresh, kept, lost))
}

fn all(refresh: &Refresh, view: &View) -> (Draft, Vec<Change>) {
    let (kept, stale): (Vec<&Lock>, Vec<&Lock>) =
        own(refresh, view).filter(|lock| token_fits(refresh, lock)).partition(|l| view.is_live(l));
    let mut lost: Vec<Lost> = stale.into_iter().map(|lock| ran_out(lock, view)).collect();
    let mut told: HashSet<&Pattern> = own(refresh, view).map(|lock| &lock.pattern).collect();
    for ending in view.endings.iter().rev() {
        let fits = refresh.token.is_none_or(|token| ending.token == token)
            && ending.is_of(&refresh.agent, refresh.holder.as_ref(), &ending.pattern);
        if fits
            && told.insert(&ending.pattern)
            && ending.ended != Cause::Released
            && view.now.since(ending.until) < REMEMBERED
        {
            lost.push(Lost::by(ending));
        }
    }
    extend(refresh, kept, lost)
}

fn own<'a>(refresh: &'a Refresh, view: &'a View) -> impl Iterator<Item = &'a Lock> {
    view.locks.iter().filter(|lock| lock.is_of(&refresh.agent, refresh.holder.as_ref()))
}

fn token_fits(refresh: &Refresh, lock: &Lock) -> bool {
    refresh.token.is_none_or(|token| token == lock.token)
}

fn extend(refresh: &Refresh, mut kept: Vec<&Lock>, mut lost: Vec<Lost>) -> (Draft, Vec<Change>) {
    if refresh.targets == Targets::All {
        kept.sort_by(|one, two| one.pattern.cmp(&two.pattern));
        lost.sort_by(|one, two| one.pattern.cmp(&two.pattern));
    }
    let locks = kept.iter().map(|lock| Slot::Changed(lock.id)).collect();
    let changes = kept.into_iter().map(|lock| Change::Extend {
        lock: lock.clone(),
        ttl: refresh.ttl.unwrap_or(lock.ttl),
        at_least: false,
        reason: None,
        process: refresh.process.clone().filter(|process| !lock.processes.contains(process)),
    });
    (Draft::Refreshed { locks, lost }, changes.collect())
}

/// How the lock that `target` names was lost.
fn loss(
    refresh: &Refresh,
    targets: &[Target],
    target: &Target,
    view: &View,
) -> Result<Option<Lost>, Scope> {
    let stale = own(refresh, view).find(|lock| {
        target.readings.contains(&lock.pattern) && !view.is_live(lock) && token_fits(refresh, lock)
    });
    if let Some(lock) = stale {
        return Ok(Some(ran_out(lock, view)));
    }
    let readings = scope::readings(targets);
    if view.scope.endings == EndingScope::None {
        let (agent, holder) = (refresh.agent.clone(), refresh.holder.clone());
        let endings = EndingScope::Last(agent, holder, readings.clone());
        return Err(Scope::of(LockScope::Meeting(readings)).with_endings(endings));
    }
    let mut endings = view.endings.iter().rev().filter(|ending| {
        target.readings.iter().any(|pattern| {
            ending.is_of(&refresh.agent, refresh.holder.as_ref(), pattern)
                && refresh.token.is_none_or(|token| token == ending.token)
        })
    });
    if let Some(ending) = endings.next() {
        let mut lost = Lost::by(ending);
        if lost.to.is_none() && lost.cause != Cause::Expired {
            lost.to = taken_by(refresh, &lost.pattern, view);
        }
        return Ok(Some(lost));
    }
    // A token proves that there was a grant once; so does nothing else when endings are forgotten.
    let cause =
        if view.forgetful || refresh.token.is_some() { Cause::Unknown } else { Cause::NeverHeld };
    Ok(target.readings.first().map(|pattern| Lost {
        pattern: pattern.clone(),
        to: taken_by(refresh, pattern, view),
        at: None,
        cause,
    }))
}

fn ran_out(lock: &Lock, view: &View) -> Lost {
    let expired = lock.expires_at <= view.now;
    Lost {
        pattern: lock.pattern.clone(),
        to: None,
        at: Some(lock.expires_at.min(view.now)),
        cause: if expired { Cause::Expired } else { Cause::HolderDead },
    }
}

/// Who stands now where the lock was.
fn taken_by(refresh: &Refresh, pattern: &Pattern, view: &View) -> Option<String> {
    let claim = Claim {
        agent: &refresh.agent,
        holder: refresh.holder.as_ref(),
        mode: Mode::Exclusive,
        damaged: false,
    };
    let mut others: Vec<&Lock> = view
        .live()
        .filter(|lock| claim.excludes((*lock).into()) && lock.pattern.meets(pattern))
        .collect();
    others.sort_by_key(|lock| (lock.token, lock.id));
    others.first().map(|lock| lock.agent.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::world::{World, agent, refresh};
    use crate::Removal;

    #[test]
    fn a_refresh_extends_by_the_granted_lease() {
        let world = World::new();
        world.ask("one", "a").ttl(20).now();
        assert_eq!(world.after(15.0).refresh("one", "a"), "=a");
        let view = world.view();
        assert_eq!(view.locks[0].expires_at.since(view.now), Duration::from_secs(20));
    }

    #[test]
    fn a_new_lease_is_set_even_if_it_is_shorter() {
        let world = World::new();
        world.ask("one", "a").ttl(20).now();
        world.run(&refresh("one", "a", None, Some(5)));
        let view = world.view();
        assert_eq!(view.locks[0].expires_at.since(view.now), Duration::from_secs(5));
    }

    #[test]
    fn expiry_is_final_even_if_nobody_took_it() {
        let world = World::new();
        world.acquire("one", "a");
        assert_eq!(world.after(10.0).refresh("one", "a"), "lost a to nobody: expired");
    }

    #[test]
    fn what_was_never_held_is_lost_too_and_says_who_has_it() {
        let world = World::new();
        world.acquire("two", "*.rs");
        assert_eq!(world.refresh("one", "a.rs"), "lost a.rs to two: never_held");
        assert_eq!(world.refresh("one", "b"), "lost b to nobody: never_held");
    }

    #[test]
    fn every_reading_of_an_argument_lives_on_and_none_is_missed_while_one_does() {
        let world = World::new();
        world.acquire("one", "a a/ b");
        assert_eq!(world.refresh("one", "a/|a a"), "=a/ =a");
        assert_eq!(world.refresh("one", "b/|b"), "=b");
        assert_eq!(world.refresh("one", "c/|c"), "lost c/ to nobody: never_held");
    }

    #[test]
    fn every_way_to_lose_has_its_name() {
        let world = World::new();
        world.acquire("one", "a b c d");
        world.break_("a");
        world.release("one", "b");
        world.cleanup(Removal::Stale { older_than: Some(Duration::ZERO) });
        world.acquire("two", "a");
        assert_eq!(world.refresh("one", "a"), "lost a to two: broken");
        assert_eq!(world.refresh("one", "b"), "lost b to nobody: released");
        assert_eq!(
            world.refresh("one", "c d"),
            "lost c to nobody: cleaned lost d to nobody: cleaned"
        );
    }

    #[test]
    fn refreshing_all_reports_what_was_taken() {
        let world = World::new();
        world.acquire("one", "a b");
        world.ask("one", "c").ttl(60).now();
        world.after(10.0).acquire("two", "a");
        assert_eq!(
            world.refresh("one", "--all"),
            "=c lost a to two: taken_over lost b to nobody: expired"
        );
        world.cleanup(Removal::Agent(agent("two")));
        world.acquire("one", "a");
        assert_eq!(world.refresh("one", "--all"), "=a =c lost b to nobody: expired");
    }

    #[test]
    fn refreshing_all_forgets_a_loss_after_an_hour() {
        let world = World::new();
        world.acquire("one", "a");
        world.break_("a");
        assert_eq!(world.after(3_599.0).refresh("one", "--all"), "lost a to nobody: broken");
        assert_eq!(world.after(1.0).refresh("one", "--all"), "");
    }

    #[test]
    fn a_token_names_one_grant() {
        let world = World::new();
        world.acquire("one", "a");
        let first = world.view().locks[0].token.get();
        assert_eq!(world.run(&refresh("one", "a", Some(first), None)), "=a");
        world.release("one", "a");
        world.acquire("one", "a");
        assert_eq!(
            world.run(&refresh("one", "a", Some(first), None)),
            "lost a to nobody: released"
        );
        assert_eq!(
            world.run(&refresh("one", "a", Some(first + 100), None)),
            "lost a to nobody: unknown"
        );
    }

    #[test]
    fn another_holders_lock_is_not_ones_own() {
        let world = World::new();
        world.acquire("one/h", "a");
        assert_eq!(world.refresh("one", "a"), "lost a to nobody: never_held");
        assert_eq!(world.refresh("one/g", "a"), "lost a to one: never_held");
        assert_eq!(world.refresh("one/h", "a"), "=a");
    }
}
