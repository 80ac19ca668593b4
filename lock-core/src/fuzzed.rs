//! What a fuzzer asks of this crate, and what the tests ask again with its corpus.
//!
//! Built for tests and under `cfg(fuzzing)` only. Each check panics when a promise is broken.

#![allow(clippy::expect_used, clippy::panic, reason = "a check that fails is a find")]

mod verdict;

#[cfg(test)]
use std::{fs, path::Path};

use crate::{Pattern, StoreUrl, pattern::is_valid_path};

pub use verdict::verdict;

/// Whatever text is read as a pattern: what is printed reads as the same, and means itself.
pub fn pattern(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for read in [Pattern::parse(text), Pattern::literal(text), Pattern::directory(text)] {
        let pattern = match read {
            Ok(pattern) => pattern,
            Err(error) => {
                let said = error.to_string();
                assert!(!said.contains(char::is_control), "{said:?}");
                continue;
            }
        };
        let again = Pattern::parse(pattern.as_str()).expect("what is printed can be read");
        assert_eq!(again.as_str(), pattern.as_str(), "one normal form");
        assert_eq!(again.spans(), pattern.spans());
        // There need be none: a pattern may match nothing but what is not normal text.
        if let Some(witness) = pattern.witness(&again) {
            assert!(is_valid_path(&witness) && pattern.matches(&witness), "{witness:?}");
        }
        if let Some(path) = pattern.literal_path() {
            assert!(pattern.matches(path), "{path:?}");
        }
    }
}

/// Whatever text is read as a URL: no error and no form of it moves a cursor or tells a password.
pub fn url(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let shown = match text.parse::<StoreUrl>() {
        Ok(url) => {
            let secrets = url.options().filter(|(name, _)| name.to_lowercase().contains("pass"));
            let shown = format!("{url} {url:?}");
            for (name, _) in secrets {
                assert!(shown.contains(&format!("{name}=***")), "{shown}");
            }
            if let Some(authority) = url.place().strip_prefix("//")
                && let Some((credentials, _)) = authority.rsplit_once('@')
                && let Some((_, password)) = credentials.split_once(':')
            {
                let odd = password.len() > 6 && text.matches(password).count() == 1;
                let stars = password.bytes().all(|byte| byte == b'*');
                // The stars and what follows them may happen to read as the password.
                let rest = shown.replace(":***@", ":@");
                assert!(!odd || stars || !rest.contains(password), "{shown}");
            }
            shown
        }
        Err(error) => error.to_string(),
    };
    assert!(!shown.contains(char::is_control), "{shown:?}");
}

/// Gives `check` each file of the corpus of `target`.
#[cfg(test)]
fn replay(target: &str, check: fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let files: Vec<_> = fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 10, "the corpus of {target} is missing");
    for file in files {
        println!("{}", file.display());
        check(&fs::read(file).unwrap());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_of_patterns_holds() {
        replay("pattern", pattern);
    }

    #[test]
    fn the_corpus_of_verdicts_holds() {
        replay("verdict", verdict);
    }

    #[test]
    fn the_corpus_of_urls_holds() {
        replay("url", url);
    }
}
