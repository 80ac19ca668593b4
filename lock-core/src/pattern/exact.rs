//! The exact search: a path that is valid and that both patterns match.

use std::collections::{HashMap, VecDeque};

use super::{
    chars::candidates,
    nfc::Tail,
    program::{Op, Program},
};

/// What of the current segment decides whether it may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Segment {
    Empty,
    Dot,
    Dots,
    Named,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct State {
    p: u32,
    q: u32,
    segment: Segment,
    tail: Tail,
}

/// A path that both match; without control characters if there is one.
pub(super) fn search(p: &Program, q: &Program) -> Option<String> {
    search_with(p, q, false).or_else(|| search_with(p, q, true))
}

fn search_with(p: &Program, q: &Program, controls: bool) -> Option<String> {
    let start = State { p: 0, q: 0, segment: Segment::Empty, tail: Tail::default() };
    let mut from: HashMap<State, (State, Option<char>)> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    from.insert(start, (start, None));
    while let Some(state) = queue.pop_front() {
        if ends(p, state.p) && ends(q, state.q) && state.segment == Segment::Named {
            return Some(path(&from, state));
        }
        let mut reach = |next: State, c: Option<char>| {
            from.entry(next).or_insert_with(|| {
                queue.push_back(next);
                (state, c)
            });
        };
        for next in free(p, state.p).into_iter().flatten() {
            reach(State { p: next, ..state }, None);
        }
        for next in free(q, state.q).into_iter().flatten() {
            reach(State { q: next, ..state }, None);
        }
        let (a, b) = (p.node(state.p).op, q.node(state.q).op);
        let (Some(take_a), Some(take_b)) = (a.takes(p), b.takes(q)) else { continue };
        let slash_a = matches!(a, Op::Slash | Op::Tree | Op::DeepIn | Op::Rest);
        let slash_b = matches!(b, Op::Slash | Op::Tree | Op::DeepIn | Op::Rest);
        let mut chars = candidates(take_a, take_b, controls);
        if slash_a && slash_b && !chars.contains(&'/') {
            chars.push('/');
        }
        for c in chars {
            let (Some(next_p), Some(next_q)) = (after(p, state.p, c), after(q, state.q, c)) else {
                continue;
            };
            let segment = match (c, state.segment) {
                ('/', Segment::Named) => Segment::Empty,
                ('/', _) => continue,
                ('.', Segment::Empty) => Segment::Dot,
                ('.', Segment::Dot) => Segment::Dots,
                _ => Segment::Named,
            };
            let Some(tail) = state.tail.push(c) else { continue };
            reach(State { p: next_p, q: next_q, segment, tail }, Some(c));
        }
    }
    None
}

fn ends(program: &Program, at: u32) -> bool {
    matches!(program.node(at).op, Op::End | Op::Rest | Op::Tree)
}

/// Where the machine may go without taking a character.
fn free(program: &Program, at: u32) -> [Option<u32>; 2] {
    let node = program.node(at);
    match node.op {
        Op::Split(other) => [Some(node.next), Some(other)],
        Op::Jump | Op::Star | Op::Deep => [Some(node.next), None],
        _ => [None, None],
    }
}

/// Where the machine is after `c`.
fn after(program: &Program, at: u32, c: char) -> Option<u32> {
    let node = program.node(at);
    match node.op {
        Op::Char(one) => (one == c).then_some(node.next),
        Op::Any => (c != '/').then_some(node.next),
        Op::Class(class) => program.class_contains(class, c).then_some(node.next),
        Op::Slash | Op::Tree => (c == '/').then_some(node.next),
        Op::Star => (c != '/').then_some(at),
        Op::Deep => (c != '/').then_some(at + 1),
        Op::DeepIn => Some(if c == '/' { node.next } else { at }),
        Op::Rest => Some(at),
        Op::End | Op::Split(_) | Op::Jump => None,
    }
}

fn path(from: &HashMap<State, (State, Option<char>)>, last: State) -> String {
    let mut chars = Vec::new();
    let mut state = last;
    while let Some(&(before, c)) = from.get(&state) {
        chars.extend(c);
        if before == state {
            break;
        }
        state = before;
    }
    chars.iter().rev().collect()
}
