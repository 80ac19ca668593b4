//! Recording a process.

use std::io;

use super::Host;
use crate::Process;

impl Host {
    /// The process with this id, as our own pid namespace counts, ready to be recorded.
    ///
    /// Facts that cannot be read (another user's process under `hidepid`, a `/proc` of another
    /// namespace) are recorded as unknown: less can be proved of such a process later, and
    /// nothing false. Costs about a dozen system calls the first time, then four.
    ///
    /// # Errors
    /// `NotFound` when there is no such process, or it has ended and only waits for its parent
    /// to notice; `InvalidInput` when the id is a thread's, or cannot be a process id.
    ///
    /// ```
    /// let host = lock_core::host::Host::current();
    /// assert_eq!(host.process(std::process::id()).unwrap().pid, std::process::id());
    /// assert!(host.process(0).is_err());
    /// ```
    pub fn process(&self, pid: u32) -> io::Result<Process> {
        let here = self.identity();
        Ok(self.with_start(pid, self.system.start_of(pid, here.proc_is_ours)?))
    }

    fn with_start(&self, pid: u32, start: u64) -> Process {
        let here = self.identity();
        Process {
            pid,
            start,
            boot_id: self.boot_id().to_owned(),
            host_id: here.host_id.clone(),
            host: here.name.clone(),
            pid_ns: here.pid_ns,
            time_ns: here.time_ns,
        }
    }

    /// This process. Every guard records it, so it is read once; after that it costs one system
    /// call, which tells a fork's child from its parent.
    ///
    /// # Errors
    /// As [`Host::process`]; in practice none.
    ///
    /// ```
    /// let host = lock_core::host::Host::current();
    /// let me = host.this_process().unwrap();
    /// assert!(!host.proves_dead(&me));
    /// ```
    pub fn this_process(&self) -> io::Result<Process> {
        let pid = std::process::id();
        match self.own_start(pid) {
            Some(start) => Ok(self.with_start(pid, start)),
            None => self.process(pid),
        }
    }

    /// When this process started, if it is the one that asked first and its start can be read.
    pub(super) fn own_start(&self, pid: u32) -> Option<u64> {
        let start = || self.system.start_of(pid, self.identity().proc_is_ours).unwrap_or(0);
        let (asked_by, start) = *self.own.get_or_init(|| (pid, start()));
        (asked_by == pid && start != 0).then_some(start)
    }
}
