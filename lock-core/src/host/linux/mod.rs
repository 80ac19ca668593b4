//! Linux: what `/proc` and `/etc` say about this machine and its processes.

mod machine;
mod stat;

use std::{
    borrow::Cow,
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::MetadataExt,
};

use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
    time::{ClockId, clock_gettime},
};
use stat::Stat;

use super::Identity;

/// The inode of the time namespace that the machine booted with. Kernels without time namespaces
/// have, in effect, this one.
const FIRST_TIME_NS: u64 = 0xEFFF_FFFA;

/// Where to read; another place in tests.
#[derive(Debug, Clone)]
pub(super) struct System {
    proc: Cow<'static, str>,
    etc: Cow<'static, str>,
}

impl Default for System {
    fn default() -> Self {
        Self::HERE
    }
}

impl System {
    pub(super) const HERE: Self = Self { proc: Cow::Borrowed("/proc"), etc: Cow::Borrowed("/etc") };

    pub(super) fn boot_id(&self) -> String {
        let text = self.read::<64>("sys/kernel/random/boot_id");
        text.map(|text| text.trim().to_owned()).unwrap_or_default()
    }

    pub(super) fn identity(&self) -> Identity {
        let name = super::printable(&rustix::system::uname().nodename().to_string_lossy());
        let machine = machine::id(&self.etc);
        Identity {
            lasting: machine.is_some(),
            host_id: machine.unwrap_or_else(|| format!("name:{name}")),
            name,
            pid_ns: self.namespace("pid").unwrap_or(0),
            time_ns: self.time_namespace().unwrap_or(0),
            proc_is_ours: self.is_ours(),
        }
    }

    /// What a time namespace adds to our boottime clock, in microseconds.
    ///
    /// `timens_offsets` shows what the children get. That is another namespace only for a
    /// process that made one and did not enter it; then nothing is known.
    pub(super) fn clock_offset(&self) -> Option<i64> {
        let ours = self.time_namespace()?;
        if ours == FIRST_TIME_NS {
            return Some(0);
        }
        if self.namespace("time_for_children").ok()? != ours {
            return None;
        }
        offset(&self.read::<256>("self/timens_offsets").ok()?)
    }

    fn time_namespace(&self) -> Option<u64> {
        match self.namespace("time") {
            Ok(inode) => Some(inode),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(FIRST_TIME_NS),
            Err(_) => None,
        }
    }

    /// Whether `/proc` counts pids as we do. In a new pid namespace it is the old one's until it
    /// is mounted anew, and `/proc/1` is somebody else.
    fn is_ours(&self) -> bool {
        let status = self.read::<4096>("self/status");
        status.is_ok_and(|s| stat::field(&s, "NSpid") == Some(&std::process::id().to_string()))
    }

    /// When a process started, in clock ticks; 0 when that cannot be read.
    pub(super) fn start_of(&self, pid: u32, proc_is_ours: bool) -> io::Result<u64> {
        let ended = || io::Error::new(io::ErrorKind::NotFound, format!("no process {pid} runs"));
        let refused = |why| io::Error::new(io::ErrorKind::InvalidInput, format!("{pid} {why}"));
        let id = process_id(pid).ok_or_else(|| refused("is no process id"))?;
        if test_kill_process(id) == Err(Errno::SRCH) {
            return Err(ended());
        }
        if !proc_is_ours {
            return Ok(0);
        }
        if pid != std::process::id() {
            let status = self.read::<4096>(&format!("{pid}/status")).unwrap_or_default();
            if stat::field(&status, "Tgid").is_some_and(|leader| *leader != pid.to_string()) {
                return Err(refused("is the id of a thread, not of a process"));
            }
        }
        match self.stat(pid) {
            Some(stat) if stat.has_ended() => Err(ended()),
            stat => Ok(stat.map_or(0, |stat| stat.start)),
        }
    }

    /// Whether the process that had this id and this start is certainly gone.
    ///
    /// Only the kernel's word that the id is free proves that: under `hidepid` a process that
    /// runs has no entry in `/proc` either.
    pub(super) fn is_gone(&self, pid: u32, start: u64, proc_is_ours: bool) -> bool {
        let Some(id) = process_id(pid) else { return false };
        // Most that are asked about live, and their entry says it in three calls.
        match proc_is_ours.then(|| self.stat(pid)).flatten() {
            Some(stat) => {
                stat.has_ended() || (start != 0 && stat.start != 0 && stat.start != start)
            }
            None => test_kill_process(id) == Err(Errno::SRCH),
        }
    }

    fn stat(&self, pid: u32) -> Option<Stat> {
        Stat::parse(&self.read::<1024>(&format!("{pid}/stat")).ok()?)
    }

    fn namespace(&self, kind: &str) -> io::Result<u64> {
        fs::metadata(format!("{}/self/ns/{kind}", self.proc)).map(|meta| meta.ino())
    }

    /// The first `N` bytes of a file under `/proc`: three system calls.
    fn read<const N: usize>(&self, path: &str) -> io::Result<String> {
        let mut buffer = [0; N];
        let length = File::open(format!("{}/{path}", self.proc))?.read(&mut buffer)?;
        Ok(String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()).into_owned())
    }
}

/// 0 and negative numbers would name groups.
fn process_id(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// Microseconds since boot, suspend included, as our time namespace has it. It cannot fail.
pub(super) fn boottime() -> i64 {
    let time = clock_gettime(ClockId::Boottime);
    time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_nsec / 1_000)
}

/// The line `boottime SECONDS NANOSECONDS` of `timens_offsets`, in microseconds.
fn offset(text: &str) -> Option<i64> {
    let line = text.lines().find_map(|line| line.strip_prefix("boottime"))?;
    let mut numbers = line.split_whitespace().map(str::parse::<i64>);
    let (seconds, nanos) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    seconds.checked_mul(1_000_000)?.checked_add(nanos / 1_000)
}

#[cfg(test)]
mod tests;
