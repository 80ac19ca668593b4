//! Tokens to a [`Program`].
//!
//! What a `*`, a `.` or a `/` means depends on what stands beside it *after* expansion: `a{/**,}`
//! ends in a `**` segment or has none. So each token is read in every [`Before`] in which some
//! expansion reaches it, of which there are few; and what depends on what follows is emitted late.

use super::{
    PatternError,
    class::CharSet,
    program::{Node, Op, Program},
    scan::{Kind, Token},
};

/// What of the current segment stands before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Before {
    /// Nothing, and no segment before it.
    Nothing,
    /// Nothing, and only `./` before it.
    Here,
    /// Nothing; the slash before it is not emitted yet.
    Slash,
    /// Nothing; `**/` is emitted.
    Deep,
    /// A `.` that is not emitted yet, after each of the four above.
    Dot,
    HereDot,
    SlashDot,
    DeepDot,
    /// A `..` that is not emitted yet, after each of the first four.
    Dots,
    HereDots,
    SlashDots,
    DeepDots,
    /// A `*` that is not emitted yet, and nothing else.
    Star,
    /// A `**` that is not emitted yet, and nothing else.
    Stars,
    /// Something that ends in `*`.
    WithinStar,
    /// Something else.
    Within,
}

impl Before {
    const ALL: [Self; 16] = [
        Self::Nothing,
        Self::Here,
        Self::Slash,
        Self::Deep,
        Self::Dot,
        Self::HereDot,
        Self::SlashDot,
        Self::DeepDot,
        Self::Dots,
        Self::HereDots,
        Self::SlashDots,
        Self::DeepDots,
        Self::Star,
        Self::Stars,
        Self::WithinStar,
        Self::Within,
    ];

    /// What stood before the dots, and how many dots there are.
    fn dots(self) -> (Self, usize) {
        match self {
            Self::Dot => (Self::Nothing, 1),
            Self::HereDot => (Self::Here, 1),
            Self::SlashDot => (Self::Slash, 1),
            Self::DeepDot => (Self::Deep, 1),
            Self::Dots => (Self::Nothing, 2),
            Self::HereDots => (Self::Here, 2),
            Self::SlashDots => (Self::Slash, 2),
            Self::DeepDots => (Self::Deep, 2),
            other => (other, 0),
        }
    }

    /// This and one more dot; `None` if the dots are no longer in doubt.
    fn and_dot(self) -> Option<Self> {
        Some(match self {
            Self::Nothing => Self::Dot,
            Self::Here => Self::HereDot,
            Self::Slash => Self::SlashDot,
            Self::Deep => Self::DeepDot,
            Self::Dot => Self::Dots,
            Self::HereDot => Self::HereDots,
            Self::SlashDot => Self::SlashDots,
            Self::DeepDot => Self::DeepDots,
            _ => return None,
        })
    }
}

/// The program of `tokens`, or why some expansion of them means nothing.
pub(super) fn compile(tokens: &[Token]) -> Result<Program, PatternError> {
    let mut compiler = Compiler::new(tokens);
    let braces = Braces::of(tokens);
    compiler.entry(0, Before::Nothing);
    for (index, token) in tokens.iter().enumerate() {
        for before in Before::ALL {
            if let Some(entry) = compiler.reached(index, before) {
                compiler.token(index, token, before, entry, &braces)?;
            }
        }
    }
    for before in Before::ALL {
        if let Some(entry) = compiler.reached(tokens.len(), before) {
            compiler.end(before, entry)?;
        }
    }
    Ok(compiler.finish())
}

/// For each `{` and `,` the next `,` or `}` of its braces, and for each `,` what follows the `}`.
struct Braces {
    next: Vec<usize>,
    after: Vec<usize>,
}

impl Braces {
    fn of(tokens: &[Token]) -> Self {
        let mut braces = Self { next: Vec::new(), after: Vec::new() };
        if !tokens.iter().any(|token| token.kind == Kind::Open) {
            return braces;
        }
        braces.next = vec![0; tokens.len()];
        braces.after = vec![0; tokens.len()];
        let mut open: Vec<Vec<usize>> = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => open.push(vec![index]),
                Kind::Comma | Kind::Close => {
                    let Some(marks) = open.last_mut() else { continue };
                    if let Some(next) = marks.last().and_then(|&mark| braces.next.get_mut(mark)) {
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

    fn next(&self, index: usize) -> usize {
        self.next.get(index).copied().unwrap_or_default()
    }

    fn after(&self, index: usize) -> usize {
        self.after.get(index).copied().unwrap_or_default()
    }
}

const NONE: u32 = u32::MAX;

struct Compiler<'a> {
    tokens: &'a [Token],
    /// The node at which each token is entered, for each [`Before`].
    entries: Vec<[u32; 16]>,
    nodes: Vec<Node>,
    /// The nodes in the order in which they were filled: a topological one.
    filled: Vec<u32>,
    classes: Vec<CharSet>,
}

impl<'a> Compiler<'a> {
    fn new(tokens: &'a [Token]) -> Self {
        Self {
            tokens,
            entries: vec![[NONE; 16]; tokens.len() + 1],
            nodes: Vec::with_capacity(tokens.len() + 3),
            filled: Vec::with_capacity(tokens.len() + 3),
            classes: Vec::new(),
        }
    }

    fn reached(&self, index: usize, before: Before) -> Option<u32> {
        self.entries.get(index)?.get(before as usize).copied().filter(|&entry| entry != NONE)
    }

    fn reserve(&mut self) -> u32 {
        self.nodes.push(Node { op: Op::Jump, next: NONE });
        (self.nodes.len() - 1) as u32
    }

    fn fill(&mut self, at: u32, op: Op, next: u32) {
        if let Some(node) = self.nodes.get_mut(at as usize) {
            *node = Node { op, next };
        }
        self.filled.push(at);
    }

    fn entry(&mut self, index: usize, before: Before) -> u32 {
        // A `,` or `}` that is reached ends its alternative.
        if let Some(entry) = self.reached(index, before) {
            return entry;
        }
        let entry = self.reserve();
        self.set_entry(index, before, entry);
        entry
    }

    fn set_entry(&mut self, index: usize, before: Before, entry: u32) {
        if let Some(slot) =
            self.entries.get_mut(index).and_then(|entries| entries.get_mut(before as usize))
        {
            *slot = entry;
        }
    }

    /// `at` is the entry of `index` too, as nothing is taken between.
    fn pass(&mut self, at: u32, index: usize, before: Before) {
        match self.reached(index, before) {
            Some(entry) => self.fill(at, Op::Jump, entry),
            None => self.set_entry(index, before, at),
        }
    }

    /// Fills `at` with the first of `ops` and what follows with the others; the last leads to the
    /// entry of `index`.
    fn emit(&mut self, at: u32, ops: &[Op], index: usize, before: Before) {
        let mut at = at;
        let mut ops = ops.iter().peekable();
        while let Some(&op) = ops.next() {
            let next = match (op, ops.peek()) {
                (Op::Rest | Op::End, _) => at,
                (_, Some(_)) => self.reserve(),
                (_, None) => self.entry(index, before),
            };
            self.fill(at, op, next);
            at = next;
        }
    }

    fn token(
        &mut self,
        index: usize,
        token: &Token,
        before: Before,
        entry: u32,
        braces: &Braces,
    ) -> Result<(), PatternError> {
        let next = index + 1;
        match &token.kind {
            Kind::Open => self.branch(index, before, entry, braces),
            Kind::Comma => self.pass(entry, braces.after(index), before),
            Kind::Close => self.pass(entry, next, before),
            Kind::Slash => self.slash(index, before, entry)?,
            Kind::Star => match before {
                Before::Star => self.pass(entry, next, Before::Stars),
                Before::Stars | Before::WithinStar => {
                    return Err(PatternError::StarsInSegment { at: token.at + 1 });
                }
                Before::Nothing | Before::Here | Before::Deep => {
                    self.pass(entry, next, Before::Star);
                }
                Before::Slash => self.emit(entry, &[Op::Slash], next, Before::Star),
                _ => {
                    let mut ops = self.pending(before, token.at)?;
                    ops.push(Op::Star);
                    self.emit(entry, &ops, next, Before::WithinStar);
                }
            },
            Kind::Char('.') if before.and_dot().is_some() => {
                let dots = before.and_dot().unwrap_or(Before::Within);
                self.pass(entry, next, dots);
            }
            Kind::Char(_) | Kind::Any | Kind::Class(_) => {
                let mut ops = self.pending(before, token.at)?;
                ops.push(match &token.kind {
                    Kind::Char(c) => Op::Char(*c),
                    Kind::Class(class) => {
                        self.classes.push(CharSet::new(&class.members, class.negated));
                        Op::Class((self.classes.len() - 1) as u32)
                    }
                    _ => Op::Any,
                });
                self.emit(entry, &ops, next, Before::Within);
            }
        }
        Ok(())
    }

    fn branch(&mut self, index: usize, before: Before, entry: u32, braces: &Braces) {
        let mut entry = entry;
        let mut from = index;
        let close = braces.after(index).saturating_sub(1);
        loop {
            let to = braces.next(from);
            if to >= close || to <= from {
                return self.pass(entry, from + 1, before);
            }
            let alternative = self.entry(from + 1, before);
            let others = self.reserve();
            self.fill(entry, Op::Split(others), alternative);
            entry = others;
            from = to;
        }
    }

    /// What of `before` is now certain to be taken as it stands, if more of the segment follows.
    fn pending(&self, before: Before, at: usize) -> Result<Vec<Op>, PatternError> {
        let (start, dots) = before.dots();
        let mut ops = Vec::new();
        match start {
            Before::Slash => ops.push(Op::Slash),
            Before::Star => ops.push(Op::Star),
            Before::Stars => return Err(PatternError::StarsInSegment { at }),
            _ => {}
        }
        ops.extend((0..dots).map(|_| Op::Char('.')));
        Ok(ops)
    }

    fn slash(&mut self, index: usize, before: Before, entry: u32) -> Result<(), PatternError> {
        let at = self.at(index);
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
            Before::Star => self.emit(entry, &[Op::Any, Op::Star], next, Before::Slash),
            Before::Stars => {
                let within = self.reserve();
                let after = self.entry(next, Before::Deep);
                self.fill(entry, Op::Deep, after);
                self.fill(within, Op::DeepIn, entry);
            }
            Before::WithinStar | Before::Within => self.pass(entry, next, Before::Slash),
        }
        Ok(())
    }

    fn end(&mut self, before: Before, entry: u32) -> Result<(), PatternError> {
        let at = self.at(self.tokens.len());
        let ops: &[Op] = match before {
            Before::Nothing => return Err(PatternError::EmptyExpansion),
            Before::Dots | Before::HereDots | Before::SlashDots | Before::DeepDots => {
                return Err(PatternError::ParentSegment { at });
            }
            Before::Slash | Before::SlashDot => &[Op::Tree, Op::Any, Op::Rest],
            Before::Stars
            | Before::Deep
            | Before::DeepDot
            | Before::Here
            | Before::Dot
            | Before::HereDot => &[Op::Any, Op::Rest],
            Before::Star => &[Op::Any, Op::Star, Op::End],
            Before::WithinStar | Before::Within => &[Op::End],
        };
        self.emit(entry, ops, 0, Before::Nothing);
        Ok(())
    }

    /// Where the token at `index` stands, or the end of the text.
    fn at(&self, index: usize) -> usize {
        let end = || self.tokens.last().map_or(1, |last| last.at + 1);
        self.tokens.get(index).map_or_else(end, |token| token.at)
    }

    /// Puts the nodes into the order in which they were filled.
    fn finish(self) -> Program {
        let mut place = vec![0; self.nodes.len()];
        for (new, &old) in self.filled.iter().enumerate() {
            if let Some(place) = place.get_mut(old as usize) {
                *place = new as u32;
            }
        }
        let moved = |old: u32| place.get(old as usize).copied().unwrap_or(NONE);
        let nodes = self
            .filled
            .iter()
            .filter_map(|&old| self.nodes.get(old as usize))
            .map(|node| Node {
                op: match node.op {
                    Op::Split(other) => Op::Split(moved(other)),
                    op => op,
                },
                next: moved(node.next),
            })
            .collect();
        Program { nodes, classes: self.classes.into() }
    }
}
