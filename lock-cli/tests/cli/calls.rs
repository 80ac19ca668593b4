//! How many system calls one `lockctl acquire` takes: a guard against regressions that no noise
//! can trip.

use std::process::Command;

use crate::checkout::Checkout;

/// From the first call of the program's own to its last; what loads it is the system's affair.
/// A directory store, one path, nobody else.
const CEILING: usize = 95;

/// A call's line: `1234 openat2(3, "guard", …) = 4`.
fn name(line: &str) -> Option<&str> {
    line.split_once(' ')?.1.trim_start().split_once('(').map(|(name, _)| name)
}

#[test]
fn an_acquire_on_a_directory_stays_below_its_ceiling_and_starts_no_thread() {
    let checkout = Checkout::new();
    checkout.must("acquire src/b.rs --agent ada");
    let trace = checkout.root().join("trace");
    let program = env!("CARGO_BIN_EXE_lockctl");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(&trace).args([program, "acquire", "src/a.rs"]);
    strace.args(["--agent", "ada"]).current_dir(checkout.root());
    let output = strace.output().expect("strace is there: ./test brings it");
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(&trace).unwrap();
    // The loader ends with giving the stack its limit; a debug build asks before each close
    // whether the descriptor is open.
    let own: Vec<&str> = text.lines().filter_map(name).collect();
    let begin = own.iter().position(|name| *name == "poll").expect("the runtime's first call");
    let own: Vec<&str> = own.into_iter().skip(begin).filter(|name| *name != "fcntl").collect();
    assert!(own.len() <= CEILING, "{} calls: {own:?}", own.len());
    assert!(own.contains(&"flock") && own.contains(&"renameat"), "{own:?}");
    for name in ["clone", "clone3", "fork", "vfork", "socket", "epoll_create1", "inotify_init1"] {
        assert!(!own.contains(&name), "{name}: one call is one short process: {own:?}");
    }
    for (file, most) in [("\"guard\"", 1), ("\"state\"", 1), ("\"log\"", 1), ("lockctl.toml", 1)] {
        let opened = text.lines().filter(|line| line.contains("open") && line.contains(file));
        assert!(opened.count() <= most, "{file} is opened once:\n{text}");
    }
}
