//! A Redis server of a test's own: on a socket and a free port in a temporary directory, gone when
//! it is dropped.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so at once"
)]

pub mod clock;
pub mod cluster;
pub mod proxy;
pub mod sentinel;
pub mod wire;

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use lock_redis::RedisBackend;

/// A running server.
pub struct Server {
    directory: tempfile::TempDir,
    child: Child,
    arguments: Vec<String>,
    under: Vec<String>,
    pub port: u16,
}

impl Server {
    /// One that keeps nothing on disk.
    pub fn start() -> Self {
        Self::with(&["--save", "", "--appendonly", "no"])
    }

    /// One with these arguments.
    pub fn with(arguments: &[&str]) -> Self {
        Self::with_file("", arguments)
    }

    /// One with these lines in a file that it may write to, and these arguments.
    pub fn with_file(settings: &str, arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("conf"), settings).unwrap();
        Self::under(&[], directory, arguments)
    }

    /// One that another program starts in its place.
    fn under(program: &[&str], directory: tempfile::TempDir, arguments: &[&str]) -> Self {
        let under: Vec<String> = program.iter().map(|text| (*text).to_owned()).collect();
        let port = free_port();
        let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        let child = spawn(&under, &directory, port, &arguments);
        let mut server = Self { directory, child, arguments, under, port };
        server.wait_until_ready();
        server
    }

    fn wait_until_ready(&mut self) {
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if UnixStream::connect(self.socket()).is_ok()
                && !self.say(&["PING"]).contains("LOADING")
            {
                return;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                let log = std::fs::read_to_string(self.directory.path().join("log"));
                panic!("redis-server ended at once ({status}): {}", log.unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("redis-server did not answer within 10 s");
    }

    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("s")
    }

    /// Its URL, with `namespace` after it.
    pub fn url(&self, namespace: &str) -> String {
        format!("redis+unix:{}?namespace={namespace}", self.socket().display())
    }

    /// Waits until it says that `part` is so, in `INFO section`.
    pub fn wait_for(&self, section: &str, part: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        while !self.say(&["INFO", section]).contains(part) {
            assert!(Instant::now() < end, "never {part}: {}", self.say(&["INFO", section]));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    pub fn tcp_url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub async fn open(&self, namespace: &str) -> RedisBackend {
        RedisBackend::connect(&self.url(namespace)).await.unwrap()
    }

    /// Sends one command; what the server says, raw.
    pub fn say(&self, words: &[&str]) -> String {
        say(&self.socket(), words)
    }

    /// How many commands it has carried out, those of scripts too, but for its own statistics.
    pub fn commands(&self) -> u64 {
        let stats = self.say(&["INFO", "commandstats"]);
        let calls = stats.lines().filter_map(|line| {
            let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
            (name != "info").then(|| rest.split(',').next().unwrap().parse::<u64>().unwrap())
        });
        calls.sum()
    }

    /// How many calls of the script it has seen.
    pub fn script_calls(&self) -> u64 {
        let stats = self.say(&["INFO", "commandstats"]);
        let calls = |name: &str| {
            let line = stats.lines().find(|line| line.starts_with(&format!("cmdstat_{name}:")));
            let number = line.and_then(|line| line.split(['=', ',']).nth(1));
            number.map_or(0, |number| number.parse().unwrap())
        };
        calls("evalsha") + calls("eval")
    }

    /// How many stand in line in namespace `n`.
    pub fn waiters(&self) -> u64 {
        last_number(&self.say(&["HLEN", "{lockctl:n}:waiters"]))
    }

    /// How many are told of each step in namespace `n`.
    pub fn listeners(&self) -> u64 {
        last_number(&self.say(&["PUBSUB", "NUMSUB", "{lockctl:n}:changed"]))
    }

    /// Whether `DEBUG` is allowed. Where it is not, a server from 7.0 on can be started with
    /// `--enable-debug-command`.
    pub fn may_debug(&self) -> bool {
        self.say(&["DEBUG", "SLEEP", "0"]).starts_with("+OK")
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it with -9.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, in the same place.
    pub fn restart(&mut self) {
        self.child = spawn(&self.under, &self.directory, self.port, &self.arguments);
        self.wait_until_ready();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(
    under: &[String],
    directory: &tempfile::TempDir,
    port: u16,
    arguments: &[String],
) -> Child {
    let program = std::env::var("REDIS_SERVER").unwrap_or("redis-server".to_owned());
    let mut words = under.iter().chain([&program]);
    let spawned = Command::new(words.next().unwrap())
        .args(words)
        .current_dir(directory.path())
        .arg("conf")
        .args(["--unixsocket", "s", "--bind", "127.0.0.1", "--logfile", "log", "--dir", "."])
        .args(["--port", &port.to_string()])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    spawned.unwrap_or_else(|error| {
        panic!(
            "cannot run {program}: {error}. These tests need a Redis or Valkey server: \
             apt-get install redis-server, or set REDIS_SERVER to one."
        )
    })
}

/// Sends one command to the server on `socket`; what it says, raw.
pub fn say(socket: &std::path::Path, words: &[&str]) -> String {
    let mut socket = UnixStream::connect(socket).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket.write_all(&packed(words)).unwrap();
    let (mut answer, mut buffer) = (Vec::new(), [0; 65_536]);
    loop {
        let read = socket.read(&mut buffer).unwrap_or(0);
        answer.extend_from_slice(&buffer[..read]);
        if read < buffer.len() {
            return String::from_utf8_lossy(&answer).into_owned();
        }
    }
}

/// A port that nobody listens on; what is started right after has it. A cluster's node also needs
/// the one 10,000 above.
pub fn free_port() -> u16 {
    let mut busy = Vec::new();
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let above = port.checked_add(10_000);
        if above.is_some_and(|above| TcpListener::bind(("127.0.0.1", above)).is_ok()) {
            return port;
        }
        busy.push(listener);
    }
}

fn packed(words: &[&str]) -> Vec<u8> {
    let mut packed = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        packed.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    packed
}

/// The number that an answer ends with.
fn last_number(answer: &str) -> u64 {
    answer.trim_end().rsplit(':').next().unwrap().parse().unwrap()
}
