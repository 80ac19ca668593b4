//! One request in a process of its own: as another user, or with failing system calls.

use std::{
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use futures_lite::future::block_on;
use lock_core::{Error, Grant, LockManager};
use lock_fs::FsBackend;

const STORE: &str = "LOCK_FS_TEST_STORE";
const PATTERNS: &str = "LOCK_FS_TEST_PATTERNS";
const NETWORK: &str = "LOCK_FS_TEST_NETWORK";
const SAYS: &str = "child says: ";

pub(crate) struct Child {
    store: PathBuf,
    patterns: String,
    network: bool,
    strace: Vec<String>,
    user: Option<u32>,
}

impl Child {
    /// A child that acquires `patterns` in `store`.
    pub(crate) fn acquire(store: &Path, patterns: &[&str]) -> Self {
        let patterns = patterns.join("\n");
        Self { store: store.to_owned(), patterns, network: false, strace: Vec::new(), user: None }
    }

    pub(crate) fn allowing_network(self) -> Self {
        Self { network: true, ..self }
    }

    pub(crate) fn under_strace(self, options: &[&str]) -> Self {
        Self { strace: options.iter().map(|option| (*option).to_owned()).collect(), ..self }
    }

    pub(crate) fn of_user(self, user: u32) -> Self {
        Self { user: Some(user), ..self }
    }

    /// `held`, or the kind of error and its text.
    pub(crate) fn run(self) -> String {
        let program = std::env::current_exe().unwrap();
        // Where it was built, another user may not look.
        let copy = tempfile::Builder::new()
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempdir()
            .unwrap();
        let mut command = match (self.user, self.strace.is_empty()) {
            (None, true) => Command::new(program),
            (None, false) => {
                let mut strace = Command::new("strace");
                strace.args(["-f", "-qq", "-o", "/dev/null"]).args(&self.strace).arg(program);
                strace
            }
            (Some(user), _) => {
                let there = copy.path().join("child");
                std::fs::copy(program, &there).unwrap();
                let mut command = Command::new(there);
                command.uid(user).gid(user);
                command
            }
        };
        command.args(["--ignored", "--exact", "child", "--nocapture", "--test-threads=1"]);
        command.env(STORE, self.store).env(PATTERNS, self.patterns);
        if self.network {
            command.env(NETWORK, "true");
        }
        let output = command.output().unwrap_or_else(|error| {
            panic!("strace is needed, and ./test brings it: {error}");
        });
        let text = String::from_utf8_lossy(&output.stdout);
        let said = text.lines().find_map(|line| line.split_once(SAYS).map(|(_, said)| said));
        said.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
            .to_owned()
    }
}

/// What the child does.
pub(crate) fn run_as_child() {
    let Some(store) = std::env::var_os(STORE) else { panic!("no test asked for this") };
    let options = FsBackend::options().allow_network(std::env::var_os(NETWORK).is_some());
    let said = options.open(store).map_err(Error::from).and_then(|backend| {
        let locks = LockManager::new(backend, "child")?;
        let patterns = std::env::var(PATTERNS).unwrap();
        let patterns: Vec<&str> = patterns.lines().collect();
        block_on(locks.acquire(patterns).into_future())
    });
    match said {
        Ok(Grant::Held(_)) => println!("\n{SAYS}held"),
        Ok(other) => panic!("{other:?}"),
        Err(Error::Backend(error)) => println!("\n{SAYS}{:?} {error}", error.kind()),
        Err(error) => panic!("{error}"),
    }
}
