//! A record that cannot be read: whatever lies in its place, only its own pattern is held, by
//! nobody known, and it heals once the default lease is over.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test reports"
)]

use std::{
    ffi::OsStr,
    fs,
    os::unix::fs::{FileTypeExt as _, symlink},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use futures_lite::future::block_on;
use lock_core::{Backends, Blocker, Conflict, Grant, ListFilter, Lock, LockManager};
use lock_fs::FsBackend;
use rustix::fs::{AtFlags, CWD, Mode, Timespec, Timestamps, UTIME_OMIT, mkfifoat, utimensat};
use tempfile::TempDir;

/// What becomes of a record's file, given its text.
type Harm = fn(&Path, &str);

const DAMAGE: [(&str, Harm); 14] = [
    ("empty", |file, _| write(file, "")),
    ("truncated", |file, text| write(file, &text[..text.len() / 2])),
    ("without its last byte but one", |file, text| write(file, &text[..text.len() - 2])),
    ("another value", |file, _| write(file, "[1]")),
    ("not UTF-8", |file, _| fs::write(file, [0xff; 300]).unwrap()),
    ("a wrong type", |file, text| write(file, &text.replacen("\"owner\"", "7", 1))),
    ("a token below zero", |file, text| {
        write(file, &text.replacen("\"token\":", "\"token\":-", 1));
    }),
    ("an unknown version", |file, text| {
        write(file, &text.replacen("\"format\":1", "\"format\":2", 1));
    }),
    ("deep nesting", |file, _| write(file, &"[".repeat(60_000))),
    ("deep nesting where a later version may write", |file, text| {
        let deep = format!("\"lock\":{{\"deep\":{}{},", "[".repeat(9_000), "]".repeat(9_000));
        write(file, &text.replacen("\"lock\":{", &deep, 1));
    }),
    ("a sparse gigabyte", |file, _| {
        fs::File::create(file).unwrap().set_len(1 << 30).unwrap();
    }),
    ("a FIFO", |file, _| {
        fs::remove_file(file).unwrap();
        mkfifoat(CWD, file, Mode::from_raw_mode(0o600)).unwrap();
    }),
    ("a symlink to a good record", |file, text| {
        let good = file.with_file_name("good");
        write(&good, text);
        fs::remove_file(file).unwrap();
        symlink(&good, file).unwrap();
    }),
    ("a directory", |file, _| {
        fs::remove_file(file).unwrap();
        fs::create_dir(file).unwrap();
        write(&file.join("inside"), "something");
    }),
];

/// One lock whose place is known from its path, and one that lies among others.
const PATTERNS: [&str; 2] = ["src/a.rs", "src/*.py"];

fn write(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
}

struct Damaged {
    dir: TempDir,
    pattern: &'static str,
    what: String,
    file: PathBuf,
}

impl Damaged {
    /// A store with a damaged record of `pattern` and a good one of another.
    fn new(pattern: &'static str, what: &str, harm: Harm) -> Self {
        let dir = TempDir::new().unwrap();
        let what = format!("{what} in place of {pattern}");
        let mut this = Self { dir, pattern, what, file: PathBuf::new() };
        let owner = this.agent("owner");
        this.grant(&owner, pattern);
        this.file = record(&this.store().join("locks")).unwrap();
        this.grant(&owner, "lib/b.rs");
        harm(&this.file, &fs::read_to_string(&this.file).unwrap());
        this
    }

    fn store(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    fn agent(&self, name: &str) -> LockManager {
        LockManager::new(FsBackend::open(self.store()).unwrap(), name).unwrap()
    }

    /// Acquires `pattern`, and says who refuses it.
    fn refused(&self, agent: &LockManager, pattern: &str) -> Vec<Lock> {
        match block_on(agent.acquire(pattern).into_future()).unwrap() {
            Grant::Held(_) => Vec::new(),
            Grant::Refused(why) => {
                let held = |conflict: Conflict| match conflict.blocker {
                    Blocker::Held(lock) => Some(lock),
                    Blocker::Waiting { .. } => None,
                };
                why.conflicts.into_iter().filter_map(held).collect()
            }
            other => panic!("{}: {other:?}", self.what),
        }
    }

    fn grant(&self, agent: &LockManager, pattern: &str) {
        assert_eq!(self.refused(agent, pattern), [], "{}: {pattern}", self.what);
    }

    fn held_by_nobody_known(&self, locks: &[Lock]) {
        let [lock] = locks else { panic!("{}: {locks:?}", self.what) };
        assert!(lock.damaged, "{}", self.what);
        let (pattern, agent) = (lock.pattern.as_str(), lock.agent.as_str());
        assert_eq!((pattern, agent), (self.pattern, "unknown"), "{}", self.what);
    }

    fn unhealthy(&self, repair: bool) -> Vec<String> {
        let backends = Backends::new().with(&lock_fs::SCHEME);
        let checks = block_on(backends.inspect_at("fs:store", self.dir.path(), repair)).unwrap();
        checks.into_iter().filter(|check| !check.ok).map(|check| check.name).collect()
    }

    /// As if the default lease had passed since it was written.
    fn age(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        let then = Timespec { tv_sec: now.tv_sec - 301, tv_nsec: 0 };
        let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
        let times = Timestamps { last_access: omit, last_modification: then };
        utimensat(CWD, &self.file, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
    }

    /// What lay there has been moved, and nothing of it is lost.
    fn is_kept(&self, before: &Seen) {
        let kept: Vec<PathBuf> = match fs::read_dir(self.store().join("quarantine")) {
            Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
            Err(error) => panic!("{}: {error}", self.what),
        };
        let [kept] = kept.as_slice() else { panic!("{}: {kept:?}", self.what) };
        assert_eq!(&Seen::of(kept), before, "{}", self.what);
    }
}

/// The first record's file below `dir`.
fn record(dir: &Path) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir).ok()?.map(|e| e.unwrap().path()).collect();
    entries.sort();
    entries.iter().find_map(|path| match path.extension() == Some(OsStr::new("lock")) {
        true => Some(path.clone()),
        false => record(path),
    })
}

/// What a file looks like, without opening what may block.
#[derive(Debug, PartialEq)]
struct Seen {
    size: u64,
    start: Vec<u8>,
    fifo: bool,
    leads_to: Option<PathBuf>,
}

impl Seen {
    fn of(path: &Path) -> Self {
        use std::io::Read as _;
        let stat = fs::symlink_metadata(path).unwrap();
        let kind = stat.file_type();
        let mut start = Vec::new();
        if kind.is_file() {
            fs::File::open(path).unwrap().take(100_000).read_to_end(&mut start).unwrap();
        }
        let size = if kind.is_file() { stat.len() } else { 0 };
        Self { size, start, fifo: kind.is_fifo(), leads_to: fs::read_link(path).ok() }
    }
}

/// Runs `check` on every kind of damage, to each kind of record.
fn each(check: impl Fn(&Damaged)) {
    for pattern in PATTERNS {
        for (what, harm) in DAMAGE {
            let begun = Instant::now();
            check(&Damaged::new(pattern, what, harm));
            // Not a measure of speed: nothing may block on a FIFO or read a gigabyte.
            let took = begun.elapsed();
            assert!(took < Duration::from_secs(60), "{what} in place of {pattern}: {took:?}");
        }
    }
}

#[test]
fn readers_see_it_held_by_nobody_known_and_everything_else_as_it_was() {
    each(|damaged| {
        let reader = damaged.agent("reader");
        let list = block_on(reader.list(ListFilter::default())).unwrap().locks;
        let locks = list.into_iter().map(|(lock, _)| lock);
        let (bad, good): (Vec<Lock>, Vec<Lock>) = locks.partition(|lock| lock.damaged);
        damaged.held_by_nobody_known(&bad);
        assert_eq!(good.len(), 1, "{}", damaged.what);
        assert_eq!(good[0].pattern.as_str(), "lib/b.rs");
        damaged.held_by_nobody_known(&block_on(reader.who_has(damaged.pattern)).unwrap().locks);
        assert!(block_on(reader.who_has("src/c.rs")).unwrap().locks.is_empty());
    });
}

#[test]
fn it_disturbs_no_other_pattern() {
    each(|damaged| {
        let other = damaged.agent("other");
        damaged.grant(&other, "src/c.rs");
        damaged.grant(&other, "src/*.txt");
        let owner = damaged.agent("owner");
        assert!(block_on(owner.refresh("lib/b.rs")).unwrap().lost.is_empty(), "{}", damaged.what);
        let released = block_on(owner.release("lib/b.rs")).unwrap().released;
        assert_eq!(released.len(), 1, "{}", damaged.what);
    });
}

#[test]
fn its_own_pattern_is_refused_to_everybody_its_owner_too() {
    each(|damaged| {
        let before = Seen::of(&damaged.file);
        for agent in ["other", "owner", "unknown"] {
            let agent = damaged.agent(agent);
            damaged.held_by_nobody_known(&damaged.refused(&agent, damaged.pattern));
            damaged.held_by_nobody_known(&damaged.refused(&agent, "src/"));
        }
        let owner = damaged.agent("owner");
        assert_eq!(block_on(owner.refresh(damaged.pattern)).unwrap().lost.len(), 1);
        assert!(block_on(owner.release(damaged.pattern)).unwrap().released.is_empty());
        assert_eq!(Seen::of(&damaged.file), before, "{}", damaged.what);
    });
}

/// It need not read its own record again, as long as nobody has touched the file.
#[test]
fn whoever_wrote_it_and_has_the_store_open_sees_it_too() {
    for pattern in PATTERNS {
        for (what, harm) in DAMAGE {
            let damaged = Damaged::new(pattern, what, |_, _| {});
            let owner = damaged.agent("owner");
            damaged.grant(&owner, pattern);
            // More than one tick of the clock by which a file system says when a file was written.
            std::thread::sleep(Duration::from_millis(20));
            harm(&damaged.file, &fs::read_to_string(&damaged.file).unwrap());
            damaged.held_by_nobody_known(&block_on(owner.who_has(pattern)).unwrap().locks);
            let released = block_on(owner.release(pattern)).unwrap().released;
            assert!(released.is_empty(), "{}", damaged.what);
        }
    }
}

#[test]
fn the_doctor_leaves_it_until_its_time_is_over_and_then_keeps_what_it_removes() {
    each(|damaged| {
        let before = Seen::of(&damaged.file);
        let mut ill = damaged.unhealthy(true);
        ill.retain(|name| name != "leftovers");
        assert_eq!(ill, ["records"], "{}", damaged.what);
        assert_eq!(Seen::of(&damaged.file), before, "{}", damaged.what);
        damaged.held_by_nobody_known(&damaged.refused(&damaged.agent("other"), damaged.pattern));
        // What the symlink led to was a leftover.
        let _ = fs::remove_dir_all(damaged.store().join("quarantine"));

        damaged.age();
        assert_eq!(damaged.unhealthy(false), ["records"], "{}", damaged.what);
        assert_eq!(damaged.unhealthy(true), [""; 0], "{}", damaged.what);
        damaged.is_kept(&before);
        damaged.grant(&damaged.agent("other"), damaged.pattern);
    });
}

#[test]
fn whoever_wants_it_when_its_time_is_over_gets_it_and_what_lay_there_is_kept() {
    each(|damaged| {
        let before = Seen::of(&damaged.file);
        damaged.age();
        let other = damaged.agent("other");
        damaged.grant(&other, damaged.pattern);
        damaged.is_kept(&before);
        let who = block_on(other.who_has(damaged.pattern)).unwrap().locks;
        assert_eq!(who.len(), 1, "{}", damaged.what);
        assert!(!who[0].damaged && who[0].agent.as_str() == "other", "{}", damaged.what);
    });
}

/// A name that lies about its age: one of the future would hold for ever.
#[test]
fn a_time_of_writing_in_the_future_makes_it_hold_no_longer() {
    let damaged = Damaged::new("src/a.rs", "a date to come", |file, _| write(file, ""));
    let file = fs::File::options().write(true).open(&damaged.file).unwrap();
    file.set_modified(std::time::SystemTime::now() + Duration::from_secs(1_000_000)).unwrap();
    let lock = &damaged.refused(&damaged.agent("other"), "src/a.rs")[0];
    assert!(lock.expires_at.since(lock.acquired_at) <= Duration::from_secs(300));
    assert!(lock.acquired_at <= lock_core::Timestamp::wall_clock());
}

/// Two versions of the program may share a store for a while.
#[test]
fn what_a_newer_version_wrote_beside_the_rest_is_kept() {
    for pattern in PATTERNS {
        let damaged = Damaged::new(pattern, "unknown fields", |file, text| {
            let text = text.replacen("\"lock\":{", "\"lock\":{\"colour\":\"red\",", 1);
            write(file, &text.replacen("{\"format\"", "{\"planet\":[1,{}],\"format\"", 1));
        });
        let owner = damaged.agent("owner");
        assert!(block_on(owner.refresh(pattern)).unwrap().lost.is_empty());
        let text = fs::read_to_string(&damaged.file).unwrap();
        let record: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(record["lock"]["colour"], "red", "{text}");
        assert_eq!(record["planet"], serde_json::json!([1, {}]), "{text}");
        // It was written, and not just left.
        assert_ne!(record["lock"]["refreshed_at"], record["lock"]["acquired_at"], "{text}");
    }
}
