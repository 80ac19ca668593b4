//! A server whose wall clock a test sets while it runs.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant, SystemTime},
};

use super::Server;

impl Server {
    /// One whose wall clock can be [set](Self::set_clock). It needs `faketime`, which `./test`
    /// brings.
    pub fn with_a_clock_to_set() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("conf"), "").unwrap();
        fs::write(directory.path().join("clock"), "+0").unwrap();
        let asked = Command::new("faketime").args(["-f", "+0", "printenv", "LD_PRELOAD"]).output();
        let asked = asked.unwrap_or_else(|error| {
            panic!("faketime is needed, and ./test brings it: {error}");
        });
        let library = String::from_utf8(asked.stdout).unwrap();
        // A server with jemalloc beside it asks for the time before that library is ready, and it
        // for memory: glibc's own in front of both serves it.
        let preload = format!("libc_malloc_debug.so.0:{}", library.trim());
        let file = directory.path().join("clock").display().to_string();
        let program = [
            "env",
            &format!("LD_PRELOAD={preload}"),
            &format!("FAKETIME_TIMESTAMP_FILE={file}"),
            "FAKETIME_NO_CACHE=1",
            // The clock that runs from boot on is nobody's to set.
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
        ];
        Self::under(&program, directory, &["--save", "", "--appendonly", "no"])
    }

    /// Sets its wall clock so many seconds off the machine's, from one moment to the next.
    pub fn set_clock(&self, off: i64) {
        let (new, clock) = (self.directory().join("new"), self.directory().join("clock"));
        fs::write(&new, format!("{off:+}")).unwrap();
        // Never half written: it is read at each look at the clock.
        fs::rename(new, clock).unwrap();
        let end = Instant::now() + Duration::from_secs(10);
        // What it looked up a moment ago it may say once more.
        while (self.ahead() - off).abs() > 10 {
            assert!(Instant::now() < end, "it is {} s ahead, not {off}", self.ahead());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// By how many seconds its clock is ahead of the machine's.
    fn ahead(&self) -> i64 {
        let told = self.say(&["TIME"]);
        let told: i64 = told.lines().nth(2).unwrap().trim().parse().unwrap();
        let here = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        told - i64::try_from(here.as_secs()).unwrap()
    }
}
