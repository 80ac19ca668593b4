//! The replay of a repository's history: of this one, and of a small one made for it.
//!
//! `LOCK_TEST_SECONDS` sets for how long this repository is replayed; 2 unless told.

use std::{path::Path, process::Command};

use crate::{checkout::Checkout, examples::run};

fn git(directory: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(directory).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// Three authors who all edit one file, and each one of their own.
fn small() -> Checkout {
    let checkout = Checkout::new();
    for turn in 0..20 {
        for author in ["Ada L", "Grace", "Élodie"] {
            checkout.write("shared.rs", &format!("{author} {turn}"));
            checkout.write(&format!("src/{author}/[{}].rs", turn % 2), &turn.to_string());
            git(checkout.root(), &["add", "."]).unwrap();
            let name = format!("user.name={author}");
            let commit = ["-c", &name, "-c", "user.email=a@b", "commit", "-q", "-m", "turn"];
            git(checkout.root(), &commit).unwrap();
        }
    }
    checkout
}

#[test]
fn a_small_history_is_replayed_on_every_store() {
    let (checkout, stores) = (small(), tempfile::tempdir().unwrap());
    let redis = crate::redis::Redis::start();
    let sqlite = format!("sqlite:{}/r.db", stores.path().display());
    let repository = checkout.root().to_str().unwrap();
    for url in [None, Some(sqlite), Some(redis.url())] {
        let mut arguments = vec![repository, "--agents", "4"];
        arguments.extend(url.as_deref().into_iter().flat_map(|url| ["--backend", url]));
        let printed = run("replay", &arguments);
        assert!(printed.contains("60 commits by 4 agents"), "{printed}");
        assert!(printed.contains(" × shared.rs"), "they met on it: {printed}");
        let last = printed.lines().last().unwrap();
        // Each commit locks two files, but for the first, which brings those that were there.
        assert!(
            last.starts_with("history     123 locks, 123 told by the store: exclusive"),
            "{last}"
        );
    }
}

#[test]
fn this_repository_is_replayed() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let seconds = std::env::var("LOCK_TEST_SECONDS").unwrap_or_else(|_| "2".to_owned());
    let limit = format!("{seconds}s");
    // A source archive has no history, and a shallow clone next to none: ./test says so aloud,
    // and the small history stands in.
    let whole =
        git(workspace, &["rev-parse", "--is-shallow-repository"]).as_deref() == Some("false");
    let stand_in = (!whole).then(small);
    let repository = stand_in.as_ref().map_or(workspace, |checkout| checkout.root());
    let printed = run("replay", &[repository.to_str().unwrap(), "--for", &limit]);
    assert!(printed.lines().last().unwrap().ends_with(": exclusive, tokens rise"), "{printed}");
    assert!(!printed.contains(" 0 commits by"), "{printed}");
}
