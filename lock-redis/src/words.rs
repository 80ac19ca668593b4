//! Words of a call, packed into one argument: the server pays for each argument, and most steps are
//! committed without a look at these.

/// A list of texts as MessagePack, which the server's Lua reads. It is of the two forms that every
/// version of it knows; a library for the other thirty would not be shorter.
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
        self.packed.push(0xdb);
        // What is longer than four gigabytes no server takes.
        self.packed.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_packed_with_their_lengths() {
        let mut words = Words::new();
        words.push("");
        words.push_parts(&["a", "\0b"]);
        let packed = b"\xdd\0\0\0\x02\xdb\0\0\0\0\xdb\0\0\0\x03a\0b";
        assert_eq!(words.packed(), packed);
    }
}
