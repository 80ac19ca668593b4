//! How large the store and the processes are.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use lock_core::StoreUrl;

use super::{crew::Crew, follow::Follower};

/// How many samples a run takes.
const SAMPLES: u32 = 12;

/// From the middle of a run to its end, nothing may grow by more than this factor and this many
/// bytes: shorter runs than a few minutes are still filling the history that the store keeps.
const GROWTH: (u64, u64) = (2, 4 << 20);

#[derive(Debug)]
pub(super) struct Sizes {
    url: Option<StoreUrl>,
    taken: Vec<Sample>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    store: u64,
    swarm: u64,
    agent: u64,
}

impl Sizes {
    pub(super) fn new(url: &str) -> Self {
        Self { url: url.parse().ok(), taken: Vec::new() }
    }

    pub(super) fn are_due(&self, passed: Duration, time: Duration) -> bool {
        let taken = u32::try_from(self.taken.len()).unwrap_or(SAMPLES);
        passed >= time / SAMPLES * (taken + 1)
    }

    pub(super) fn take(&mut self, passed: Duration, follower: &Follower, crew: &Crew) {
        let store = self.url.as_ref().and_then(store_bytes).unwrap_or(0);
        let swarm = resident(std::process::id());
        let agent = crew.eldest().map_or(0, resident);
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        println!(
            "{:>5.0} s  {:>9} locks granted  store {:.2} MiB, {} records  memory {:.1} MiB, oldest agent {:.1} MiB",
            passed.as_secs_f64(),
            follower.grants(),
            mib(store),
            follower.records,
            mib(swarm),
            mib(agent),
        );
        self.taken.push(Sample { store, swarm, agent });
    }

    /// Whether all stayed flat in the second half.
    pub(super) fn check(&self) -> Result<(), String> {
        let middle = self.taken.get(self.taken.len() / 2);
        let (Some(middle), Some(last)) = (middle, self.taken.last()) else { return Ok(()) };
        let grew = |before: u64, after: u64| after > before * GROWTH.0 && after > before + GROWTH.1;
        for (what, before, after) in [
            ("the store", middle.store, last.store),
            ("the follower's memory", middle.swarm, last.swarm),
            ("an agent's memory", middle.agent, last.agent),
        ] {
            if grew(before, after) {
                return Err(format!("{what} grew from {before} to {after} bytes"));
            }
        }
        Ok(())
    }
}

/// The bytes that a store takes, where that can be told.
fn store_bytes(url: &StoreUrl) -> Option<u64> {
    let place = url.place();
    match url.scheme() {
        "fs" => Some(bytes_below(Path::new(place))),
        "sqlite" => Some(
            ["", "-wal", "-shm"]
                .iter()
                .filter_map(|end| fs::metadata(format!("{place}{end}")).ok())
                .map(|file| file.len())
                .sum(),
        ),
        "redis+unix" | "valkey+unix" => redis_bytes(UnixStream::connect(place).ok()?),
        "redis" | "valkey" => {
            let host = place.trim_start_matches('/').split('/').next()?;
            let host = if host.contains(':') { host.to_owned() } else { format!("{host}:6379") };
            redis_bytes(TcpStream::connect(host).ok()?)
        }
        _ => None,
    }
}

fn bytes_below(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else {
        return fs::symlink_metadata(path).map_or(0, |file| file.len());
    };
    entries.filter_map(Result::ok).map(|entry| bytes_below(&entry.path())).sum()
}

/// What a server without a password says it uses, all of it.
fn redis_bytes(mut server: impl Read + Write) -> Option<u64> {
    server.write_all(b"INFO memory\r\nQUIT\r\n").ok()?;
    let mut info = String::new();
    server.read_to_string(&mut info).ok()?;
    info.lines().find_map(|line| line.strip_prefix("used_memory:")?.trim().parse().ok())
}

/// The resident memory of a process; 0 where it cannot be told.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"));
    line.and_then(|kib| kib.trim().parse::<u64>().ok()).unwrap_or(0) << 10
}
