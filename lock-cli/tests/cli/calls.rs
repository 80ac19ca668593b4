//! How many system calls one `lockctl acquire` takes: a guard against regressions that no noise
//! can trip.

use std::process::Command;

use crate::{checkout::Checkout, redis::Redis};

/// From the first call of the program's own to its last; what loads it is the system's affair.
/// A directory store, one path, nobody else.
const CEILING: usize = 80;

/// On a server, where most of it is a runtime's.
const SERVER: usize = 66;

/// A call's line: `1234 openat2(3, "guard", …) = 4`.
fn name(line: &str) -> Option<&str> {
    line.split_once(' ')?.1.trim_start().split_once('(').map(|(name, _)| name)
}

/// The calls of one `lockctl acquire` on the store at `url`: as strace writes them, and the names of
/// the program's own.
fn acquire(url: &str) -> (String, Vec<String>) {
    let checkout = Checkout::new();
    checkout.must(&format!("acquire src/b.rs --agent ada --backend {url}"));
    let trace = checkout.root().join("trace");
    let program = env!("CARGO_BIN_EXE_lockctl");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(&trace).args([program, "acquire", "src/a.rs"]);
    strace.args(["--agent", "ada", "--backend", url]).current_dir(checkout.root());
    let output = strace.output().expect("strace is there: ./test brings it");
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(&trace).unwrap();
    // The loader ends with giving the stack its limit; a debug build asks before each close
    // whether the descriptor is open; and how often the heap grows is the allocator's affair, and
    // another number in another place.
    let all: Vec<&str> = text.lines().filter_map(name).collect();
    let begin = all.iter().position(|name| *name == "poll").expect("the runtime's first call");
    let own = all.into_iter().skip(begin).filter(|name| !["fcntl", "brk"].contains(name));
    let own = own.map(str::to_owned);
    let own: Vec<String> = own.collect();
    (text, own)
}

/// One call is one short process, and what it does not need it does not pay for.
fn never(own: &[String], calls: &[&str]) {
    for name in calls {
        assert!(!own.iter().any(|own| own == name), "{name}: {own:?}");
    }
}

#[test]
fn an_acquire_on_a_directory_stays_below_its_ceiling_and_starts_no_thread() {
    let (text, own) = acquire("fs:.agent_locks");
    assert!(own.len() <= CEILING, "{} calls: {own:?}", own.len());
    assert!(["flock", "renameat"].iter().all(|it| own.iter().any(|own| own == it)), "{own:?}");
    never(&own, &["clone", "clone3", "fork", "vfork", "socket", "epoll_create1", "inotify_init1"]);
    for (file, most) in [("\"guard\"", 1), ("\"state\"", 1), ("\"log\"", 1), ("lockctl.toml", 1)] {
        let opened = text.lines().filter(|line| line.contains("open") && line.contains(file));
        assert!(opened.count() <= most, "{file} is opened once:\n{text}");
    }
}

/// With a thread for its connection, each answer woke that thread, and that one the program's: on a
/// busy machine it took three times as long.
#[test]
fn an_acquire_on_a_server_is_one_round_trip_on_one_connection_and_starts_no_thread() {
    let server = Redis::start();
    let (text, own) = acquire(&server.url());
    assert!(own.len() <= SERVER, "{} calls: {own:?}", own.len());
    never(&own, &["clone", "clone3", "fork", "vfork"]);
    let count = |name: &str| own.iter().filter(|own| *own == name).count();
    assert_eq!((count("socket"), count("connect"), count("recvfrom")), (1, 1, 1), "{text}");
}
