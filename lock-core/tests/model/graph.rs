//! Who waits for whom, by a plain search over one state.

use crate::{
    names::meet,
    state::{Place, Row, State},
    world::{Want, World},
};

impl World {
    /// What an actor asked for last.
    pub(crate) fn last_want(&self, state: &State, actor: usize) -> Option<Want> {
        let begun = usize::from(state.actors[actor].begun);
        begun.checked_sub(1).map(|last| self.programs[actor][last])
    }

    pub(crate) fn live<'a>(&self, state: &'a State) -> impl Iterator<Item = &'a Row> {
        let seen = self.deaths_are_seen;
        state.store.locks.iter().filter(move |row| state.now < row.expires && !(seen && row.orphan))
    }

    /// Those who stand in line: a place lives for five seconds, which are two and a half ticks.
    pub(crate) fn line<'a>(&self, state: &'a State) -> impl Iterator<Item = &'a Place> {
        let seen = self.deaths_are_seen;
        let stands = move |it: &&Place| state.now <= it.renewed + 2 && !(seen && it.orphan);
        state.store.waiters.iter().filter(stands)
    }

    /// Whether a live lock of `holder` stands against a request of `waiter`.
    fn holds_up(
        &self,
        state: &State,
        holder: u8,
        waiter: u8,
        patterns: &[u8],
        shared: bool,
    ) -> bool {
        holder != waiter
            && self.live(state).any(|row| {
                row.actor == holder
                    && !(shared && row.shared)
                    && patterns.iter().any(|pattern| meet(*pattern, row.pattern))
            })
    }

    /// Whether a live lock of `holder` stands against what `waiter` asked for last.
    pub(crate) fn is_in_the_way(&self, state: &State, holder: usize, waiter: usize) -> bool {
        self.last_want(state, waiter).is_some_and(|want| {
            let (holder, waiter) = (u8::try_from(holder).unwrap(), u8::try_from(waiter).unwrap());
            self.holds_up(state, holder, waiter, want.patterns, want.shared)
        })
    }

    /// Whether `actor`, if it stood in line for its last request, would wait for itself in the
    /// end.
    pub(crate) fn waits_for_itself(&self, state: &State, actor: usize) -> bool {
        let want = self.last_want(state, actor).expect("a request was begun");
        let actor = u8::try_from(actor).unwrap();
        let own = self.line(state).find(|it| it.actor == actor && !it.orphan).cloned();
        let own = own.unwrap_or_else(|| Place {
            ticket: u8::MAX,
            name: u8::MAX,
            actor,
            patterns: want.patterns.to_vec(),
            shared: want.shared,
            renewed: state.now,
            orphan: false,
        });
        let others = self.line(state).filter(|it| it.name != own.name);
        let line: Vec<&Place> = others.chain([&own]).collect();
        let waits_for = |one: &Place, two: &Place| {
            let met = |pattern: &u8| two.patterns.iter().any(|other| meet(*pattern, *other));
            let ahead = two.ticket < one.ticket
                && one.actor != two.actor
                && !(one.shared && two.shared)
                && one.patterns.iter().any(met);
            self.holds_up(state, two.actor, one.actor, &one.patterns, one.shared)
                || (ahead && !self.holds_up(state, one.actor, two.actor, &two.patterns, two.shared))
        };
        let mut reached: Vec<u8> = Vec::new();
        let mut next = vec![&own];
        while let Some(one) = next.pop() {
            for two in line.iter().filter(|two| two.name != one.name && waits_for(one, two)) {
                if two.name == own.name {
                    return true;
                }
                if !reached.contains(&two.name) {
                    reached.push(two.name);
                    next.push(two);
                }
            }
        }
        false
    }
}

/// Whether two requests cannot both be granted.
pub(crate) fn exclude(one: &Want, two: &Want) -> bool {
    let met = |pattern: &u8| two.patterns.iter().any(|other| meet(*pattern, *other));
    !(one.shared && two.shared) && one.patterns.iter().any(met)
}
