//! What must be true of every state, and of where it leads.

use crate::{
    names::meet,
    state::{Breach, Phase, State},
    step::Deed,
    world::World,
};

impl World {
    pub(crate) fn judge(&self, state: &mut State) {
        if let Some(breach) = self.found(state) {
            Self::breach(state, breach);
        }
    }

    fn found(&self, state: &State) -> Option<Breach> {
        let live: Vec<_> = self.live(state).collect();
        for (index, one) in live.iter().enumerate() {
            for two in &live[..index] {
                let apart = one.actor == two.actor || (one.shared && two.shared);
                if !apart && meet(one.pattern, two.pattern) {
                    return Some(Breach::Exclusion);
                }
            }
        }
        for (index, actor) in (0..).zip(&state.actors) {
            let stands = |pattern: u8, token: u64| {
                live.iter().any(|it| (it.actor, it.pattern, it.token) == (index, pattern, token))
            };
            let mut sound = actor.held.iter().filter(|it| !it.void && state.now < it.until);
            if !sound.all(|it| stands(it.pattern, it.token)) {
                return Some(Breach::LostGrant);
            }
            if matches!(actor.phase, Phase::Unanswered(..)) {
                continue;
            }
            let known = |pattern: u8, token: u64| {
                actor.held.iter().any(|it| (it.pattern, it.token) == (pattern, token))
            };
            let mut own = live.iter().filter(|it| it.actor == index && !it.orphan);
            let mut places = self.line(state).filter(|it| it.actor == index && !it.orphan);
            if !own.all(|it| known(it.pattern, it.token)) || places.any(|_| actor.place.is_none()) {
                return Some(Breach::Orphan);
            }
        }
        None
    }

    /// Whether everybody in line is granted in the end, or told of a deadlock, if those who wait go
    /// on waiting and all others let go. What crashed actors left behind is waited out.
    pub(crate) fn drains(&self, state: &State) -> bool {
        let mut state = state.clone();
        let waiting =
            |state: &State, actor: usize| matches!(state.actors[actor].phase, Phase::Waiting(_));
        let actors = 0..state.actors.len();
        // Each round ends somebody's wait, frees something, or lets two seconds pass.
        for _ in 0..24 {
            let mut moved = false;
            for actor in actors.clone() {
                match &state.actors[actor].phase {
                    Phase::Unanswered(..) => self.act(&mut state, actor, Deed::Retry, false),
                    Phase::Free if !state.actors[actor].held.is_empty() => {
                        self.act(&mut state, actor, Deed::Release, false);
                    }
                    _ => continue,
                }
                moved = true;
            }
            for actor in actors.clone().filter(|it| waiting(&state, *it)).collect::<Vec<_>>() {
                self.act(&mut state, actor, Deed::Again, false);
                moved |= !waiting(&state, actor);
            }
            if !actors.clone().any(|it| waiting(&state, it)) {
                return true;
            }
            if moved {
                continue;
            }
            let left =
                self.live(&state).any(|it| it.orphan) || self.line(&state).any(|it| it.orphan);
            if !left {
                return false;
            }
            state.now += 1;
            for actor in actors.clone() {
                if !state.actors[actor].held.is_empty() {
                    self.act(&mut state, actor, Deed::Refresh, false);
                }
            }
        }
        false
    }

    /// Whether nobody who stands in line waits for itself in the end.
    pub(crate) fn nobody_waits_for_itself(&self, state: &State) -> bool {
        let stands =
            |actor: &usize| state.actors[*actor].place.is_some_and(|place| place.stands(state.now));
        !(0..state.actors.len()).filter(stands).any(|actor| self.waits_for_itself(state, actor))
    }
}
