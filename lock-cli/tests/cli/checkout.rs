//! A git checkout in a temporary directory, and `lockctl` in it.

use std::{
    ffi::OsStr,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Checkout {
    // Dropped last: the directory goes with it.
    _dir: TempDir,
    root: PathBuf,
}

/// What a call answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// Everything that was printed, as a terminal shows it.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("no signal ended it"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Checkout {
    /// A fresh work tree with `src/a.rs`, `src/b.rs` and `pages/[id].tsx`.
    pub(crate) fn new() -> Self {
        let this = Self::plain();
        let git = Command::new("git").args(["init", "-q"]).current_dir(&this.root).status();
        assert!(git.unwrap().success());
        for file in ["src/a.rs", "src/b.rs", "pages/[id].tsx"] {
            this.write(file, "");
        }
        this
    }

    /// A directory that is no work tree.
    pub(crate) fn plain() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("work");
        fs::create_dir(&root).unwrap();
        Self { _dir: dir, root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A call that is still to be made, with nothing of this process's settings in it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lockctl"));
        command.current_dir(&self.root).stdin(Stdio::null());
        for name in ["ROOT", "BACKEND", "AGENT"] {
            command.env_remove(format!("LOCKCTL_{name}"));
        }
        command.env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR");
        command
    }

    pub(crate) fn run(&self, arguments: impl IntoIterator<Item: AsRef<OsStr>>) -> Answer {
        self.command().args(arguments).output().unwrap().into()
    }

    /// A call written as a line; words are separated by single spaces.
    pub(crate) fn lockctl(&self, line: &str) -> Answer {
        self.run(line.split(' '))
    }

    /// The same, for a step that must succeed.
    pub(crate) fn must(&self, line: &str) -> Answer {
        let answer = self.lockctl(line);
        assert_eq!(answer.code, 0, "{line}: {answer:?}");
        answer
    }

    pub(crate) fn with_stdin(&self, line: &str, stdin: &[u8]) -> Answer {
        let mut command = self.command();
        command.args(line.split(' ')).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// Every file of the store with its content.
    pub(crate) fn store(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut rest = vec![self.root.join(".agent_locks")];
        while let Some(path) = rest.pop() {
            match fs::read_dir(&path) {
                Ok(entries) => rest.extend(entries.map(|entry| entry.unwrap().path())),
                Err(_) if path.is_file() => files.push((path.clone(), fs::read(path).unwrap())),
                Err(_) => {}
            }
        }
        files.sort();
        files
    }
}
