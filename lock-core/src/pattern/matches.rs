//! Whether a pattern matches a path.

use super::{
    builder::Builder,
    letters::Letters,
    program::{Op, Program},
    table::Table,
    walk::Walk,
    work,
};

/// How many steps may be tried before the path is decided as a whole.
const MOST_STEPS: usize = 1000;

/// How many untried steps may be left behind.
const MOST_UNTRIED: usize = 48;

/// Whether `program` takes the valid path `path`.
pub(super) fn matches(program: &Program, path: &str) -> bool {
    quickly(program, path).unwrap_or_else(|| thoroughly(program, path))
}

/// The answer, whatever the pattern.
pub(super) fn thoroughly(program: &Program, path: &str) -> bool {
    let path = plain(path);
    let walk = Walk { p: program, q: &path, controls: true };
    Table::new(walk, &Letters::free()).lives((0, 0), 0)
}

/// The answer, unless it would take too long.
pub(super) fn quickly(program: &Program, path: &str) -> Option<bool> {
    let mut untried = [(0u32, 0usize); MOST_UNTRIED];
    let mut left = 0;
    let (mut at, mut from) = (0u32, 0usize);
    // Long paths are plain nearly everywhere.
    for _ in 0..MOST_STEPS + path.len() {
        work::note(1);
        let node = program.node(at);
        let c = char_at(path, from);
        let after = from + c.map_or(0, char::len_utf8);
        let name = c.is_some_and(|c| c != '/');
        let mut later = None;
        let next = match node.op {
            Op::Char(one) => (c == Some(one)).then_some((node.next, after)),
            Op::Any => name.then_some((node.next, after)),
            Op::Class(class) => {
                c.filter(|&c| program.class_contains(class, c)).map(|_| (node.next, after))
            }
            Op::Slash => (c == Some('/')).then_some((node.next, after)),
            Op::Tree if c.is_none() => return Some(true),
            Op::Tree => (c == Some('/')).then_some((node.next, after)),
            Op::Star => {
                later = name.then_some((at, after));
                Some((node.next, from))
            }
            Op::Deep => {
                later = name.then_some((at + 1, after));
                Some((node.next, from))
            }
            Op::DeepIn => match c {
                Some('/') => Some((node.next, after)),
                Some(_) => Some((at, after)),
                None => None,
            },
            Op::Rest => return Some(true),
            Op::End if c.is_none() => return Some(true),
            Op::End => None,
            Op::Split(other) => {
                later = Some((other, from));
                Some((node.next, from))
            }
            Op::Jump => Some((node.next, from)),
        };
        if let Some(later) = later {
            *untried.get_mut(left)? = later;
            left += 1;
        }
        (at, from) = match next {
            Some(next) => next,
            None => {
                let Some(before) = left.checked_sub(1) else { return Some(false) };
                left = before;
                *untried.get(left)?
            }
        };
    }
    None
}

#[inline]
fn char_at(path: &str, at: usize) -> Option<char> {
    match path.as_bytes().get(at) {
        Some(&byte) if byte < 128 => Some(byte as char),
        Some(_) => path.get(at..)?.chars().next(),
        None => None,
    }
}

/// The program that takes `path` and nothing else.
fn plain(path: &str) -> Program {
    let mut builder = Builder::new(path.len() + 1);
    let mut at = builder.reserve();
    for c in path.chars() {
        let next = builder.reserve();
        builder.fill(at, if c == '/' { Op::Slash } else { Op::Char(c) }, next);
        at = next;
    }
    builder.fill(at, Op::End, at);
    builder.finish()
}
