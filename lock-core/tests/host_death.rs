//! Proofs of death against real processes.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use lock_core::{Process, host::Host};

/// Killed at the end of the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(program: &str, arguments: &[&str]) -> Running {
    let mut command = Command::new(program);
    Running(command.args(arguments).stdout(Stdio::null()).spawn().unwrap())
}

fn sleeper() -> (Running, Process) {
    let child = run("sleep", &["600"]);
    let process = Host::current().process(child.0.id()).unwrap();
    (child, process)
}

fn proves_dead(process: &Process) -> bool {
    Host::current().proves_dead(process)
}

fn eventually_dead(process: &Process) -> bool {
    let start = Instant::now();
    while !proves_dead(process) {
        if start.elapsed() > Duration::from_secs(10) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

#[test]
fn a_running_process_is_alive() {
    let (_child, process) = sleeper();
    assert!(!proves_dead(&process));
    assert!(process.start > 0 && process.pid_ns > 0 && process.time_ns > 0);
    assert!(!process.boot_id.is_empty() && !process.host_id.is_empty());
}

#[test]
fn a_killed_process_is_dead_before_and_after_it_is_reaped() {
    let (mut child, process) = sleeper();
    child.0.kill().unwrap();
    assert!(eventually_dead(&process), "a zombie");
    child.0.wait().unwrap();
    assert!(proves_dead(&process), "reaped");
}

#[test]
fn a_stopped_process_is_alive() {
    let (child, process) = sleeper();
    let pid = rustix::process::Pid::from_child(&child.0);
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    assert!(!proves_dead(&process));
}

#[test]
fn the_same_id_with_another_start_is_another_process() {
    let (_child, process) = sleeper();
    assert!(proves_dead(&Process { start: process.start + 1, ..process.clone() }));
    assert!(!proves_dead(&Process { start: 0, ..process }), "its start was not known");
}

/// Whatever differs or is unknown, the process may be somewhere else, and alive.
#[test]
fn nothing_is_proved_of_what_is_somewhere_else() {
    let (mut child, process) = sleeper();
    child.0.kill().unwrap();
    child.0.wait().unwrap();
    assert!(proves_dead(&process));
    let elsewhere = |change: fn(&mut Process)| {
        let mut process = process.clone();
        change(&mut process);
        !proves_dead(&process)
    };
    assert!(elsewhere(|p| p.host_id = "another".into()));
    assert!(elsewhere(|p| p.host_id.clear()));
    assert!(elsewhere(|p| p.boot_id.clear()));
    assert!(elsewhere(|p| p.pid_ns += 1));
    assert!(elsewhere(|p| p.pid_ns = 0));
    assert!(elsewhere(|p| p.time_ns += 1));
    assert!(elsewhere(|p| p.time_ns = 0));
    assert!(elsewhere(|p| p.pid = 0));
    assert!(elsewhere(|p| p.pid = u32::MAX));
}

/// A process whose first thread has ended shows as a zombie, and goes on.
#[test]
fn a_process_outlives_its_first_thread() {
    let script = "import ctypes, threading, time\n\
                  threading.Thread(target=time.sleep, args=(600,)).start()\n\
                  ctypes.CDLL(None).pthread_exit(None)";
    let mut child = run("python3", &["-c", script]);
    let process = Host::current().process(child.0.id()).unwrap();
    let state = format!("/proc/{}/stat", process.pid);
    let start = Instant::now();
    while !std::fs::read_to_string(&state).unwrap().contains(") Z ") {
        assert!(start.elapsed() < Duration::from_secs(20), "the first thread does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(!proves_dead(&process));
    child.0.kill().unwrap();
    assert!(eventually_dead(&process));
}

#[test]
fn a_program_name_of_parentheses_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("a) Z 1 (b");
    std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
    let child = run(program.to_str().unwrap(), &["600"]);
    let process = Host::current().process(child.0.id()).unwrap();
    assert!(!proves_dead(&process));
    assert!(proves_dead(&Process { start: process.start + 1, ..process }));
}
