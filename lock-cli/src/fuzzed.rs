//! What a fuzzer asks of this crate, and what the tests ask again with its corpus.
//!
//! Built for tests and under `cfg(fuzzing)` only. Each check panics when a promise is broken.

#![allow(clippy::panic, reason = "a check that fails is a find")]

use crate::{
    args::Global,
    config::{Config, FILE},
    exit::{self, Exit},
    settings::Settings,
};

/// Whatever stands in `lockctl.toml`: it is read, or the one line said of it names the file, moves
/// no cursor and has a hint.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let settings = Config::parse(text)
        .and_then(|config| Settings::new(&Global::default(), |_| None, config))
        .and_then(|settings| settings.agent_if_any().and_then(|_| settings.ttl(None)));
    let Err(failure) = settings else { return };
    let told = exit::explain(&failure);
    assert_eq!(told.exit, Exit::Usage, "{told:?}");
    assert!(told.message.contains(FILE), "{told:?}");
    assert!(!told.message.contains(char::is_control) && !told.hint.is_empty(), "{told:?}");
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn the_corpus_of_settings_holds() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/config");
        let files = fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path());
        let files: Vec<_> = files.collect();
        assert!(files.len() >= 10, "the corpus is missing");
        for file in files {
            println!("{}", file.display());
            super::config(&fs::read(file).unwrap());
        }
    }
}
