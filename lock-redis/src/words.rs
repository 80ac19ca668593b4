//! Words of a call, packed into one argument: the server pays for each argument, and most steps are
//! committed without a look at these.

/// A list of texts as MessagePack, which the server's Lua reads. It takes four of its forms; a library
/// for the other thirty would not be shorter.
#[derive(Debug)]
pub(crate) struct Words {
    count: u32,
    packed: Vec<u8>,
}

impl Words {
    pub(crate) fn new() -> Self {
        let mut packed = Vec::with_capacity(512);
        packed.extend_from_slice(&[0xdd, 0, 0, 0, 0]);
        Self { count: 0, packed }
    }

    pub(crate) fn push(&mut self, word: &str) {
        self.push_parts(&[word]);
    }

    /// One word of several parts.
    pub(crate) fn push_parts(&mut self, parts: &[&str]) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        self.count += 1;
        match u8::try_from(length) {
            Ok(length @ ..32) => self.packed.push(0xa0 | length),
            Ok(length) => self.packed.extend_from_slice(&[0xd9, length]),
            Err(_) => {
                self.packed.push(0xdb);
                // What is longer than four gigabytes no server takes.
                let length = u32::try_from(length).unwrap_or(u32::MAX);
                self.packed.extend_from_slice(&length.to_be_bytes());
            }
        }
        for part in parts {
            self.packed.extend_from_slice(part.as_bytes());
        }
    }

    pub(crate) fn packed(mut self) -> Vec<u8> {
        for (byte, count) in self.packed.iter_mut().skip(1).zip(self.count.to_be_bytes()) {
            *byte = count;
        }
        self.packed
    }
}

/// One text of several parts: each of these takes room once, where a formatter would ask again and again.
pub(crate) fn together(parts: &[&str]) -> String {
    let mut text = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| text.push_str(part));
    text
}

/// Adds a number in digits.
pub(crate) fn push_number(text: &mut String, number: impl itoa::Integer) {
    text.push_str(itoa::Buffer::new().format(number));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_packed_with_their_lengths() {
        let mut words = Words::new();
        let (short, long) = ("b".repeat(40), "c".repeat(300));
        words.push("");
        words.push_parts(&["a", "\0b"]);
        words.push(&short);
        words.push(&long);
        let mut expected = b"\xdd\0\0\0\x04\xa0\xa3a\0b\xd9\x28".to_vec();
        expected.extend_from_slice(short.as_bytes());
        expected.extend_from_slice(b"\xdb\0\0\x01\x2c");
        expected.extend_from_slice(long.as_bytes());
        assert_eq!(words.packed(), expected);
    }
}
