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
        // The `{` and `,` so far of each open pair.
        let mut open: Vec<Vec<usize>> = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => open.push(vec![index]),
                Kind::Comma | Kind::Close => {
                    let Some(marks) = open.last_mut() else { continue };
                    let last = marks.last().and_then(|&mark| braces.next.get_mut(mark));
                    if let Some(next) = last {
                        *next = index;
                    }
                    marks.push(index);
                    if token.kind == Kind::Close {
                        for mark in open.pop().unwrap_or_default() {
                            if let Some(after) = braces.after.get_mut(mark) {
                                *after = index + 1;
                            }
                        }
                    }
                }
                _ => {}
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
