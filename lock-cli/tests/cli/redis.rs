//! A Redis server of one's own.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A Redis server on a socket of its own, gone when it is dropped.
pub(crate) struct Redis {
    _dir: tempfile::TempDir,
    child: Child,
    socket: PathBuf,
}

impl Redis {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("s");
        let program = std::env::var_os("REDIS_SERVER").unwrap_or("redis-server".into());
        let child = Command::new(program)
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(&socket)
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("./test installs a Redis server; or set REDIS_SERVER to one");
        let end = Instant::now() + Duration::from_secs(10);
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < end, "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self { _dir: dir, child, socket }
    }

    /// Sends one command, which must succeed; what it answers.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        let mut client = Command::new("redis-cli");
        let output = client.arg("-e").arg("-s").arg(&self.socket).args(words).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// All keys there are.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = self.command(&["KEYS", "*"]).lines().map(str::to_owned).collect();
        keys.sort();
        keys
    }

    /// Stops its process: it stays reachable, and answers no more.
    pub(crate) fn stop(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "STOP", &pid]).status().unwrap().success());
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix:{}", self.socket.display())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
