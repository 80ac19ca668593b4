//! A process is stopped in the middle of a step, past the lease that it takes.

use std::{fs, process::Command, thread, time::Duration};

use tempfile::TempDir;

use super::{
    Child, Local,
    child::Started,
    killed::{Figures, each},
    until,
};

/// The shortest there is.
const LEASE: Duration = Duration::from_millis(100);

/// At how many calls of each operation, unless a knob says otherwise: each takes a lease's time.
const SAMPLE: usize = 1;

/// Stops a process at the system calls by which each operation changes a store, one after the
/// other, once the call has had its effect, and lets it go on when its lease would be over. At
/// some of them, drawn by a seed, or at all: the knob `LOCK_TEST_POINTS` says at how many of each
/// operation.
///
/// Meanwhile others are served as ever, or told that nothing happened and who is in the way.
/// Afterwards all is as if it had only been slow.
///
/// # Panics
/// If anything else happens.
pub fn each_stop_holds_the_others_up_and_breaks_nothing(local: &Local) -> Figures {
    each(local, SAMPLE, |case, point, figures| {
        let dir = TempDir::new().unwrap();
        let before = case.prepare(dir.path());
        let url = (case.local.url)(dir.path());
        let child = Child::does(&url, &case.operation.does);
        let sends = point.sends("STOP", dir.path());
        let sends: Vec<&str> = sends.iter().map(String::as_str).collect();
        let mut child = child.under_strace(&sends).start();
        let what = format!("stopped at {point}");
        let mut stops = 0;
        while let Some(pid) = stopped(&mut child) {
            stops += 1;
            // Each thread counts its own calls: another one may be stopped later.
            if stops == 1 {
                thread::sleep(LEASE);
                figures.held_up += usize::from(case.is_held_up(dir.path(), pid, &what));
            }
            // On a busy machine it may only have seemed to stand still, and is gone.
            let resumed = Command::new("kill").args(["-CONT", &pid.to_string()]).status().unwrap();
            assert!(resumed.success() || child.is_over(), "{what}: {resumed}");
        }
        figures.cut += usize::from(stops > 0);
        figures.missed += usize::from(stops == 0);
        assert_eq!(child.said(), "done", "{}, {what}", case.operation.name);
        let is_new = case.judge(dir.path(), &before, &what);
        figures.old += usize::from(!is_new);
        assert!(is_new, "{}, {what}: it said that it is done", case.operation.name);
    })
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
