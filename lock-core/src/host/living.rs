//! Processes that were seen alive: to ask about them again is cheap.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// So many are remembered at most: each costs an open descriptor.
const MOST: usize = 128;

/// Processes that were seen alive, by id and start.
///
/// Whoever looks at a line of a hundred asks about a hundred processes, again and again, and in the
/// step that others wait for. An entry in `/proc` costs the kernel ten times what a poll of a
/// `pidfd` does, which stays with its process whoever gets the id later (pidfd_open(2)). Who asks
/// once, as a short program does, opens none.
#[derive(Debug, Default)]
pub(super) struct Living(Mutex<BTreeMap<(u32, u64), Option<pidfd::Fd>>>);

/// What one host has seen is no other's.
impl Clone for Living {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Living {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Whether the process is gone, as `ask` says, which is certain if it says so.
    pub(super) fn is_gone(&self, pid: u32, start: u64, ask: impl Fn() -> bool) -> bool {
        if start == 0 {
            return ask();
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = match seen.get(&(pid, start)) {
            Some(Some(fd)) => pidfd::has_ended(fd),
            Some(None) => {
                // Opened before asking: if it lives then, it lived when this was opened, and its
                // id was nobody else's.
                let fd = pidfd::open(pid);
                let gone = ask();
                if !gone && fd.is_some() {
                    seen.insert((pid, start), fd);
                }
                gone
            }
            None => {
                let gone = ask();
                if !gone {
                    make_room(&mut seen);
                    seen.insert((pid, start), None);
                }
                gone
            }
        };
        if gone {
            seen.remove(&(pid, start));
        }
        gone
    }
}

fn make_room(seen: &mut BTreeMap<(u32, u64), Option<pidfd::Fd>>) {
    if seen.len() >= MOST {
        seen.retain(|_, fd| fd.as_ref().is_some_and(|fd| !pidfd::has_ended(fd)));
    }
    if seen.len() >= MOST {
        seen.clear();
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod pidfd {
    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        fd::OwnedFd,
        process::{Pid, PidfdFlags, pidfd_open},
    };

    pub(super) type Fd = OwnedFd;

    /// None: no such process, no such call, or no descriptor left.
    pub(super) fn open(pid: u32) -> Option<Fd> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
        pidfd_open(pid, PidfdFlags::empty()).ok()
    }

    /// Whether all of it has ended, noticed by its parent or not.
    pub(super) fn has_ended(fd: &Fd) -> bool {
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut asked = [PollFd::new(fd, PollFlags::IN)];
        poll(&mut asked, Some(&at_once)).is_ok_and(|ready| ready > 0)
            && asked.iter().any(|it| it.revents().contains(PollFlags::IN))
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod pidfd {
    #[derive(Debug)]
    pub(super) enum Fd {}

    pub(super) fn open(_pid: u32) -> Option<Fd> {
        None
    }

    pub(super) fn has_ended(fd: &Fd) -> bool {
        match *fd {}
    }
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used, reason = "a panic is how a test reports")]
mod tests {
    use std::{cell::Cell, process::Command};

    use super::*;

    struct Sleeper(std::process::Child);

    impl Sleeper {
        fn start() -> Self {
            Self(Command::new("sleep").arg("60").spawn().unwrap())
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            let _ = (self.0.kill(), self.0.wait());
        }
    }

    #[test]
    fn who_asks_again_needs_not_ask_the_entry_and_hears_of_the_end() {
        let mut sleeper = Sleeper::start();
        let (living, asked) = (Living::new(), Cell::new(0));
        let gone = |sleeper: &Sleeper| {
            living.is_gone(sleeper.0.id(), 7, || {
                asked.set(asked.get() + 1);
                false
            })
        };
        for times in [1, 2, 2, 2] {
            assert!(!gone(&sleeper));
            assert_eq!(asked.get(), times);
        }
        sleeper.0.kill().unwrap();
        // Its parent has not noticed yet.
        while !gone(&sleeper) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert_eq!(asked.get(), 2, "by the descriptor alone");
        // Whoever gets the id next is another one, and is asked about anew.
        assert!(!gone(&sleeper));
        assert_eq!(asked.get(), 3);
    }

    #[test]
    fn what_is_gone_is_said_at_any_time() {
        let (sleeper, living) = (Sleeper::start(), Living::new());
        let pid = sleeper.0.id();
        assert!(living.is_gone(pid, 7, || true));
        assert!(!living.is_gone(pid, 7, || false));
        assert!(living.is_gone(pid, 7, || true), "opened, and it was another one's");
        assert!(!living.is_gone(pid, 7, || false));
        assert!(!living.is_gone(pid, 0, || false));
        assert!(living.is_gone(pid, 0, || true), "without a start only the entry tells");
    }

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let (sleeper, living) = (Sleeper::start(), Living::new());
        for start in 1..=1_000 {
            for _ in 0..2 {
                assert!(!living.is_gone(sleeper.0.id(), start, || false));
            }
            assert!(living.0.lock().unwrap().len() <= MOST);
        }
    }
}
