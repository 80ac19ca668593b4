//! The agents' processes: started, killed, stopped, and listened to.

use std::{
    collections::HashSet,
    env,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Instant,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{
    Trouble,
    agent::{TASK, Task},
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

#[derive(Debug)]
struct Member {
    child: Child,
    paused_until: Option<Instant>,
}

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
        let mut child = Command::new(env::current_exe()?)
            .env(TASK, serde_json::to_string(&task)?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        self.alive.insert(child.id());
        let stdout = child.stdout.take().ok_or("no pipe")?;
        let tell = self.tell.clone();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // A line cut off by a kill is one that was not said.
                let Ok(told) = serde_json::from_str(&line) else { break };
                if tell.send(told).is_err() {
                    break;
                }
            }
        });
        Ok(Member { child, paused_until: None })
    }

    /// Kills some, stops some for longer than their leases, lets some go on. The first is spared,
    /// so that one process grows as old as the swarm.
    pub(super) fn torment(&mut self, draw: &mut Draw) -> Result<(), Trouble> {
        let now = Instant::now();
        for member in &mut self.agents {
            if member.paused_until.is_some_and(|until| until <= now) {
                member.paused_until = None;
                kill_process(Pid::from_child(&member.child), Signal::CONT)?;
            }
        }
        if draw.one_in(8) {
            let index = 1 + draw.below(self.agents.len().saturating_sub(1));
            if let Some(member) = self.agents.get_mut(index) {
                self.alive.remove(&member.child.id());
                member.child.kill()?;
                member.child.wait()?;
                self.kills += 1;
                let fresh = self.spawn(index)?;
                if let Some(member) = self.agents.get_mut(index) {
                    *member = fresh;
                }
            }
        }
        if draw.one_in(12) {
            let index = draw.below(self.agents.len());
            if let Some(member) = self.agents.get_mut(index) {
                kill_process(Pid::from_child(&member.child), Signal::STOP)?;
                let most = if draw.one_in(3) { 3_000 } else { 200 };
                let pause = draw.millis(most);
                member.paused_until = Some(now + pause);
                self.pauses += 1;
            }
        }
        for member in &mut self.agents {
            if let Some(status) = member.child.try_wait()? {
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
        self.agents.first().map(|member| member.child.id())
    }

    /// Kills them all.
    pub(super) fn stop(&mut self) {
        self.alive.clear();
        for mut member in self.agents.drain(..) {
            let _ = member.child.kill();
            let _ = member.child.wait();
        }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The name of an agent; one that was killed comes back under the same.
pub(super) fn name(index: usize) -> String {
    format!("agent-{index}")
}
