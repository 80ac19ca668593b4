//! Text to tokens: escapes, classes and braces are resolved here, meaning is not.

use super::{MAX_BYTES, MAX_EXPANSIONS, MAX_STARS, PatternError};

/// One token, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Which character of the NFC text it begins at, from 1.
    pub(super) at: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Char(char),
    Slash,
    Any,
    Star,
    Class(Box<Class>),
    /// `{`
    Open,
    /// A `,` that parts two alternatives.
    Comma,
    /// A `}` that closes a `{`.
    Close,
}

/// A class as written, apart from its escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) negated: bool,
    /// Single characters are ranges of one.
    pub(super) members: Vec<(char, char)>,
}

/// The tokens of `text`, which is in NFC.
pub(super) fn scan(text: &str) -> Result<Vec<Token>, PatternError> {
    if text.is_empty() {
        return Err(PatternError::Empty);
    }
    if text.len() > MAX_BYTES {
        return Err(PatternError::TooLong { bytes: text.len() });
    }
    let mut scanner = Scanner { rest: text.chars(), at: 0 };
    let mut tokens = Vec::with_capacity(text.len());
    let mut open: Vec<usize> = Vec::new();
    let mut stars = 0;
    while let Some(c) = scanner.next()? {
        let at = scanner.at;
        let kind = match c {
            '\\' => match scanner.next()?.ok_or(PatternError::TrailingEscape)? {
                '/' => Kind::Slash,
                c => Kind::Char(c),
            },
            '/' => Kind::Slash,
            '?' => Kind::Any,
            '*' => {
                stars += 1;
                Kind::Star
            }
            '[' => Kind::Class(Box::new(scanner.class()?)),
            '{' => {
                open.push(at);
                Kind::Open
            }
            ',' if !open.is_empty() => Kind::Comma,
            '}' if open.pop().is_some() => Kind::Close,
            c => Kind::Char(c),
        };
        tokens.push(Token { kind, at: at as u32 });
    }
    if let Some(&at) = open.last() {
        return Err(PatternError::UnclosedBrace { at });
    }
    if stars > MAX_STARS {
        return Err(PatternError::TooManyStars { stars });
    }
    if expansions(&tokens) > MAX_EXPANSIONS {
        return Err(PatternError::TooManyExpansions);
    }
    Ok(tokens)
}

/// How many texts the braces stand for; counted, never made.
fn expansions(tokens: &[Token]) -> usize {
    // For each open brace: the alternatives before this one, and the product within this one.
    let mut outer: Vec<(usize, usize)> = Vec::new();
    let (mut sum, mut product) = (0usize, 1usize);
    for token in tokens {
        match token.kind {
            Kind::Open => {
                outer.push((sum, product));
                (sum, product) = (0, 1);
            }
            Kind::Comma => {
                sum = sum.saturating_add(product);
                product = 1;
            }
            Kind::Close => {
                let inside = sum.saturating_add(product);
                if let Some((outer_sum, outer_product)) = outer.pop() {
                    (sum, product) = (outer_sum, outer_product.saturating_mul(inside));
                }
            }
            _ => {}
        }
    }
    product
}

struct Scanner<'a> {
    rest: std::str::Chars<'a>,
    /// The position of the last character taken.
    at: usize,
}

impl Scanner<'_> {
    fn next(&mut self) -> Result<Option<char>, PatternError> {
        let Some(character) = self.rest.next() else { return Ok(None) };
        self.at += 1;
        if character.is_control() {
            return Err(PatternError::ControlCharacter { character, at: self.at });
        }
        Ok(Some(character))
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    /// The class whose `[` was just taken.
    fn class(&mut self) -> Result<Class, PatternError> {
        let unclosed = PatternError::UnclosedClass { at: self.at };
        let negated = matches!(self.peek(), Some('!' | '^'));
        if negated {
            self.next()?;
        }
        let mut members = Vec::new();
        loop {
            let c = self.next()?.ok_or_else(|| unclosed.clone())?;
            let at = self.at;
            let from = match c {
                ']' if !members.is_empty() => return Ok(Class { negated, members }),
                c => self.member(c, &unclosed)?,
            };
            let mut ahead = self.rest.clone();
            let ranged = ahead.next() == Some('-') && !matches!(ahead.next(), Some(']') | None);
            // A `-` that is neither first nor escaped begins no range: `[a-c-e]` is a to c, - and e.
            if !ranged || (c == '-' && !members.is_empty()) {
                members.push((from, from));
                continue;
            }
            self.next()?;
            let to = self.next()?.ok_or_else(|| unclosed.clone())?;
            let to = self.member(to, &unclosed)?;
            if from > to {
                return Err(PatternError::ReversedRange { from, to, at });
            }
            members.push((from, to));
        }
    }

    /// The member that begins with `c`: itself, or what it escapes.
    fn member(&mut self, c: char, unclosed: &PatternError) -> Result<char, PatternError> {
        let c = match c {
            '\\' => self.next()?.ok_or_else(|| unclosed.clone())?,
            c => c,
        };
        if c == '/' {
            return Err(PatternError::SlashInClass { at: self.at });
        }
        Ok(c)
    }
}
