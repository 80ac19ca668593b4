//! Against a made-up `/proc`, and real processes.

use std::{fs, process::Command};

use super::*;

/// A `/proc` with these files in it.
fn made_up(files: &[(&str, &str)]) -> (tempfile::TempDir, System) {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let root = dir.path().to_str().unwrap().to_owned();
    (dir, System { proc: root.clone().into(), etc: root.into() })
}

fn stat(pid: u32, state: char, threads: u32, start: u64) -> String {
    format!("{pid} (sh) {state} 1 7 7 0 -1 4 98 0 0 0 0 0 0 0 20 0 {threads} 0 {start} 313 3")
}

/// Someone who runs: the parent of the tests.
fn alive() -> u32 {
    std::os::unix::process::parent_id()
}

#[test]
fn nothing_readable_means_nothing_known() {
    let (_dir, system) = made_up(&[]);
    let identity = system.identity();
    assert_eq!(system.boot_id(), "");
    assert_eq!((identity.pid_ns, identity.lasting, identity.proc_is_ours), (0, false, false));
    assert!(identity.host_id.starts_with("name:"));
    assert!(!system.is_gone(alive(), 5, true));
    assert_eq!(system.start_of(alive(), true).unwrap(), 0);
}

/// `hidepid` hides the entries of other users' processes; they run all the same.
#[test]
fn a_hidden_process_is_alive() {
    let (_dir, system) = made_up(&[("1/stat", &stat(1, 'S', 1, 5))]);
    assert!(!system.is_gone(alive(), 5, true));
}

#[test]
fn an_unreadable_stat_proves_nothing() {
    for text in ["", "7", "7 (sh", "7 (sh) Z", "7 (sh) Z 1 2 3"] {
        let (_dir, system) = made_up(&[(&format!("{}/stat", alive()), text)]);
        assert!(!system.is_gone(alive(), 5, true), "{text:?}");
    }
}

#[test]
fn another_start_is_another_process() {
    let pid = alive();
    let (_dir, system) = made_up(&[(&format!("{pid}/stat"), &stat(pid, 'S', 1, 6))]);
    assert!(system.is_gone(pid, 5, true));
    assert!(!system.is_gone(pid, 6, true));
    assert!(!system.is_gone(pid, 0, true), "its start was not known");
    assert!(!system.is_gone(pid, 5, false), "the entry is some other process's");
}

#[test]
fn a_zombie_is_gone_when_all_its_threads_are() {
    let pid = alive();
    for (threads, gone) in [(1, true), (2, false)] {
        let (_dir, system) = made_up(&[(&format!("{pid}/stat"), &stat(pid, 'Z', threads, 5))]);
        assert_eq!(system.is_gone(pid, 5, true), gone);
    }
}

#[test]
fn no_group_is_taken_for_a_process() {
    for pid in [0, u32::MAX, 1 << 31] {
        assert!(!System::HERE.is_gone(pid, 5, true));
        assert_eq!(
            System::HERE.start_of(pid, true).unwrap_err().kind(),
            io::ErrorKind::InvalidInput
        );
    }
}

/// Its end would not be the process's.
#[test]
fn a_thread_is_not_recorded_as_a_process() {
    let (_dir, system) = made_up(&[(&format!("{}/status", alive()), "Tgid:\t3\n")]);
    let error = system.start_of(alive(), true).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn a_process_that_waits_to_be_reaped_is_not_recorded() {
    let mut child = Command::new("true").spawn().unwrap();
    let stat = || System::HERE.stat(child.id()).unwrap();
    while !stat().has_ended() {
        std::thread::yield_now();
    }
    let error = System::HERE.start_of(child.id(), true).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    child.wait().unwrap();
}

/// After `unshare --pid` without a new `/proc`, our own entry there has another number.
#[test]
fn an_outer_namespaces_proc_is_not_ours() {
    let me = std::process::id();
    for (line, ours) in [
        (format!("NSpid:\t{me}\n"), true),
        (format!("NSpid:\t{me}\t1\n"), false),
        (format!("NSpid:\t4000000\t{me}\n"), false),
        (format!("Pid:\t{me}\n"), false),
    ] {
        let (_dir, system) = made_up(&[("self/status", &line)]);
        assert_eq!(system.is_ours(), ours, "{line}");
    }
    assert!(System::HERE.is_ours());
}

#[test]
fn a_time_namespace_is_taken_out_of_the_clock() {
    let table = "monotonic           0         0\nboottime        -5000 500000000\n";
    assert_eq!(offset(table), Some(-4_999_500_000));
    assert_eq!(offset("monotonic 0 0\n"), None);
    assert_eq!(offset(&format!("boottime {} 0", i64::MAX)), None);

    let (dir, system) = made_up(&[("self/ns/time", ""), ("self/timens_offsets", table)]);
    let ns = dir.path().join("self/ns");
    fs::write(ns.join("time_for_children"), "").unwrap();
    assert_eq!(system.clock_offset(), None, "the offsets of another namespace");
    fs::remove_file(ns.join("time_for_children")).unwrap();
    fs::hard_link(ns.join("time"), ns.join("time_for_children")).unwrap();
    assert_eq!(system.clock_offset(), Some(-4_999_500_000));
    fs::remove_dir_all(ns).unwrap();
    assert_eq!(system.clock_offset(), Some(0), "a kernel without time namespaces");
}

/// Every guard records its process; five system calls each time were a third of what a guard on Redis
/// made.
#[test]
fn this_process_is_read_once() {
    let me = std::process::id();
    let files = [
        (format!("{me}/stat"), stat(me, 'R', 1, 5)),
        ("self/status".to_owned(), format!("NSpid:\t{me}\n")),
    ];
    let (dir, system) = made_up(&files.each_ref().map(|(path, text)| (&**path, &**text)));
    let host = super::super::Host { system, ..Default::default() };
    let first = host.this_process().unwrap();
    assert_eq!((first.pid, first.start), (me, 5));
    fs::remove_dir_all(dir.path()).unwrap();
    assert_eq!(host.this_process().unwrap(), first);
    assert_eq!(host.process(me).unwrap().start, 0, "asked for by its id, it is read");
}
