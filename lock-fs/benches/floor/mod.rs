//! The floor: the system calls that a step in a directory needs at least, and nothing that reads,
//! thinks or checks. A guard, the record under a name of its own and then under its right one, the
//! token, the history, and the record's end.

use std::path::Path;

use rustix::{
    fd::OwnedFd,
    fs::{AtFlags, FlockOperation, Mode, OFlags, flock, open, openat, renameat, unlinkat},
    io::pwrite,
};

pub(crate) struct Floor {
    dir: OwnedFd,
    records: OwnedFd,
    guard: OwnedFd,
    state: OwnedFd,
    log: OwnedFd,
    name: String,
    end: u64,
}

/// As long as what the store writes.
const RECORD: &[u8] = &[b'r'; 390];
const STATE: &[u8] = &[b's'; 161];
const LINE: &[u8] = &[b'l'; 361];

impl Floor {
    pub(crate) fn open(path: &Path) -> Self {
        std::fs::create_dir_all(path.join("records")).unwrap();
        let dir = open(path, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        let file = |name| openat(&dir, name, flags, Mode::from_raw_mode(0o600)).unwrap();
        let (guard, state, log) = (file("guard"), file("state"), file("log"));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let name = format!("file-{}.rs.lock", std::process::id());
        let records = openat(&dir, "records", flags, Mode::empty()).unwrap();
        Self { dir, records, guard, state, log, name, end: 0 }
    }

    /// Acquires and releases.
    pub(crate) fn cycle(&mut self) {
        self.step(|floor| {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            let next = openat(&floor.dir, "next", flags, Mode::from_raw_mode(0o600)).unwrap();
            pwrite(&next, RECORD, 0).unwrap();
            drop(next);
            renameat(&floor.dir, "next", &floor.records, &*floor.name).unwrap();
        });
        self.step(|floor| {
            unlinkat(&floor.records, &*floor.name, AtFlags::empty()).unwrap();
        });
    }

    fn step(&mut self, change: impl FnOnce(&Self)) {
        flock(&self.guard, FlockOperation::LockExclusive).unwrap();
        change(self);
        // The log is turned over like the store's.
        self.end = if self.end > 6_000_000 { 0 } else { self.end };
        pwrite(&self.log, LINE, self.end).unwrap();
        self.end += LINE.len() as u64;
        pwrite(&self.state, STATE, 0).unwrap();
        flock(&self.guard, FlockOperation::Unlock).unwrap();
    }
}
