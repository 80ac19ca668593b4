//! Whether a pattern matches a path.

use super::program::{Op, Program};

/// Whether some expansion of `program` matches the valid path `path`.
pub(super) fn matches(program: &Program, path: &str) -> bool {
    let mut states = vec![false; program.nodes.len()];
    close(program, 0, &mut states);
    for c in path.chars() {
        let mut next = vec![false; program.nodes.len()];
        for (at, _) in states.iter().enumerate().filter(|&(_, &on)| on) {
            let at = at as u32;
            let node = program.node(at);
            let to = match node.op {
                Op::Char(one) if one == c => node.next,
                Op::Any if c != '/' => node.next,
                Op::Class(class) if program.class_contains(class, c) => node.next,
                Op::Slash | Op::Tree if c == '/' => node.next,
                Op::Star if c != '/' => at,
                Op::Deep if c != '/' => at + 1,
                Op::DeepIn => {
                    if c == '/' {
                        node.next
                    } else {
                        at
                    }
                }
                Op::Rest => at,
                _ => continue,
            };
            close(program, to, &mut next);
        }
        states = next;
    }
    states
        .iter()
        .zip(&program.nodes)
        .any(|(&on, node)| on && matches!(node.op, Op::End | Op::Rest | Op::Tree))
}

fn close(program: &Program, at: u32, states: &mut [bool]) {
    let mut todo = vec![at];
    while let Some(at) = todo.pop() {
        match states.get_mut(at as usize) {
            Some(on) if !*on => *on = true,
            _ => continue,
        }
        let node = program.node(at);
        match node.op {
            Op::Split(other) => todo.extend([node.next, other]),
            Op::Jump | Op::Star | Op::Deep => todo.push(node.next),
            _ => {}
        }
    }
}
