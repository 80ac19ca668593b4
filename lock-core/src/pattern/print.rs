//! Tokens to text: the one form in which a pattern is stored and shown.

use unicode_normalization::{char::canonical_combining_class, is_nfc};

use super::scan::{Class, Kind, Token};

/// The text of `tokens`; scanning it gives the same tokens.
pub(super) fn print(tokens: &[Token]) -> String {
    let mut out = String::with_capacity(tokens.len() + 8);
    let mut depth = 0usize;
    for token in tokens {
        match &token.kind {
            Kind::Char(c) => {
                let special = matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\')
                    || (depth > 0 && *c == ',');
                push(&mut out, *c, special);
            }
            Kind::Slash => out.push('/'),
            Kind::Any => out.push('?'),
            Kind::Star => out.push('*'),
            Kind::Class(class) => print_class(&mut out, class),
            Kind::Open => {
                depth += 1;
                out.push('{');
            }
            Kind::Comma => out.push(','),
            Kind::Close => {
                depth = depth.saturating_sub(1);
                out.push('}');
            }
        }
    }
    out
}

fn print_class(out: &mut String, class: &Class) {
    out.push_str(if class.negated { "[!" } else { "[" });
    let last = class.members.len().saturating_sub(1);
    for (at, &(from, to)) in class.members.iter().enumerate() {
        let special = match from {
            '\\' => true,
            ']' => at > 0,
            '!' | '^' => at == 0 && !class.negated,
            '-' => at > 0 && (at < last || from < to),
            _ => false,
        };
        push(out, from, special);
        if from < to {
            out.push('-');
            push(out, to, matches!(to, '\\' | ']' | '-'));
        }
    }
    out.push(']');
}

/// Appends `c`, escaped if it is `special` here, or if it would melt into what stands before it:
/// the text must stay in NFC, or reading it would change it.
fn push(out: &mut String, c: char, special: bool) {
    let before = out.len();
    out.push(c);
    let melts = !c.is_ascii() && {
        let from = out
            .char_indices()
            .rev()
            .skip(1)
            .find(|&(_, c)| canonical_combining_class(c) == 0)
            .map_or(0, |(at, _)| at);
        !out.get(from..).is_some_and(is_nfc)
    };
    if special || melts {
        out.insert(before, '\\');
    }
}
