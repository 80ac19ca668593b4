//! A process is stopped in the middle of a step, past the lease that it takes.

use std::{fs, process::Command, thread, time::Duration};

use futures_lite::future::block_on;
use lock_core::{Grant, LockManager};

use super::{Child, acquire, child::Started, held, until};

/// The shortest there is.
const LEASE: Duration = Duration::from_millis(100);

/// Stops a process that takes locks at each of its system calls `calls`; says how many of those
/// stops held the guard.
///
/// Meanwhile others are answered as ever, or told that nothing happened and who is in the way: never
/// that a lock is theirs that is not. Afterwards all is as if it had only been slow.
///
/// `fresh` makes a store and says its URL and how it is opened, with little patience.
///
/// # Panics
/// If anything else happens.
pub fn each_stop_holds_the_others_up_and_breaks_nothing<S>(
    calls: &[&str],
    fresh: impl Fn() -> (S, String),
    open: impl Fn(&str, &str) -> LockManager,
) -> usize {
    let mut held_up = 0;
    for call in calls {
        for when in 1.. {
            let (_store, url) = fresh();
            let other = open(&url, "other");
            let first = acquire(&other, &["x"]).unwrap();
            let inject = format!("inject={call}:signal=STOP:when={when}");
            let child = Child::acquire(&url, &["a", "b/*"]).lease(LEASE);
            let mut child = child.under_strace(&["-e", &inject]).start();
            let Some(pid) = stopped(&mut child) else {
                assert!(child.said().starts_with("held "), "{inject}");
                break;
            };
            thread::sleep(LEASE);
            // Refreshing, looking, taking what nobody wants: each is done, or has not happened.
            match acquire(&other, &["y"]) {
                Ok(token) => assert!(token > first, "{inject}"),
                Err((kind, text)) => {
                    held_up += 1;
                    assert_eq!(kind, lock_core::ErrorKind::Unavailable, "{inject}: {text}");
                    assert!(text.contains(&pid.to_string()), "{inject}: {text} of {pid}");
                }
            }
            // On a busy machine it may only have seemed to stand still, and is gone.
            let resumed = Command::new("kill").args(["-CONT", &pid.to_string()]).status().unwrap();
            assert!(resumed.success() || child.is_over(), "{inject}: {resumed}");
            let said = child.said();
            let token = said.strip_prefix("held ").unwrap_or_else(|| panic!("{inject}: {said}"));
            // Its lease may be over by now. What it took was both or nothing.
            let now = held(&other);
            let (a, b) = (now.contains(&"a".to_owned()), now.contains(&"b/*".to_owned()));
            assert!(a == b && now.contains(&"x".to_owned()), "{inject}: {now:?}");
            thread::sleep(LEASE);
            let taken = block_on(other.acquire(["a", "b/*", "y"]).into_future()).unwrap();
            let Grant::Held(leases) = taken else { panic!("{inject}: {taken:?}") };
            let (later, earlier) = (leases.token().get(), token.parse().unwrap());
            assert!(later > earlier, "{inject}: {later} after {earlier}");
            assert_eq!(block_on(other.refresh("x")).unwrap().lost, [], "{inject}");
        }
    }
    held_up
}

/// Waits until the child stands still, and says which process it is; `None` if it ended first.
fn stopped(child: &mut Started) -> Option<u32> {
    let mut seen = 0;
    let mut pid = None;
    until("the child is stopped, or done", || {
        if child.is_over() {
            pid = None;
            return true;
        }
        pid = child.pid();
        // Under strace each call stops it for a moment: it is the lasting that tells.
        seen = if pid.is_some_and(is_stopped) { seen + 1 } else { 0 };
        seen > 10
    });
    pid
}

fn is_stopped(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['T', 't']))
}
