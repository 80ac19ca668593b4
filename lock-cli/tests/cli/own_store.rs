//! A `lockctl` that knows a store of one's own.

use std::process::{Command, Output};

use crate::examples::built;

#[test]
fn a_store_of_ones_own_is_opened_by_its_url() {
    let root = tempfile::tempdir().unwrap();
    let lockctl = |arguments: &[&str]| -> Output {
        let mut command = Command::new(built().join("own_store"));
        command.current_dir(root.path()).args(["--root", ".", "--backend", "json:locks"]);
        command.args(arguments).output().unwrap()
    };
    let acquired = lockctl(&["acquire", "src/*.rs", "--agent", "ada"]);
    assert!(acquired.status.success(), "{acquired:?}");
    let refused = lockctl(&["acquire", "src/a.rs", "--agent", "alan"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let listed = String::from_utf8(lockctl(&["list", "--json"]).stdout).unwrap();
    assert!(listed.contains("\"ada\"") && listed.contains("src/*.rs"), "{listed}");
    assert!(root.path().join("locks/locks.json").exists(), "the store is where the URL says");
    assert!(lockctl(&["release", "--all", "--agent", "ada"]).status.success());
}
