//! Where the alternatives of braces begin and where they go on.

use super::scan::{Kind, Token};

/// The braces of a pattern; empty if it has none.
#[derive(Default)]
pub(super) struct Braces {
    /// For each `{` and `,` the next `,` or `}` of the same braces.
    next: Vec<usize>,
    /// For each `{`, `,` and `}` what follows the `}`.
    after: Vec<usize>,
}

impl Braces {
    pub(super) fn of(tokens: &[Token]) -> Self {
        if !tokens.iter().any(|token| token.kind == Kind::Open) {
            return Self::default();
        }
        let mut braces = Self { next: vec![0; tokens.len()], after: vec![0; tokens.len()] };
        // From behind: the `}` of each open pair, and the mark seen last in it.
        let mut open: Vec<(usize, usize)> = Vec::new();
        for (index, token) in tokens.iter().enumerate().rev() {
            match token.kind {
                Kind::Close => open.push((index, index)),
                Kind::Open | Kind::Comma => {}
                _ => continue,
            }
            let Some((close, last)) = open.last_mut() else { continue };
            if let (Some(next), Some(after)) =
                (braces.next.get_mut(index), braces.after.get_mut(index))
            {
                (*next, *after) = (*last, *close + 1);
            }
            *last = index;
            if token.kind == Kind::Open {
                open.pop();
            }
        }
        braces
    }

    pub(super) fn is_empty(&self) -> bool {
        self.next.is_empty()
    }

    /// The `,` before the alternative that follows the one after the `{` or `,` at `index`.
    pub(super) fn next_alternative(&self, index: usize) -> Option<usize> {
        let next = self.next.get(index).copied()?;
        (next + 1 < self.after(index)).then_some(next)
    }

    /// What follows the braces whose `{`, `,` or `}` stands at `index`.
    pub(super) fn after(&self, index: usize) -> usize {
        self.after.get(index).copied().unwrap_or_default()
    }
}
