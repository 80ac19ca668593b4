//! The few numbers that a namespace needs beside its records, in one line of fixed length.

use lock_core::{Token, Version};
use rustix::{
    fd::AsFd,
    io::{Errno, retry_on_intr},
};

/// The format of the store as a whole; a store of another format is refused.
///
/// In the first, every step called the state dirty, and the line ended with a number that nobody read.
/// It is still read; whoever knows no other must not write beside us, since it would not see what a
/// killed process of ours has left.
pub(crate) const FORMAT: u32 = 2;

/// The numbers of a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct State {
    /// Set while a step is on its way to disk that the log does not tell of: found set under the
    /// guard, the step's process died.
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
    pub(crate) const ROOM: usize = 256;

    pub(crate) fn read(file: impl AsFd) -> Result<Found, Errno> {
        let mut bytes = [0; Self::ROOM];
        let length = Self::read_text(file, &mut bytes)?;
        Ok(Self::parse(bytes.get(..length).unwrap_or_default()))
    }

    /// The length of the line, which is read into `bytes`.
    pub(crate) fn read_text(file: impl AsFd, bytes: &mut [u8; Self::ROOM]) -> Result<usize, Errno> {
        // One line in one call: to ask whether there is more would cost each step another.
        retry_on_intr(|| rustix::io::pread(file.as_fd(), &mut *bytes, 0))
    }

    pub(crate) fn parse(bytes: &[u8]) -> Found {
        match std::str::from_utf8(bytes).ok().and_then(parse) {
            Some(found) => found,
            None => Found::Damaged,
        }
    }
}

/// What stands before the sum.
const SUM: &str = " sum=";

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.text()))
    }
}

/// Every step writes the line, so it is put together by hand.
impl State {
    pub(crate) fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(Self::ROOM);
        text.extend_from_slice(b"lock-fs");
        number::<1, 10>(&mut text, b" ", FORMAT.into());
        text.extend_from_slice(if self.dirty { b" dirty" } else { b" clean" });
        number::<20, 10>(&mut text, b" version=", self.version.get());
        number::<20, 10>(&mut text, b" token=", self.token.get());
        number::<10, 10>(&mut text, b" segment=", self.segment);
        number::<12, 10>(&mut text, b" log=", self.log);
        number::<8, 10>(&mut text, b" lines=", self.lines);
        number::<8, 10>(&mut text, b" waiters=", self.waiters);
        let sum = sum(&text);
        number::<16, 16>(&mut text, SUM.as_bytes(), sum);
        text.push(b'\n');
        text
    }
}

/// Appends `number` behind its key, in as many digits as there are places.
fn number<const PLACES: usize, const BASE: u64>(text: &mut Vec<u8>, key: &[u8], number: u64) {
    text.extend_from_slice(key);
    let most = BASE.checked_pow(PLACES as u32).map_or(u64::MAX, |limit| limit - 1);
    let mut rest = number.min(most);
    let mut digits = [b'0'; PLACES];
    for digit in digits.iter_mut().rev() {
        // Most numbers are small, and their places many.
        if rest == 0 {
            break;
        }
        let value = (rest % BASE) as u8;
        *digit = if value < 10 { b'0' + value } else { b'a' - 10 + value };
        rest /= BASE;
    }
    text.extend_from_slice(&digits);
}

/// The lower half of [`name::hash`].
fn sum(text: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x13b);
    text.iter().fold(0x62b8_2175_6295_c58d, mix)
}

fn parse(text: &str) -> Option<Found> {
    let (line, _) = text.split_once('\n')?;
    let mut words = line.split(' ');
    (words.next()? == "lock-fs").then_some(())?;
    let format: u32 = words.next()?.parse().ok()?;
    if format > FORMAT {
        return Some(Found::Later(format));
    }
    let (body, stated) = line.split_at_checked(line.len().checked_sub(SUM.len() + 16)?)?;
    let stated = u64::from_str_radix(stated.strip_prefix(SUM)?, 16).ok()?;
    (stated == sum(body.as_bytes())).then_some(())?;
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
    fn the_sum_is_half_of_the_hash_of_names() {
        for text in ["", "lock-fs", &some().to_string()] {
            assert_eq!(
                u128::from(sum(text.as_bytes())),
                crate::name::hash(text.as_bytes()) & u128::from(u64::MAX)
            );
        }
    }

    #[test]
    fn a_torn_or_edited_line_is_not_believed() {
        let text = some().to_string();
        for end in 0..text.len() {
            assert_eq!(State::parse(&text.as_bytes()[..end]), Found::Damaged, "{end}");
        }
        assert_eq!(State::parse(text.replace("4711", "4712").as_bytes()), Found::Damaged);
        assert_eq!(State::parse(b"lock-fs 3 clean anything\n"), Found::Later(3));
    }

    /// What follows it is the rest of that line, once a shorter one was written over it.
    #[test]
    fn the_first_format_is_still_read() {
        let first = "lock-fs 1 dirty version=00000000000000000012 token=00001764000000000000 \
                     segment=0000000001 log=000000004711 lines=00000009 waiters=00000002 \
                     line=00000000000000000077";
        let sum = sum(first.as_bytes());
        let text = format!("{first} sum={sum:016x}\n");
        assert_eq!(State::parse(text.as_bytes()), Found::State(some()));
        let over = some().to_string() + &text[some().to_string().len()..];
        assert_eq!(State::parse(over.as_bytes()), Found::State(some()));
    }
}
