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
        let held = target.readings.iter().find_map(|pattern| {
            let own = own(refresh, view).find(|lock| lock.pattern == *pattern)?;
            (view.is_live(own) && token_fits(refresh, own)).then_some(own)
        });
        match held {
            Some(lock) if kept.iter().any(|other| other.id == lock.id) => {}
            Some(lock) => kept.push(lock),
            None => lost.extend(loss(refresh, targets, target, view)?),
        }
    }
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
