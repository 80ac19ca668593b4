//! Spellings that differ only in `//`, `./` and `**/**` become one.

use super::scan::{Kind, Token};

/// `tokens` without the empty segments, the `.` segments and the repeated `**` that can be seen
/// without expanding braces; a lone `.` becomes `**`.
pub(super) fn fold(tokens: Vec<Token>) -> Vec<Token> {
    if !may_fold(&tokens) {
        return tokens;
    }
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut dropped_dot = false;
    let end = tokens.last().map_or(1, |last| last.at);
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let starts_segment = out.last().is_none_or(|last| last.kind == Kind::Slash);
        let ends_segment = rest.peek().is_none_or(|next| next.kind == Kind::Slash);
        match token.kind {
            Kind::Slash if starts_segment && (!out.is_empty() || dropped_dot) => {}
            Kind::Char('.') if starts_segment && ends_segment => {
                rest.next();
                dropped_dot = true;
            }
            Kind::Star if ends_segment && repeats_stars(&out) => {
                // Out ends in `**/*`: of `**/**` and `**/**/` stay `**` and `**/`.
                out.pop();
                if rest.next().is_none() {
                    out.pop();
                }
            }
            _ => out.push(token),
        }
    }
    if out.is_empty() {
        out.extend([1, 2].map(|_| Token { kind: Kind::Star, at: end }));
    }
    out
}

/// Whether `out` ends in a whole segment `**`, a slash and a first `*`.
fn repeats_stars(out: &[Token]) -> bool {
    let mut back = out.iter().rev().map(|token| &token.kind);
    [Kind::Star, Kind::Slash, Kind::Star, Kind::Star].iter().all(|kind| back.next() == Some(kind))
        && back.next().is_none_or(|kind| *kind == Kind::Slash)
}

/// Whether there may be something to fold.
fn may_fold(tokens: &[Token]) -> bool {
    let mut before = &Kind::Slash;
    let mut last_of_stars = false;
    tokens.iter().any(|token| {
        let folds = match (before, &token.kind) {
            (Kind::Slash, Kind::Slash | Kind::Char('.')) => true,
            (Kind::Slash, Kind::Star) => last_of_stars,
            _ => false,
        };
        last_of_stars = token.kind == Kind::Slash && *before == Kind::Star;
        before = &token.kind;
        folds
    })
}
