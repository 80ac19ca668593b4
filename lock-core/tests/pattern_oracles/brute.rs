//! The rule once more, as plainly as it can be said: expand everything, try everything.
//!
//! It shares nothing with the library: it reads no text, but builds patterns from pieces and
//! writes them down for the library to read.

use std::fmt::Write as _;

use lock_core::pattern::MAX_EXPANSIONS;
use unicode_normalization::char::canonical_combining_class;

/// A piece of a pattern.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Char(char),
    Any,
    Star,
    Slash,
    Class { negated: bool, members: Vec<(char, char)> },
    Braces(Vec<Vec<Piece>>),
}

/// What `pieces` are written as.
pub(crate) fn write(pieces: &[Piece]) -> String {
    let mut out = String::new();
    write_into(&mut out, pieces, false);
    out
}

fn write_into(out: &mut String, pieces: &[Piece], braced: bool) {
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Char(c) => {
                let after_char = at > 0 && matches!(pieces[at - 1], Piece::Char(_));
                if matches!(c, '*' | '?' | '[' | '{' | '\\')
                    || (braced && matches!(c, ',' | '}'))
                    || (after_char && joins(*c))
                {
                    out.push('\\');
                }
                out.push(*c);
            }
            Piece::Any => out.push('?'),
            Piece::Star => out.push('*'),
            Piece::Slash => out.push('/'),
            Piece::Class { negated, members } => {
                out.push('[');
                if *negated {
                    out.push('!');
                }
                for (from, to) in members {
                    let _ = write!(out, "\\{from}");
                    if from != to {
                        let _ = write!(out, "-\\{to}");
                    }
                }
                out.push(']');
            }
            Piece::Braces(alternatives) => {
                out.push('{');
                for (at, alternative) in alternatives.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    write_into(out, alternative, true);
                }
                out.push('}');
            }
        }
    }
}

/// Whether `c` could melt into a character written before it.
fn joins(c: char) -> bool {
    canonical_combining_class(c) != 0
        || matches!(c, '\u{1161}'..='\u{1175}' | '\u{11a8}'..='\u{11c2}')
}

/// All that `pieces` stand for, or `None` if one of them means nothing.
///
/// A leading `./` goes before anything else is judged, so that `./{,a}` is refused as `{,a}` is.
pub(crate) fn expand(mut pieces: &[Piece]) -> Option<Vec<Flat>> {
    let mut dropped = false;
    loop {
        pieces = match pieces {
            [Piece::Char('.'), Piece::Slash, rest @ ..] if !rest.is_empty() => rest,
            [Piece::Slash, rest @ ..] if dropped && !rest.is_empty() => rest,
            _ => break,
        };
        dropped = true;
    }
    if dropped && matches!(pieces, [Piece::Slash]) {
        pieces = &[Piece::Star, Piece::Star];
    }
    let mut texts: Vec<Vec<Piece>> = vec![vec![]];
    flatten(pieces, &mut texts);
    if texts.len() > MAX_EXPANSIONS {
        return None;
    }
    texts.iter().map(|text| Flat::new(text)).collect()
}

fn flatten(pieces: &[Piece], texts: &mut Vec<Vec<Piece>>) {
    for piece in pieces {
        match piece {
            Piece::Braces(alternatives) => {
                let mut all = Vec::new();
                for alternative in alternatives {
                    let mut some = texts.clone();
                    flatten(alternative, &mut some);
                    all.append(&mut some);
                }
                *texts = all;
            }
            piece => texts.iter_mut().for_each(|text| text.push(piece.clone())),
        }
    }
}

/// One expansion.
#[derive(Debug)]
pub(crate) struct Flat {
    segments: Vec<Vec<Piece>>,
    /// Whether it means everything below too.
    tree: bool,
}

impl Flat {
    fn new(text: &[Piece]) -> Option<Self> {
        if text.is_empty() || matches!(text[0], Piece::Slash) {
            return None;
        }
        let mut segments: Vec<Vec<Piece>> =
            text.split(|piece| matches!(piece, Piece::Slash)).map(<[Piece]>::to_vec).collect();
        let is_dot = |segment: &Vec<Piece>| matches!(segment[..], [Piece::Char('.')]);
        let tree = segments.last().is_some_and(|last| last.is_empty() || is_dot(last));
        segments.retain(|segment| !segment.is_empty() && !is_dot(segment));
        if segments.is_empty() {
            segments.push(vec![Piece::Star, Piece::Star]);
        }
        for segment in &segments {
            let parent = matches!(segment[..], [Piece::Char('.'), Piece::Char('.')]);
            let stars = segment.windows(2).any(|two| matches!(two, [Piece::Star, Piece::Star]));
            if parent || (stars && segment.len() != 2) {
                return None;
            }
        }
        Some(Self { segments, tree })
    }

    /// Whether it matches the valid path `path`.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let names: Vec<Vec<char>> = path.split('/').map(|name| name.chars().collect()).collect();
        (0..=names.len()).any(|end| {
            (end == names.len() || self.tree) && end > 0 && tries(&self.segments, &names[..end])
        })
    }
}

fn tries(segments: &[Vec<Piece>], names: &[Vec<char>]) -> bool {
    let Some((segment, rest)) = segments.split_first() else { return names.is_empty() };
    if let [Piece::Star, Piece::Star] = segment[..] {
        let least = usize::from(rest.is_empty());
        return (least..=names.len()).any(|taken| tries(rest, &names[taken..]));
    }
    names
        .split_first()
        .is_some_and(|(name, names)| segment_tries(segment, name) && tries(rest, names))
}

fn segment_tries(segment: &[Piece], name: &[char]) -> bool {
    let Some((piece, rest)) = segment.split_first() else { return name.is_empty() };
    if matches!(piece, Piece::Star) {
        return (0..=name.len()).any(|taken| segment_tries(rest, &name[taken..]));
    }
    let Some((&c, name)) = name.split_first() else { return false };
    let takes = match piece {
        Piece::Char(one) => *one == c,
        Piece::Any => true,
        Piece::Class { negated, members } => {
            members.iter().any(|&(from, to)| from <= c && c <= to) != *negated
        }
        _ => unreachable!("split and expanded before"),
    };
    takes && segment_tries(rest, name)
}
