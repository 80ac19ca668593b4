//! Whether two machines take a common path, and which.

use super::{
    letters::Letters,
    path::is_valid_path,
    program::{Op, Program},
    table::Table,
    take::candidates,
    walk::{Found, Walk},
};

/// Whether some valid path is taken by both.
pub(super) fn meets(p: &Program, q: &Program) -> bool {
    if p.melts || q.melts {
        return witness(p, q).is_some();
    }
    let meets = |controls| {
        let walk = Walk { p, q, controls };
        match walk.run(()) {
            Found::Yes => true,
            Found::No => false,
            Found::Unknown => Table::new(walk, &Letters::free()).lives((0, 0), 0),
        }
    };
    meets(false) || ((p.controls || q.controls) && meets(true))
}

/// A valid path that both take; without control characters if there is one.
pub(super) fn witness(p: &Program, q: &Program) -> Option<String> {
    let witness = |controls| {
        let walk = Walk { p, q, controls };
        let mut text = String::new();
        match walk.run(&mut text) {
            Found::Yes if is_valid_path(&text) => Some(text),
            Found::No => None,
            Found::Yes | Found::Unknown => exact(walk),
        }
    };
    witness(false).or_else(|| if p.controls || q.controls { witness(true) } else { None })
}

/// The path of a walk that knows which moves lead to the end.
pub(super) fn exact(walk: Walk<'_>) -> Option<String> {
    let letters = if walk.p.melts || walk.q.melts { Letters::of(walk) } else { Letters::free() };
    let table = Table::new(walk, &letters);
    let (mut at, mut state) = ((0, 0), 0);
    if !table.lives(at, state) {
        return None;
    }
    let mut text = String::new();
    while !walk.ends(at) {
        let (a, b) = (walk.p.node(at.0).op, walk.q.node(at.1).op);
        let mut next = None;
        for &(to, c) in walk.moves(at).iter().flatten() {
            let others = match (c, a.takes(walk.p), b.takes(walk.q)) {
                (Some(c), Some(a), Some(b)) if c != '/' => candidates(a, b, walk.controls),
                _ => Vec::new(),
            };
            let mut ways = std::iter::once(c).chain(others.into_iter().map(Some));
            next = ways.find_map(|c| {
                let after = match c {
                    None => state,
                    Some('/') => 0,
                    Some(c) => letters.after(state, letters.letter(c)?)?,
                };
                table.lives(to, after).then_some((to, c, after))
            });
            if next.is_some() {
                break;
            }
        }
        // Two loops need take nothing together, but to part what must not stand together.
        if next.is_none() && is_loop(a) && is_loop(b) && state != 0 && table.lives(at, 0) {
            next = Some((at, Some('q'), 0));
        }
        let (to, c, after) = next?;
        text.extend(c);
        (at, state) = (to, after);
    }
    Some(text)
}

fn is_loop(op: Op) -> bool {
    matches!(op, Op::Star | Op::DeepIn | Op::Rest)
}

#[cfg(test)]
mod tests {
    use crate::pattern::{Pattern, hostile, is_valid_path, work::counted};

    /// 50 ms at a nanosecond and a half a step: the bench has the times.
    const MOST_STEPS: usize = 30_000_000;

    #[test]
    fn no_pair_within_the_limits_takes_many_steps() {
        for pair in hostile::pairs() {
            let p = Pattern::parse(&pair.p).unwrap_or_else(|e| panic!("{}: {e}", pair.name));
            let q = Pattern::parse(&pair.q).unwrap_or_else(|e| panic!("{}: {e}", pair.name));
            for (p, q) in [(&p, &q), (&q, &p), (&p, &p)] {
                let (steps, witness) = counted::steps(|| p.witness(q));
                assert!(steps < MOST_STEPS, "{}: {steps}", pair.name);
                if p == q {
                    // Each of these patterns matches something, so it meets itself.
                    assert!(witness.is_some() || pair.name == "dots", "{}", pair.name);
                } else {
                    assert_eq!(witness.is_some(), pair.meet, "{}", pair.name);
                }
                let valid = |w: &String| is_valid_path(w) && p.matches(w) && q.matches(w);
                assert!(witness.is_none_or(|w| valid(&w)), "{}", pair.name);
            }
        }
    }
}
