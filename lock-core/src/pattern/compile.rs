//! Tokens to a [`Program`].
//!
//! What a `*`, a `.` or a `/` means depends on what stands beside it *after* expansion: `a{/**,}`
//! ends in a `**` segment or has none. So each token is read in every [`Before`] in which some
//! expansion reaches it, of which there are few; and what depends on what follows is emitted late.

use super::{
    PatternError,
    before::Before,
    braces::Braces,
    builder::Builder,
    class::CharSet,
    program::{Op, Program},
    scan::{Kind, Token},
};

/// The program of `tokens`, or why some expansion of them means nothing.
pub(super) fn compile(tokens: &[Token]) -> Result<Program, PatternError> {
    let braces = Braces::of(tokens);
    // Without braces a token leads to the next one only.
    let (slots, mask) = if braces.is_empty() { (2, 1) } else { (tokens.len() + 1, usize::MAX) };
    let mut compiler = Compiler {
        tokens,
        braces,
        entries: vec![Entries::default(); slots],
        mask,
        builder: Builder::new(tokens.len() + 4),
    };
    compiler.entry(0, Before::Nothing);
    for (index, token) in tokens.iter().enumerate() {
        while let Some((before, entry)) = compiler.take(index) {
            compiler.token(index, token, before, entry)?;
        }
    }
    while let Some((before, entry)) = compiler.take(tokens.len()) {
        compiler.end(before, entry)?;
    }
    Ok(compiler.builder.finish())
}

/// The nodes at which a token is entered.
#[derive(Clone, Copy, Default)]
struct Entries {
    nodes: [u32; Before::ALL.len()],
    /// Which of them exist and are not taken yet, one bit each.
    reached: u16,
}

struct Compiler<'a> {
    tokens: &'a [Token],
    braces: Braces,
    entries: Vec<Entries>,
    /// What of an index says which entries: two take turns where two are enough.
    mask: usize,
    builder: Builder,
}

impl Compiler<'_> {
    fn slot(&mut self, index: usize) -> Option<&mut Entries> {
        self.entries.get_mut(index & self.mask)
    }

    /// One of the entries of the token at `index`, all of which are known by now.
    fn take(&mut self, index: usize) -> Option<(Before, u32)> {
        let entries = self.slot(index)?;
        let first = entries.reached.trailing_zeros() as usize;
        entries.reached &= entries.reached.wrapping_sub(1);
        Some((*Before::ALL.get(first)?, *entries.nodes.get(first)?))
    }

    fn reached(&mut self, index: usize, before: Before) -> Option<u32> {
        let entries = self.slot(index)?;
        let reached = entries.reached & (1 << before as u16) != 0;
        entries.nodes.get(before as usize).copied().filter(|_| reached)
    }

    fn set_entry(&mut self, index: usize, before: Before, entry: u32) {
        let Some(entries) = self.slot(index) else { return };
        if let Some(node) = entries.nodes.get_mut(before as usize) {
            *node = entry;
            entries.reached |= 1 << before as u16;
        }
    }

    fn entry(&mut self, index: usize, before: Before) -> u32 {
        self.reached(index, before).unwrap_or_else(|| {
            let entry = self.builder.reserve();
            self.set_entry(index, before, entry);
            entry
        })
    }

    /// `at` is the entry of `index` too, as nothing is taken between.
    fn pass(&mut self, at: u32, index: usize, before: Before) {
        match self.reached(index, before) {
            Some(entry) => self.builder.fill(at, Op::Jump, entry),
            None => self.set_entry(index, before, at),
        }
    }

    /// Fills `at`, and says what to fill next.
    fn chain(&mut self, at: u32, op: Op) -> u32 {
        let next = self.builder.reserve();
        self.builder.fill(at, op, next);
        next
    }

    /// Fills `at` with `op`, which leads to the entry of `index`.
    fn emit(&mut self, at: u32, op: Op, index: usize, before: Before) {
        let next = self.entry(index, before);
        self.builder.fill(at, op, next);
    }

    fn token(
        &mut self,
        index: usize,
        token: &Token,
        before: Before,
        entry: u32,
    ) -> Result<(), PatternError> {
        let next = index + 1;
        let op = match &token.kind {
            Kind::Open => {
                self.branch(index, before, entry);
                return Ok(());
            }
            // An alternative that is entered at its `,` or `}` ends there.
            Kind::Comma | Kind::Close => {
                let after = self.braces.after(index);
                self.pass(entry, after, before);
                return Ok(());
            }
            Kind::Slash => return self.slash(index, before, entry),
            Kind::Star => return self.star(index, before, entry),
            Kind::Char('.') => {
                if let Some(dots) = before.and_dot() {
                    self.pass(entry, next, dots);
                    return Ok(());
                }
                Op::Char('.')
            }
            Kind::Char(c) => Op::Char(*c),
            Kind::Any => Op::Any,
            Kind::Class(class) => self.builder.class(CharSet::new(&class.members, class.negated)),
        };
        let entry = self.pending(entry, before, token.at as usize)?;
        self.emit(entry, op, next, Before::Within);
        Ok(())
    }

    fn branch(&mut self, index: usize, before: Before, entry: u32) {
        let mut entry = entry;
        let mut from = index;
        // The entry leads to the first alternative or to a node that leads to the others.
        while let Some(next) = self.braces.next_alternative(from) {
            let alternative = self.entry(from + 1, before);
            let others = self.builder.reserve();
            self.builder.fill(entry, Op::Split(others), alternative);
            entry = others;
            from = next;
        }
        self.pass(entry, from + 1, before);
    }

    /// Emits what of `before` is now certain to be taken as it stands, as more of its segment
    /// follows.
    fn pending(&mut self, at: u32, before: Before, column: usize) -> Result<u32, PatternError> {
        let (start, dots) = before.dots();
        let mut at = match start {
            Before::Slash => self.chain(at, Op::Slash),
            Before::Star => self.chain(at, Op::Star),
            Before::Stars => return Err(PatternError::StarsInSegment { at: column }),
            _ => at,
        };
        for _ in 0..dots {
            at = self.chain(at, Op::Char('.'));
        }
        Ok(at)
    }

    fn star(&mut self, index: usize, before: Before, entry: u32) -> Result<(), PatternError> {
        let next = index + 1;
        match before {
            Before::Star => self.pass(entry, next, Before::Stars),
            Before::Stars | Before::WithinStar => {
                return Err(PatternError::StarsInSegment { at: self.column(index) + 1 });
            }
            Before::Nothing | Before::Here | Before::Deep => self.pass(entry, next, Before::Star),
            Before::Slash => self.emit(entry, Op::Slash, next, Before::Star),
            _ => {
                let column = self.column(index);
                let entry = self.pending(entry, before, column)?;
                self.emit(entry, Op::Star, next, Before::WithinStar);
            }
        }
        Ok(())
    }

    fn slash(&mut self, index: usize, before: Before, entry: u32) -> Result<(), PatternError> {
        let at = self.column(index);
        let next = index + 1;
        match before {
            Before::Nothing => return Err(PatternError::Absolute { at }),
            Before::Here | Before::Slash | Before::Deep => self.pass(entry, next, before),
            Before::Dot | Before::HereDot => self.pass(entry, next, Before::Here),
            Before::SlashDot => self.pass(entry, next, Before::Slash),
            Before::DeepDot => self.pass(entry, next, Before::Deep),
            Before::Dots | Before::HereDots | Before::SlashDots | Before::DeepDots => {
                return Err(PatternError::ParentSegment { at });
            }
            // A segment is never empty, so a lone `*` takes one character or more.
            Before::Star => {
                let star = self.chain(entry, Op::Any);
                self.emit(star, Op::Star, next, Before::Slash);
            }
            Before::Stars => {
                // Its loop first: then all stands in order.
                let within = self.builder.reserve();
                let after = self.entry(next, Before::Deep);
                self.builder.fill_deep(entry, within, after);
            }
            Before::WithinStar | Before::Within => self.pass(entry, next, Before::Slash),
        }
        Ok(())
    }

    fn end(&mut self, before: Before, entry: u32) -> Result<(), PatternError> {
        let at = self.column(self.tokens.len());
        let (last, op) = match before {
            Before::Nothing => return Err(PatternError::EmptyExpansion),
            Before::Dots | Before::HereDots | Before::SlashDots | Before::DeepDots => {
                return Err(PatternError::ParentSegment { at });
            }
            Before::Slash | Before::SlashDot => {
                let below = self.chain(entry, Op::Tree);
                (self.chain(below, Op::Any), Op::Rest)
            }
            Before::Stars
            | Before::Deep
            | Before::DeepDot
            | Before::Here
            | Before::Dot
            | Before::HereDot => (self.chain(entry, Op::Any), Op::Rest),
            Before::Star => {
                let star = self.chain(entry, Op::Any);
                (self.chain(star, Op::Star), Op::End)
            }
            Before::WithinStar | Before::Within => (entry, Op::End),
        };
        self.builder.fill(last, op, last);
        Ok(())
    }

    /// Where the token at `index` stands in the text, or where the text ends.
    fn column(&self, index: usize) -> usize {
        let end = || self.tokens.last().map_or(1, |last| last.at + 1);
        self.tokens.get(index).map_or_else(end, |token| token.at) as usize
    }
}
