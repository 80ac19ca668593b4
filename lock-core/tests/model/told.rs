//! What answers mean to those who get them, and what must be true of them.

use lock_core::{Answer, Granted, Mode};

use crate::{
    graph::exclude,
    names::index_of,
    state::{Answered, Belief, Breach, Call, Phase, Standing, State, Tick},
    store::TICK,
    world::World,
};

impl World {
    pub(crate) fn granted(&self, granted: &[Granted]) -> Vec<(u8, u64, bool)> {
        let one = |it: &Granted| (index_of(&it.lock.pattern), it.lock.token.get(), it.fresh);
        granted.iter().map(one).collect()
    }

    /// What a step made true, whether its answer arrives or not.
    pub(crate) fn came_true(
        &self,
        state: &mut State,
        before: &State,
        actor: usize,
        call: Call,
        answer: &Answer,
    ) {
        let over = |token: u64| {
            let mut rows = before.store.locks.iter();
            rows.any(|row| row.token == token && row.expires <= before.now)
        };
        match (call, answer) {
            (Call::Ask { .. }, _) => {}
            (Call::Leave { .. }, _) => return state.actors[actor].place = None,
            (Call::Refresh { .. }, Answer::Refreshed { locks, .. }) => {
                if locks.iter().any(|lock| over(lock.token.get())) {
                    Self::breach(state, Breach::Revived);
                }
                return;
            }
            _ => return,
        }
        match answer {
            Answer::Granted(granted) => {
                let made = granted.iter().filter(|it| it.fresh);
                // What a first try made is not made again.
                let new = made.map(|it| it.lock.token.get()).filter(|token| {
                    !before
                        .store
                        .locks
                        .iter()
                        .any(|row| row.token == *token && usize::from(row.actor) == actor)
                });
                let mut new: Vec<u64> = new.collect();
                new.dedup();
                if new.iter().any(|token| *token <= state.top) || new.len() > 1 {
                    Self::breach(state, Breach::Token);
                }
                if !new.is_empty() {
                    self.in_turn(state, before, actor);
                }
                state.top = new.into_iter().max().unwrap_or(0).max(state.top);
                state.actors[actor].place = None;
            }
            Answer::Waiting { .. } => {
                let now = state.now;
                let last = state.actors.iter().filter_map(|it| it.place).map(|it| it.rank).max();
                let new = Standing { rank: last.unwrap_or(0) + 1, renewed: now };
                let place = state.actors[actor].place.filter(|it| it.stands(now));
                state.actors[actor].place =
                    Some(place.map_or(new, |it| Standing { renewed: now, ..it }));
            }
            Answer::Deadlock { .. } => {
                if !self.waits_for_itself(before, actor) {
                    Self::breach(state, Breach::FalseAlarm);
                }
                state.actors[actor].place = None;
            }
            Answer::Refused(_) => {}
            _ => Self::breach(state, Breach::Answer),
        }
    }

    /// Whether nobody who stood before it, and against it, was passed.
    fn in_turn(&self, state: &mut State, before: &State, actor: usize) {
        let stands = |other: usize| before.actors[other].place.filter(|it| it.stands(before.now));
        let own = stands(actor).map_or(u8::MAX, |place| place.rank);
        let want = self.last_want(state, actor).expect("a request was begun");
        let passed = (0..before.actors.len()).filter(|other| *other != actor).any(|other| {
            let against = self.last_want(before, other).is_some_and(|it| exclude(&want, &it));
            stands(other).is_some_and(|place| place.rank < own)
                && against
                && !self.is_in_the_way(before, actor, other)
        });
        if passed {
            Self::breach(state, Breach::Passed);
        }
    }

    /// Whether a second try was answered as the first one was.
    pub(crate) fn same_again(
        &self,
        state: &mut State,
        before: &State,
        actor: usize,
        first: &Answered,
        answer: &Answer,
    ) {
        let same = match (first, answer) {
            (Answered::Granted(first), answer) => {
                let there = |token: u64| {
                    let mut own = self.live(before).filter(|row| usize::from(row.actor) == actor);
                    own.any(|row| row.token == token)
                };
                // Unless it was lost since: then it is a request like any other.
                !first.iter().all(|(_, token, _)| there(*token))
                    || matches!(answer, Answer::Granted(it) if self.granted(it) == *first)
            }
            (Answered::Released(first), Answer::Released { released, .. }) => {
                released.iter().map(index_of).eq(first.iter().copied())
            }
            (Answered::Released(_), _) => false,
            (Answered::Other, _) => true,
        };
        if !same {
            Self::breach(state, Breach::Retry);
        }
    }

    /// What the actor learns.
    pub(crate) fn told(&self, state: &mut State, actor: usize, call: Call, answer: Answer) {
        let now = state.now;
        let it = &mut state.actors[actor];
        it.phase = match (&answer, call) {
            (Answer::Waiting { .. }, Call::Ask { place: Some(place), .. }) => Phase::Waiting(place),
            (_, Call::Refresh { .. }) => match it.phase {
                Phase::Waiting(place) => Phase::Waiting(place),
                _ => Phase::Free,
            },
            _ => Phase::Free,
        };
        let sound = |belief: &Belief| !belief.void && now < belief.until;
        let breach = match (call, answer) {
            (Call::Ask { .. }, Answer::Granted(granted)) => {
                for Granted { lock, .. } in &granted {
                    let pattern = index_of(&lock.pattern);
                    let until =
                        lock.expires_at.as_micros() / i64::try_from(TICK.as_micros()).unwrap();
                    let (shared, token) = (lock.mode == Mode::Shared, lock.token.get());
                    it.held.retain(|belief| belief.pattern != pattern);
                    let until = Tick::try_from(until).unwrap();
                    it.held.push(Belief { pattern, shared, token, until, void: false });
                }
                it.held.sort_unstable();
                None
            }
            (Call::Refresh { .. }, Answer::Refreshed { locks, lost }) => {
                let mut breach = None;
                for belief in std::mem::take(&mut it.held) {
                    let kept = locks.iter().find(|lock| index_of(&lock.pattern) == belief.pattern);
                    let gone = lost.iter().any(|lost| index_of(&lost.pattern) == belief.pattern);
                    match kept {
                        Some(_) => it.held.push(Belief { until: now + self.lease, ..belief }),
                        None if sound(&belief) => breach = Some(Breach::LostGrant),
                        // A loss is never silent.
                        None if !gone => breach = Some(Breach::Answer),
                        None => {}
                    }
                }
                breach
            }
            (Call::Release { .. }, Answer::Released { released, .. }) => {
                let held = std::mem::take(&mut it.held);
                let freed =
                    |belief: &Belief| released.iter().any(|it| index_of(it) == belief.pattern);
                let all = held.iter().filter(|belief| sound(belief)).all(freed);
                (!all).then_some(Breach::LostGrant)
            }
            (
                Call::Ask { .. },
                Answer::Waiting { .. } | Answer::Refused(_) | Answer::Deadlock { .. },
            )
            | (Call::Leave { .. }, Answer::Left) => None,
            _ => Some(Breach::Answer),
        };
        if let Some(breach) = breach {
            Self::breach(state, breach);
        }
    }
}
