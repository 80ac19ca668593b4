//! Words as a shell reads them back.

use std::fmt::Write as _;

/// `word` as it can be typed: bare if it is plain, else in quotes. Control characters come out
/// in `$'…'`, so that the text is safe to print as well.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let shown = crate::escape::Shown(word).to_string();
    if shown == word {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut out = String::from("$'");
    for c in word.chars() {
        match c {
            '\'' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_ascii_control() => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            c if crate::escape::Shown(c.encode_utf8(&mut [0; 4])).to_string().len() > 4 => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// A command line.
pub(crate) fn line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_typed() {
        for word in ["src/a.rs", "src/*.rs", "it's", "", "a b", "[x]", "\u{1b}[31m", "\u{202e}x'y"]
        {
            let printed = quoted(word);
            assert!(!printed.contains(char::is_control), "{printed:?}");
            let script = format!("printf %s {printed}");
            let said = std::process::Command::new("bash")
                .env("LC_ALL", "C.UTF-8")
                .args(["-c", &script])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(said.stdout).unwrap(), word, "{printed}");
        }
        assert_eq!(quoted("src/a.rs"), "src/a.rs");
    }
}
