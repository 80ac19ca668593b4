//! The agents' processes: started, killed, stopped, and listened to.

use std::{
    collections::HashSet,
    process::{Child, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{
    Trouble,
    agent::{TASK, Task},
    child,
    draw::Draw,
    told::Told,
};

/// How much agents may have told that nobody has read yet; then they are made to wait.
const UNREAD: usize = 10_000;

#[derive(Debug)]
pub(super) struct Crew {
    url: String,
    seed: u64,
    agents: Vec<Member>,
    /// The processes that are not being killed.
    alive: HashSet<u32>,
    tell: SyncSender<Told>,
    told: Receiver<Told>,
    pub(super) kills: usize,
    pub(super) pauses: usize,
}

type Member = Arc<Mutex<Child>>;

impl Crew {
    pub(super) fn start(url: &str, count: usize, seed: u64) -> Result<Self, Trouble> {
        let (tell, told) = sync_channel(UNREAD);
        let (agents, alive) = (Vec::new(), HashSet::new());
        let url = url.to_owned();
        let mut crew = Self { url, seed, agents, alive, tell, told, kills: 0, pauses: 0 };
        for index in 0..count.max(1) {
            let member = crew.spawn(index)?;
            crew.agents.push(member);
        }
        Ok(crew)
    }

    fn spawn(&mut self, index: usize) -> Result<Member, Trouble> {
        self.seed = self.seed.wrapping_add(1);
        let task = Task { url: self.url.clone(), name: name(index), seed: self.seed };
        let child = child::start(TASK, &task, Stdio::null(), &self.tell)?;
        self.alive.insert(child.id());
        Ok(Arc::new(Mutex::new(child)))
    }

    /// Kills some, and stops some for longer than their leases. The first is never killed, so that
    /// one process grows as old as the swarm.
    pub(super) fn torment(&mut self, draw: &mut Draw) -> Result<(), Trouble> {
        if draw.one_in(8) {
            let index = 1 + draw.below(self.agents.len().saturating_sub(1));
            if let Some(member) = self.agents.get(index).map(Arc::clone) {
                self.alive.remove(&end(&member)?);
                self.kills += 1;
                let fresh = self.spawn(index)?;
                if let Some(member) = self.agents.get_mut(index) {
                    *member = fresh;
                }
            }
        }
        if draw.one_in(12) {
            let index = draw.below(self.agents.len());
            if let Some(member) = self.agents.get(index) {
                let most = if draw.one_in(3) { 3_000 } else { 200 };
                pause(member, draw.millis(most))?;
                self.pauses += 1;
            }
        }
        for member in &self.agents {
            if let Some(status) = own(member).try_wait()? {
                return Err(format!("an agent ended by itself: {status}").into());
            }
        }
        Ok(())
    }

    /// Everything that was told by now.
    pub(super) fn told(&self) -> impl Iterator<Item = Told> {
        self.told.try_iter().take(UNREAD)
    }

    /// Whether a process lives: not whether it runs.
    pub(super) fn is_alive(&self, pid: u32) -> bool {
        self.alive.contains(&pid)
    }

    /// The process that is never killed.
    pub(super) fn eldest(&self) -> Option<u32> {
        self.agents.first().map(|member| own(member).id())
    }

    /// Kills them all.
    pub(super) fn stop(&mut self) {
        self.alive.clear();
        for member in self.agents.drain(..) {
            let _ = end(&member);
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.stop();
    }
}

fn own(member: &Member) -> MutexGuard<'_, Child> {
    member.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills it, and says which process it was.
fn end(member: &Member) -> Result<u32, Trouble> {
    let mut child = own(member);
    child.kill()?;
    child.wait()?;
    Ok(child.id())
}

/// Stops it for a time. It goes on by a thread of its own: one stopped inside the store makes
/// everybody else wait there, who would resume it.
fn pause(member: &Member, length: Duration) -> Result<(), Trouble> {
    kill_process(Pid::from_child(&own(member)), Signal::STOP)?;
    let member = Arc::clone(member);
    thread::spawn(move || {
        thread::sleep(length);
        let mut child = own(&member);
        // Once it is waited for, its number may be another's.
        if let Ok(None) = child.try_wait() {
            let _ = kill_process(Pid::from_child(&child), Signal::CONT);
        }
    });
    Ok(())
}

/// The name of an agent; one that was killed comes back under the same.
pub(super) fn name(index: usize) -> String {
    format!("agent-{index}")
}
