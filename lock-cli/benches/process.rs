//! Whole processes: `lockctl acquire` on each store, and the other commands on a directory, beside
//! `lockctl --version` (what a process costs that does nothing) and `flock FILE true`; and what
//! memory one takes that holds a lock.
//!
//! `cargo bench -p lock-cli --bench process [-- --quick]`; Redis needs `redis-server`, or
//! `REDIS_SERVER` that says where one is.
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
    let mut memory = Vec::new();
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
        memory.push((store, taken(lockctl(dir, &url, "run held.rs --agent agent-9 -- sleep 60"))));
        drop(server);
    }
    println!("\n| memory of a `lockctl run` | after 3 s | at most |");
    println!("|---|--:|--:|");
    for (store, (now, most)) in memory {
        println!("| {store} | {now} | {most} |");
    }
    commands(&dir.join("commands"));
    println!();
    head("`flock FILE true`");
    let file = dir.join("file");
    let flock = || run(Command::new("flock").arg(&file).arg("true"));
    Turns::take(scaled(10), 50, version, flock).row("`lockctl --version`, whole process", "");
}

/// Every other command, where little is held.
fn commands(dir: &Path) {
    std::fs::create_dir(dir).unwrap();
    let lockctl = |arguments: &str| lockctl(dir, "fs:locks", arguments);
    let rounds = scaled(10);
    // One to let go in each run, and in the round that warms up.
    let mut held: Vec<String> = (0..(rounds + 1) * 50).map(|n| format!("src/{n}.rs")).collect();
    for some in held.chunks(100) {
        run(&mut lockctl(&format!("acquire {} --agent agent-7", some.join(" "))));
    }
    println!();
    head("`lockctl --version`");
    for arguments in [
        "release",
        "refresh lib.rs --agent agent-8",
        "who lib.rs",
        "check free.rs --agent agent-9",
        "list --agent agent-8",
        "history --since 1m",
        "stats",
        "cleanup-stale --dry-run",
        "doctor",
        "run free.rs --agent agent-9 -- true",
    ] {
        run(&mut lockctl("acquire lib.rs --agent agent-8"));
        let name = arguments.split(' ').next().unwrap_or_default();
        let ours = || match name {
            "release" => {
                let path = held.pop().unwrap();
                run(&mut lockctl(&format!("release {path} --agent agent-7")));
            }
            _ => run(&mut lockctl(arguments)),
        };
        Turns::take(rounds, 50, ours, version).row(&format!("`lockctl {name}`, whole process"), "");
    }
}

/// What a process takes that holds a lock and keeps it alive: after three seconds, and at most.
fn taken(mut run: Command) -> (String, String) {
    let mut child = run.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    // Until it has renewed its lease once or twice.
    std::thread::sleep(Duration::from_secs(3));
    let status = std::fs::read_to_string(status).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map_or("?", |(_, size)| size.trim()).to_owned()
    };
    let taken = (field("VmRSS"), field("VmHWM"));
    // It ends its command, which another signal would leave behind.
    let pid = child.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    child.wait().unwrap();
    taken
}

fn lockctl(dir: &Path, url: &str, arguments: &str) -> Command {
    let mut arguments = arguments.split(' ');
    let mut command = Command::new(LOCKCTL);
    command.args(arguments.next()).args(["--backend", url, "--root"]).arg(dir);
    command.args(arguments).current_dir(dir);
    command
}

fn acquire(dir: &Path, url: &str, path: &str) {
    run(&mut lockctl(dir, url, &format!("acquire {path} --agent agent-7")));
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
        let program = std::env::var_os("REDIS_SERVER").unwrap_or("redis-server".into());
        let mut server = Command::new(program);
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
