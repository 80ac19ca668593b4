//! Letting locks go.

use std::collections::HashSet;

use super::{claim::Claim, scope};
use crate::{
    Answer, Cause, Change, Command, Lock, LockScope, Mode, Pattern, Refusal, Release, Scope,
    Target, Targets, View, decision::Draft,
};

pub(crate) fn decide(
    command: &Command,
    release: &Release,
    view: &View,
) -> Result<(Draft, Vec<Change>), Scope> {
    let mut step = Step { release, view, gone: Vec::new(), met: Vec::new() };
    let mut refusal = Refusal::default();
    match &release.targets {
        Targets::All => step.all(),
        Targets::Some(targets) => {
            targets.iter().for_each(|target| step.one(target));
            let readings = scope::readings(targets);
            let place = |pattern: &Pattern| readings.iter().position(|other| other == pattern);
            let met = step
                .met
                .iter()
                .map(|&(pattern, lock)| ((place(pattern).unwrap_or_default(), pattern), lock));
            refusal.add_locks(met.collect());
        }
    }
    let mut seen = HashSet::new();
    step.gone.retain(|lock| seen.insert(lock.id));
    let mut released: Vec<Pattern> = step
        .gone
        .iter()
        .filter(|lock| view.is_live(lock))
        .map(|lock| lock.pattern.clone())
        .collect();
    // An earlier try of this very command may have done it.
    if command.retry {
        let earlier = view.endings.iter().filter(|ending| ending.nonce == command.nonce);
        released.extend(earlier.filter(|e| e.ended == Cause::Released).map(|e| e.pattern.clone()));
    }
    let mut overlapping = Vec::new();
    if let (true, true, Targets::Some(targets)) =
        (step.gone.is_empty(), released.is_empty(), &release.targets)
    {
        overlapping = overlaps(release, targets, view)?;
    }
    let changes = step.gone.into_iter().map(|lock| {
        let live = view.is_live(lock);
        Change::End {
            lock: lock.clone(),
            cause: if live { Cause::Released } else { Cause::Expired },
            by: live.then(|| release.agent.to_string()),
            note: None,
        }
    });
    let answer = Answer::Released { released, refusal, overlapping };
    Ok((Draft::Final(answer), changes.collect()))
}

struct Step<'a> {
    release: &'a Release,
    view: &'a View,
    gone: Vec<&'a Lock>,
    /// Others' locks on what it names.
    met: Vec<(&'a Pattern, &'a Lock)>,
}

impl<'a> Step<'a> {
    fn is_ours(&self, lock: &Lock) -> bool {
        let Release { agent, holder, token, .. } = self.release;
        lock.is_of(agent, holder.as_ref()) && token.is_none_or(|token| token == lock.token)
    }

    fn all(&mut self) {
        self.gone = self.view.locks.iter().filter(|lock| self.is_ours(lock)).collect();
        self.gone.sort_by(|one, two| one.pattern.cmp(&two.pattern));
    }

    fn one(&mut self, target: &'a Target) {
        let view = self.view;
        let ours: Vec<&Lock> = target
            .readings
            .iter()
            .filter_map(|pattern| {
                view.locks.iter().find(|lock| lock.pattern == *pattern && self.is_ours(lock))
            })
            .collect();
        if !ours.is_empty() {
            self.gone.extend(ours);
            return;
        }
        for pattern in &target.readings {
            for lock in self.view.live().filter(|lock| lock.pattern == *pattern) {
                if pattern.meets(&lock.pattern) {
                    self.met.push((pattern, lock));
                }
            }
        }
    }
}

/// What the agent holds that meets what it named.
fn overlaps(release: &Release, targets: &[Target], view: &View) -> Result<Vec<Lock>, Scope> {
    let readings = scope::readings(targets);
    if !scope::has_all_meeting(view, readings.iter()) {
        return Err(Scope {
            locks: LockScope::Meeting(readings),
            endings: view.scope.endings.clone(),
            ..Scope::default()
        });
    }
    let mine = Claim {
        agent: &release.agent,
        holder: release.holder.as_ref(),
        mode: Mode::Exclusive,
        damaged: false,
    };
    let mut locks: Vec<Lock> = view
        .live()
        .filter(|lock| !mine.excludes((*lock).into()) && lock.agent == release.agent)
        .filter(|lock| !readings.contains(&lock.pattern))
        .filter(|lock| readings.iter().any(|pattern| pattern.meets(&lock.pattern)))
        .cloned()
        .collect();
    locks.sort_by(|one, two| (&one.pattern, one.id).cmp(&(&two.pattern, two.id)));
    Ok(locks)
}

#[cfg(test)]
mod tests {
    use super::super::world::{World, release};

    #[test]
    fn a_release_frees_and_can_be_done_twice() {
        let world = World::new();
        world.acquire("one", "a");
        assert_eq!(world.release("one", "a"), "-a");
        assert_eq!(world.release("one", "a"), "");
        assert_eq!(world.acquire("two", "a"), "+a");
    }

    #[test]
    fn nobody_releases_anothers_lock() {
        let world = World::new();
        world.acquire("one", "a b");
        assert_eq!(world.release("two", "a"), "one holds a");
        assert_eq!(world.refresh("one", "a"), "=a");
        world.after(10.0).acquire("two", "a");
        assert_eq!(world.release("one", "a b"), "two holds a");
        assert_eq!(world.refresh("two", "a"), "=a");
    }

    /// A view has its locks in no order, and every store would have told another story.
    #[test]
    fn those_who_hold_it_are_told_in_one_order() {
        let world = World::new();
        world.ask("one", "a").shared().now();
        world.ask("two", "a").shared().now();
        let mut view = world.view();
        view.scope.locks = crate::LockScope::All;
        for _ in 0..2 {
            let answer = World::on(&view, &release("three", "a", None));
            assert_eq!(answer, "one holds a, two holds a");
            view.locks.reverse();
        }
    }

    #[test]
    fn a_stale_lock_of_ones_own_is_swept_and_not_called_released() {
        let world = World::new();
        world.acquire("one", "a");
        assert_eq!(world.after(10.0).release("one", "a"), "");
        assert!(world.view().locks.is_empty());
        assert_eq!(world.refresh("one", "a"), "lost a to nobody: expired");
    }

    #[test]
    fn release_is_exact_and_points_at_what_overlaps() {
        let world = World::new();
        world.acquire("one", "src/*.rs");
        assert_eq!(world.release("one", "src/a.rs"), "~src/*.rs");
        assert_eq!(world.release("one", "--all"), "-src/*.rs");
    }

    #[test]
    fn every_reading_of_an_argument_is_let_go() {
        let world = World::new();
        world.acquire("one", "a a/ b");
        world.acquire("two", "c c/");
        assert_eq!(world.release("one", "a/|a a"), "-a/ -a");
        assert_eq!(world.release("one", "b|b/"), "-b");
        assert_eq!(world.release("one", "c|c/"), "two holds c, two holds c/");
    }

    #[test]
    fn a_token_names_one_grant() {
        let world = World::new();
        world.acquire("one", "a");
        let token = world.view().locks[0].token.get();
        assert_eq!(world.run(&release("one", "a", Some(token + 1))), "one holds a");
        assert_eq!(world.run(&release("one", "a", Some(token))), "-a");
    }

    #[test]
    fn a_retry_says_what_the_first_try_did() {
        let world = World::new();
        world.acquire("one", "a");
        let command = release("one", "a", None);
        assert_eq!(world.run(&command), "-a");
        world.acquire("two", "a");
        assert_eq!(world.run(&command.again()), "-a two holds a");
        assert_eq!(world.refresh("two", "a"), "=a");
    }
}
