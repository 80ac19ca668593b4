//! The few numbers that a namespace needs beside its records, in one line of fixed length.

use lock_core::{Token, Version};
use rustix::{
    fd::AsFd,
    io::{Errno, retry_on_intr},
};

use crate::{name, sys};

/// The format of the store as a whole; a store of another format is refused.
pub(crate) const FORMAT: u32 = 1;

/// The numbers of a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct State {
    /// Set while a step is on its way to disk: found set under the guard, the step's process died.
    pub(crate) dirty: bool,
    /// The version; of the step on its way, if there is one.
    pub(crate) version: Version,
    /// The last token given out, or about to be.
    pub(crate) token: Token,
    /// How often the log was turned over.
    pub(crate) segment: u64,
    /// How many bytes of the log are true.
    pub(crate) log: u64,
    /// How many lines that is.
    pub(crate) lines: u64,
    /// How many waiters there are.
    pub(crate) waiters: u64,
    /// Rises with every change to the line, so that a copy of it can be trusted.
    pub(crate) line: u64,
}

/// What stands in the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The numbers.
    State(State),
    /// Nothing that can be trusted.
    Damaged,
    /// A store of a later format.
    Later(u32),
}

impl State {
    /// Room for the line, whatever the numbers.
    const ROOM: usize = 256;

    pub(crate) fn read(file: impl AsFd) -> Result<Found, Errno> {
        let mut bytes = [0; Self::ROOM];
        // One line in one call: to ask whether there is more would cost each step another.
        let length = retry_on_intr(|| rustix::io::pread(file.as_fd(), &mut bytes, 0))?;
        Ok(Self::parse(bytes.get(..length).unwrap_or_default()))
    }

    pub(crate) fn write(&self, file: impl AsFd) -> Result<(), Errno> {
        sys::write_at(file, self.to_string().as_bytes(), 0)
    }

    pub(crate) fn parse(bytes: &[u8]) -> Found {
        match std::str::from_utf8(bytes).ok().and_then(parse) {
            Some(found) => found,
            None => Found::Damaged,
        }
    }
}

/// The line, up to its sum.
impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = if self.dirty { "dirty" } else { "clean" };
        let (version, token) = (self.version.get(), self.token.get());
        let Self { segment, log, lines, waiters, line, .. } = self;
        let text = format!(
            "lock-fs {FORMAT} {mark} version={version:020} token={token:020} segment={segment:010} \
             log={log:012} lines={lines:08} waiters={waiters:08} line={line:020}"
        );
        writeln!(f, "{text} sum={:016x}", sum(&text))
    }
}

fn sum(text: &str) -> u64 {
    (name::hash(text.as_bytes()) & u128::from(u64::MAX)).try_into().unwrap_or(0)
}

fn parse(text: &str) -> Option<Found> {
    let (line, _) = text.split_once('\n')?;
    let mut words = line.split(' ');
    (words.next()? == "lock-fs").then_some(())?;
    let format: u32 = words.next()?.parse().ok()?;
    if format > FORMAT {
        return Some(Found::Later(format));
    }
    let (body, stated) = line.rsplit_once(" sum=")?;
    (u64::from_str_radix(stated, 16).ok()? == sum(body)).then_some(())?;
    let dirty = match words.next()? {
        "dirty" => true,
        "clean" => false,
        _ => return None,
    };
    let mut number = |key: &str| -> Option<u64> {
        words.next()?.strip_prefix(key)?.strip_prefix('=')?.parse().ok()
    };
    Some(Found::State(State {
        dirty,
        version: Version::new(number("version")?),
        token: Token::new(number("token")?),
        segment: number("segment")?,
        log: number("log")?,
        lines: number("lines")?,
        waiters: number("waiters")?,
        line: number("line")?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> State {
        State {
            dirty: true,
            version: Version::new(12),
            token: Token::new(1_764_000_000_000_000),
            segment: 1,
            log: 4_711,
            lines: 9,
            waiters: 2,
            line: 77,
        }
    }

    #[test]
    fn the_numbers_survive_their_text_and_its_length_is_fixed() {
        let text = some().to_string();
        assert_eq!(State::parse(text.as_bytes()), Found::State(some()));
        assert_eq!(text.len(), State::default().to_string().len());
        assert!(text.len() < State::ROOM);
    }

    #[test]
    fn a_torn_or_edited_line_is_not_believed() {
        let text = some().to_string();
        for end in 0..text.len() {
            assert_eq!(State::parse(&text.as_bytes()[..end]), Found::Damaged, "{end}");
        }
        assert_eq!(State::parse(text.replace("4711", "4712").as_bytes()), Found::Damaged);
        assert_eq!(State::parse(b"lock-fs 2 clean anything\n"), Found::Later(2));
    }
}
