//! Names of files and directories that say what is locked.
//!
//! A name is the text itself where it is ordinary, and `%XX` for each byte that is not. The map is
//! one-to-one, and it is fixed for all time: two versions that disagreed on one character would
//! look for one lock in two places. So the characters that stand for themselves are listed here,
//! and not asked of a Unicode table that grows.

/// The longest encoded name; what is added to it stays below the 255 bytes of a file name.
pub(crate) const LONGEST: usize = 200;

/// The ending of every lock's file. No directory has it.
pub(crate) const LOCK: &str = ".lock";

/// The name of `text`: never empty, hidden, special to a shell at its beginning, or ending in
/// [`LOCK`]; `%` is always followed by two capital hexadecimal digits.
pub(crate) fn encode(text: &str) -> String {
    let mut name = String::with_capacity(text.len() + 8);
    encode_into(&mut name, text);
    name
}

/// The same behind what `name` is already.
pub(crate) fn encode_into(name: &mut String, text: &str) {
    if is_plain(text) {
        name.push_str(text);
        return;
    }
    let plain_end = text.strip_suffix(LOCK).map_or(usize::MAX, str::len);
    for (at, c) in text.char_indices() {
        let first = at == 0 && matches!(c, '.' | '-' | '~');
        if stands_for_itself(c) && !first && at != plain_end {
            name.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                name.push('%');
                name.extend(hex(byte >> 4).into_iter().chain(hex(byte & 15)));
            }
        }
    }
}

/// Whether `text` is its own name, and that at a glance: nearly all are.
fn is_plain(text: &str) -> bool {
    let plain = |byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-');
    let first = |byte: &u8| byte.is_ascii_alphanumeric();
    text.bytes().all(plain) && text.as_bytes().first().is_some_and(first) && !text.ends_with(LOCK)
}

fn hex(digit: u8) -> Option<char> {
    char::from_digit(digit.into(), 16).map(|c| c.to_ascii_uppercase())
}

/// The text of a name that [`encode`] made; `None` for any other.
pub(crate) fn decode(name: &str) -> Option<String> {
    if is_plain(name) {
        return Some(name.to_owned());
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            bytes.push(u8::try_from(digit()? << 4 | digit()?).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let text = String::from_utf8(bytes).ok().filter(|text| !text.is_empty())?;
    (encode(&text) == name).then_some(text)
}

/// ASCII that no shell, no terminal and no file system makes something else of, and the letters
/// of the most written scripts.
fn stands_for_itself(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' | '.' | '+' | ',' | '=' | '@' | '~' => true,
        '\u{c0}'..='\u{24f}'
        | '\u{388}'..='\u{481}'
        | '\u{48a}'..='\u{527}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{4e00}'..='\u{9fa5}'
        | '\u{ac00}'..='\u{d7a3}' => c != '\u{3a2}',
        _ => false,
    }
}

/// A 128-bit hash of `bytes` that is the same everywhere and always (FNV-1a): it names things, and
/// protects nothing.
pub(crate) fn hash(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_names_stay_readable() {
        for (text, name) in [
            ("main.rs", "main.rs"),
            ("Größe_日本-1.txt", "Größe_日本-1.txt"),
            (".env", "%2Eenv"),
            ("..", "%2E."),
            ("-rf", "%2Drf"),
            ("Cargo.lock", "Cargo%2Elock"),
            (".lock", "%2Elock"),
            ("100%", "100%25"),
            ("%held", "%25held"),
            ("src/*.rs", "src%2F%2A.rs"),
            ("a\u{202e}b\n", "a%E2%80%AEb%0A"),
        ] {
            assert_eq!(encode(text), name);
            assert_eq!(decode(name).as_deref(), Some(text));
        }
    }

    #[test]
    fn other_names_are_nobodys() {
        for name in
            ["", ".", "..", ".x", "a b", "%2e", "%41", "%", "%4", "%zz", "%FF", "a.lock", "%held"]
        {
            assert_eq!(decode(name), None, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn names_and_texts_are_one_to_one(text in "\\PC{1,20}|[.%a~/lock-]{1,8}|(?s:.{1,9})") {
            let name = encode(&text);
            prop_assert_eq!(decode(&name), Some(text));
            prop_assert!(!name.contains('/') && !name.starts_with('.') && !name.ends_with(LOCK));
            prop_assert!(!name.chars().any(char::is_control));
        }

        #[test]
        fn a_text_that_is_its_own_name_is_seen(text in "[a-zA-Z0-9_.-]{0,9}(.lock)?|\\PC{0,4}") {
            if is_plain(&text) {
                let named: String = text.chars().filter(|c| stands_for_itself(*c)).collect();
                prop_assert_eq!(named, text.clone());
                prop_assert!(!text.is_empty() && !text.ends_with(LOCK));
                prop_assert!(!text.starts_with(['.', '-', '~']));
            }
        }

        #[test]
        fn a_name_has_one_text(name in "[a%2EF.held]{1,9}") {
            if let Some(text) = decode(&name) {
                prop_assert_eq!(encode(&text), name);
            }
        }
    }
}
