//! Most patterns are plain paths in ASCII, and need no reading: the text is the path.

use super::{
    MAX_BYTES,
    program::{Node, Op, Program},
};

/// Whether `text` is a path that is written as itself. What is not may be one all the same.
pub(super) fn is_plain(text: &str) -> bool {
    let mut dots = Some(0);
    for byte in text.bytes() {
        match byte {
            // The segment is empty, `.` or `..`.
            b'/' if matches!(dots, Some(0..=2)) => return false,
            b'/' => dots = Some(0),
            b'.' => dots = dots.map(|dots| dots + 1),
            b'*' | b'?' | b'[' | b']' | b'{' | b'}' | b'\\' => return false,
            b' '..=b'~' => dots = None,
            _ => return false,
        }
    }
    !matches!(dots, Some(0..=2)) && text.len() <= MAX_BYTES
}

/// The program of a plain path.
pub(super) fn program(path: &str) -> Program {
    let ops = path.chars().map(|c| if c == '/' { Op::Slash } else { Op::Char(c) });
    let mut nodes = Vec::with_capacity(path.len() + 1);
    nodes.extend((1..).zip(ops).map(|(next, op)| Node { op, next }));
    nodes.push(Node { op: Op::End, next: nodes.len() as u32 });
    Program { nodes, classes: Vec::new(), melts: false, controls: false }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::Pattern, *};

    proptest! {
        /// Reading it slowly gives the same, to the last node.
        #[test]
        fn a_plain_path_is_what_reading_it_would_give(text in "[ab./* ~!,\\\\-]{0,24}|[a-z./]{0,90}") {
            if is_plain(&text) {
                let (fast, slow) = (Pattern::plain(&text), Pattern::read(&text).unwrap());
                prop_assert_eq!(format!("{:?}", fast.inner), format!("{:?}", slow.inner));
                prop_assert_eq!(format!("{:?}", fast.edges), format!("{:?}", slow.edges));
                prop_assert_eq!(format!("{:?}", fast.pairs), format!("{:?}", slow.pairs));
            }
        }

        #[test]
        fn most_paths_are_plain(text in "[a-z_.]*[a-z][a-z_.]*(/[a-z.]*[a-z][a-z.]*){0,6}") {
            prop_assert!(is_plain(&text));
        }
    }

    #[test]
    fn what_is_no_plain_path_is_read() {
        for text in
            ["", "/a", "a/", "a//b", ".", "a/./b", "a/..", "..", "a*", "a\\b", "\u{e9}", "a\n"]
        {
            assert!(!is_plain(text), "{text:?}");
        }
    }
}
