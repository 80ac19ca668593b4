//! One whole `lockctl acquire`, on each store, beside `lockctl --version` (what a process costs
//! that does nothing) and `flock FILE true`.
//!
//! `cargo bench -p lock-cli --bench process [-- --quick]`; Redis needs `redis-server`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench prints, and stops where it cannot go on"
)]

#[path = "../../benches/report.rs"]
mod report;

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use report::{Turns, head, scaled};

const LOCKCTL: &str = env!("CARGO_BIN_EXE_lockctl");

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    head("`lockctl --version`");
    for (store, target) in [("fs", "≤ 1.4 ×"), ("sqlite", "≤ 2.5 ×"), ("redis", "≤ 1.4 ×")]
    {
        let socket = dir.join("redis.sock");
        let server = match store {
            "redis" => match Server::start(dir, &socket) {
                Ok(server) => Some(server),
                Err(error) => {
                    eprintln!("redis: not measured: {error}");
                    continue;
                }
            },
            _ => None,
        };
        let url = match store {
            "fs" => "fs:locks".to_owned(),
            "sqlite" => "sqlite:locks.db".to_owned(),
            _ => format!("redis+unix:{}", socket.display()),
        };
        let mut number = 0;
        // The first one makes the store.
        acquire(dir, &url, "first");
        let acquire = || {
            number += 1;
            acquire(dir, &url, &format!("src/{number}.rs"));
        };
        Turns::take(scaled(10), 50, acquire, version)
            .row(&format!("`lockctl acquire`, whole process, {store}"), target);
        drop(server);
    }
    println!();
    head("`flock FILE true`");
    let file = dir.join("file");
    let flock = || run(Command::new("flock").arg(&file).arg("true"));
    Turns::take(scaled(10), 50, version, flock).row("`lockctl --version`, whole process", "");
}

fn acquire(dir: &Path, url: &str, path: &str) {
    let mut command = Command::new(LOCKCTL);
    command.args(["acquire", path, "--agent", "agent-7", "--backend", url, "--root"]).arg(dir);
    run(command.current_dir(dir));
}

fn version() {
    run(Command::new(LOCKCTL).arg("--version"));
}

fn run(command: &mut Command) {
    assert!(command.stdout(Stdio::null()).status().unwrap().success(), "{command:?}");
}

/// A server of its own, ended when dropped.
struct Server(Child);

impl Server {
    fn start(dir: &Path, socket: &Path) -> std::io::Result<Self> {
        let mut server = Command::new("redis-server");
        server
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(socket);
        let this = Self(server.current_dir(dir).stdout(Stdio::null()).spawn()?);
        for _ in 0..500 {
            if std::os::unix::net::UnixStream::connect(socket).is_ok() {
                return Ok(this);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(std::io::Error::other("redis-server does not answer"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
