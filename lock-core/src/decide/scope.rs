//! What to load first for each command, and whether a view is wide enough.

use crate::{
    Action, Command, EndingScope, LockScope, Pattern, Removal, Scope, Target, Targets, View,
};

impl Command {
    /// The records that its verdict depends on, in the common case; [`decide`](crate::decide) asks
    /// for more where it must.
    pub fn scope(&self) -> Scope {
        let scope = match &self.action {
            Action::Acquire(acquire) => {
                let scope = Scope::of(LockScope::Meeting(acquire.patterns.clone()));
                let place = acquire.wait.as_ref();
                return match place.and_then(|place| Some((place.name, place.ahead.as_ref()?))) {
                    Some((name, ahead)) => {
                        ahead.iter().fold(scope.with_waiter(name), |it, name| it.with_waiter(*name))
                    }
                    None => scope.with_waiters(),
                };
            }
            Action::Refresh(refresh) => match &refresh.targets {
                Targets::Some(targets) => return Scope::of(LockScope::At(readings(targets))),
                Targets::All => {
                    let endings =
                        EndingScope::OfHolder(refresh.agent.clone(), refresh.holder.clone());
                    return Scope::of(LockScope::OfAgent(refresh.agent.clone()))
                        .with_endings(endings);
                }
            },
            Action::Release(release) => match &release.targets {
                Targets::Some(targets) => Scope::of(LockScope::At(readings(targets))),
                Targets::All => Scope::of(LockScope::OfAgent(release.agent.clone())),
            },
            Action::Break(broken) => Scope::of(LockScope::At(readings(&broken.targets))),
            Action::Cleanup(cleanup) => match &cleanup.what {
                Removal::Stale { .. } => Scope::of(LockScope::All),
                Removal::Agent(agent) => {
                    Scope::of(LockScope::OfAgent(agent.clone())).with_waiters()
                }
                Removal::Orphaned { .. } => Scope::of(LockScope::All).with_waiters(),
            },
            Action::Renew(renew) => Scope::default().with_waiter(renew.waiter),
            Action::Leave(leave) => Scope::default().with_waiter(leave.waiter),
            Action::Note(_) => Scope::default(),
        };
        if self.retry { scope.with_endings(EndingScope::MadeBy(self.nonce)) } else { scope }
    }
}

impl Command {
    /// Whether its verdict depends on when locks were last refreshed, and not only on which there
    /// are and which of them live.
    ///
    /// A store that decides on what it saw earlier must see the same again when it commits: for
    /// such a command, that includes the time of the last refresh of what goes.
    pub fn judges_by_age(&self) -> bool {
        let Action::Cleanup(cleanup) = &self.action else { return false };
        matches!(cleanup.what, Removal::Stale { older_than: Some(_) })
    }
}

/// Every reading of every target.
pub(crate) fn readings(targets: &[Target]) -> Vec<Pattern> {
    targets.iter().flat_map(|target| &target.readings).cloned().collect()
}

/// Whether the view has every lock that may meet one of `patterns`.
pub(crate) fn has_all_meeting<'a>(
    view: &View,
    mut patterns: impl Iterator<Item = &'a Pattern>,
) -> bool {
    match &view.scope.locks {
        LockScope::All => true,
        LockScope::Meeting(loaded) => patterns.all(|pattern| loaded.contains(pattern)),
        _ => patterns.next().is_none(),
    }
}
