//! Exclusion by token, from where the agents stand: of two that exclude each other, whoever has
//! the lower token had let go before the other was answered. Asks neither the rule nor the store.

use std::collections::VecDeque;

use super::told::Held;

/// With how many of the latest each is compared: more than are told of between two looks.
const COMPARED: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Exclusion {
    latest: VecDeque<Held>,
}

impl Exclusion {
    pub(super) fn take(&mut self, held: Held) -> Result<(), String> {
        for other in &self.latest {
            let lower_first = |lower: &Held, higher: &Held| {
                lower.until <= higher.granted.answered || !are_rivals(lower, higher)
            };
            let right = match other.granted.token < held.granted.token {
                true => lower_first(other, &held),
                false => lower_first(&held, other),
            };
            if !right {
                return Err(format!("not exclusive by token: {other:?}\nand {held:?}"));
            }
        }
        self.latest.push_back(held);
        if self.latest.len() > COMPARED {
            self.latest.pop_front();
        }
        Ok(())
    }
}

fn are_rivals(one: &Held, two: &Held) -> bool {
    let meet = || one.patterns.iter().any(|one| two.patterns.iter().any(|two| one.meets(two)));
    one.agent != two.agent && !(one.shared && two.shared) && meet()
}

#[cfg(test)]
pub(super) mod tests {
    use lock_core::{Nonce, Pattern, RecordId, Token};

    use super::*;
    use crate::grants::Granted;

    pub(crate) fn held(agent: usize, pattern: &str, token: u64, from: u64, until: u64) -> Held {
        let (patterns, token) = (vec![Pattern::parse(pattern).unwrap()], Token::new(token));
        let locks = vec![RecordId::new(Nonce::random(), 0)];
        let granted = Granted { locks, token, asked: 0, answered: from };
        Held { agent, patterns, shared: false, granted, until }
    }

    fn verdict(one: Held, two: Held) -> bool {
        let verdict = |first: &Held, second: &Held| {
            let mut exclusion = Exclusion::default();
            exclusion.take(first.clone()).unwrap();
            exclusion.take(second.clone()).is_ok()
        };
        let (forth, back) = (verdict(&one, &two), verdict(&two, &one));
        assert_eq!(forth, back, "in whatever order they are told");
        forth
    }

    #[test]
    fn two_that_hold_what_meets_at_one_time_are_caught() {
        let first = || held(1, "src/*.rs", 7, 10, 20);
        assert!(verdict(first(), held(2, "src/a.rs", 8, 20, 30)), "one after the other");
        assert!(!verdict(first(), held(2, "src/a.rs", 8, 19, 30)), "at once");
        assert!(!verdict(first(), held(2, "src/a.rs", 8, 1, 5)), "the earlier has the higher");
        assert!(verdict(first(), held(2, "a.rs", 8, 19, 30)), "they do not meet");
        assert!(verdict(first(), held(1, "src/a.rs", 8, 19, 30)), "one agent");
        let shared = |held: Held| Held { shared: true, ..held };
        assert!(verdict(shared(first()), shared(held(2, "src/a.rs", 8, 19, 30))));
        assert!(!verdict(shared(first()), held(2, "src/a.rs", 8, 19, 30)));
    }
}
