//! Proof that a process is gone.

use std::collections::HashMap;

use super::Host;
use crate::{Process, RecordId, View};

/// Names that many machines have at once.
const COMMON_NAMES: [&str; 4] = ["", "(none)", "localhost", "localhost.localdomain"];

impl Host {
    /// Whether it is certain that this process has ended.
    ///
    /// Certain it is in two cases, both on the machine where it was recorded:
    /// - On the same boot, in the same pid and time namespaces: its id is free, or belongs to a
    ///   process of another start time, or all its threads have ended and only its parent has
    ///   not noticed yet.
    /// - On another boot. The machine is the same when its machine id is, and its name (copied
    ///   disk images share the former), and the pid namespace (images of containers share both).
    ///
    /// Everything unknown or different makes it alive: its lease decides then. Costs two system
    /// calls if the id is free, else three; one for a process that was asked about before, which costs
    /// an open descriptor from then on (at most 128), and none for the process that asks.
    ///
    /// ```
    /// use lock_core::host::Host;
    ///
    /// let host = Host::current();
    /// let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    /// let process = host.process(child.id()).unwrap();
    /// assert!(!host.proves_dead(&process));
    /// child.kill().unwrap();
    /// child.wait().unwrap();
    /// # #[cfg(target_os = "linux")]
    /// assert!(host.proves_dead(&process));
    /// ```
    pub fn proves_dead(&self, process: &Process) -> bool {
        let here = self.identity();
        let boot_id = self.boot_id();
        if !same(process.host_id.as_str(), &here.host_id)
            || !same(process.pid_ns, here.pid_ns)
            || process.boot_id.is_empty()
            || boot_id.is_empty()
        {
            return false;
        }
        if process.boot_id != boot_id {
            let named = !COMMON_NAMES.contains(&here.name.as_str());
            return here.lasting && named && process.host == here.name;
        }
        same(process.time_ns, here.time_ns)
            && !self.is_our_own(process)
            && self.living.is_gone(process.pid, process.start, || {
                self.system.is_gone(process.pid, process.start, here.proc_is_ours)
            })
    }

    /// Whether it is the process that asks, which a fork's child is not.
    fn is_our_own(&self, process: &Process) -> bool {
        let pid = std::process::id();
        process.pid == pid && self.own_start(pid) == Some(process.start)
    }

    /// Enters into `view.dead` every lock and waiter that recorded processes, all proved dead.
    ///
    /// Each process is judged once, however many records name it.
    ///
    /// ```
    /// use lock_core::{View, host::Host};
    ///
    /// let mut view = View::default();
    /// Host::current().bury(&mut view);
    /// assert!(view.dead.is_empty());
    /// ```
    pub fn bury(&self, view: &mut View) {
        let View { locks, waiters, dead, .. } = view;
        let locks = locks.iter().map(|lock| (lock.id, &lock.processes));
        let waiters = waiters.iter().map(|waiter| (waiter.id, &waiter.processes));
        let mut judged = Judged { host: self, verdicts: HashMap::new() };
        dead.extend(judged.dead(locks.chain(waiters)));
    }
}

/// Unknown is not the same as unknown.
fn same<T: Default + PartialEq>(one: T, other: T) -> bool {
    one == other && one != T::default()
}

/// The verdicts of one look at the machine.
struct Judged<'a> {
    host: &'a Host,
    verdicts: HashMap<(u32, u64), Vec<(&'a Process, bool)>>,
}

impl<'a> Judged<'a> {
    fn dead(
        &mut self,
        records: impl Iterator<Item = (RecordId, &'a Vec<Process>)>,
    ) -> Vec<RecordId> {
        records
            .filter(|(_, processes)| !processes.is_empty())
            .filter(|(_, processes)| processes.iter().all(|process| self.is_dead(process)))
            .map(|(id, _)| id)
            .collect()
    }

    fn is_dead(&mut self, process: &'a Process) -> bool {
        let known = self.verdicts.entry((process.pid, process.start)).or_default();
        if let Some((_, dead)) = known.iter().find(|(other, _)| *other == process) {
            return *dead;
        }
        let dead = self.host.proves_dead(process);
        known.push((process, dead));
        dead
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::{
        super::{Identity, system},
        *,
    };
    use crate::{AgentId, Mode, Nonce, Pattern, Timestamp, Waiter};

    fn host(boot: &str, identity: Identity) -> Host {
        Host {
            system: system::System::HERE,
            boot_id: boot.to_owned().into(),
            clock_offset: Some(0).into(),
            identity: identity.into(),
            own: OnceLock::new(),
            living: Default::default(),
        }
    }

    fn identity() -> Identity {
        Identity {
            name: "mill".into(),
            host_id: "m".into(),
            lasting: true,
            pid_ns: 3,
            time_ns: 4,
            proc_is_ours: true,
        }
    }

    fn process(pid: u32, boot: &str) -> Process {
        Process {
            pid,
            start: 9,
            boot_id: boot.into(),
            host_id: "m".into(),
            host: "mill".into(),
            pid_ns: 3,
            time_ns: 4,
        }
    }

    #[test]
    fn no_process_outlives_its_boot() {
        let before = process(std::process::id(), "before");
        assert!(host("now", identity()).proves_dead(&before));
        let not = |identity| !host("now", identity).proves_dead(&before);
        assert!(not(Identity { host_id: "n".into(), ..identity() }), "another machine");
        assert!(not(Identity { name: "dam".into(), ..identity() }), "a copied disk image");
        assert!(not(Identity { pid_ns: 5, ..identity() }), "another container of one image");
        assert!(not(Identity { lasting: false, ..identity() }), "no machine id");
        assert!(!host("", identity()).proves_dead(&before), "no boot id");
    }

    #[test]
    fn a_name_that_everybody_has_identifies_nothing() {
        for name in COMMON_NAMES {
            let host = host("now", Identity { name: name.into(), ..identity() });
            let before = Process { host: name.into(), ..process(1, "before") };
            assert!(!host.proves_dead(&before), "{name}");
        }
    }

    #[test]
    fn a_record_is_dead_when_all_its_processes_are() {
        let (alive, dead) = (process(std::process::id(), "other machine"), process(1, "before"));
        let alive = Process { host_id: "n".into(), ..alive };
        let waiter = |processes: &[&Process]| Waiter {
            id: RecordId::new(Nonce::random(), 0),
            agent: AgentId::new("a").unwrap(),
            holder: None,
            patterns: vec![Pattern::literal("a").unwrap()],
            mode: Mode::Exclusive,
            ticket: 1,
            since: Timestamp::default(),
            expires_at: Timestamp::default(),
            processes: processes.iter().map(|p| (*p).clone()).collect(),
        };
        let mut view = View {
            waiters: vec![
                waiter(&[]),
                waiter(&[&alive]),
                waiter(&[&dead, &alive]),
                waiter(&[&dead]),
                waiter(&[&dead, &dead]),
            ],
            ..View::default()
        };
        host("now", identity()).bury(&mut view);
        let dead: Vec<bool> = view.waiters.iter().map(|w| view.dead.contains(&w.id)).collect();
        assert_eq!(dead, [false, false, false, true, true]);
    }
}
