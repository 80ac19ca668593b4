//! The agents' processes: started one after the other, told what to do, listened to.

use std::{
    io::Write as _,
    process::{Child, Stdio},
    sync::mpsc::{Receiver, sync_channel},
    time::Duration,
};

use super::{
    Trouble,
    agent::TASK,
    arguments::Arguments,
    child,
    draw::Draw,
    told::{Order, Task, Told},
};

/// How much agents may have told that nobody has read yet; then they are made to wait.
const UNREAD: usize = 100_000;

/// How long a process may take to start, on a machine that does much else.
const START: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Crew {
    agents: Vec<Child>,
    told: Receiver<Told>,
}

impl Crew {
    /// Starts them one after the other: a hundred that start at once are a load of their own.
    pub(super) fn start(url: &str, arguments: &Arguments) -> Result<Self, Trouble> {
        let (tell, told) = sync_channel(UNREAD);
        let (mut crew, mut draw) = (Self { agents: Vec::new(), told }, Draw::new(arguments.seed));
        for agent in 0..arguments.agents {
            let (url, patience) = (url.to_owned(), arguments.patience());
            let task = Task { url, agent, seed: draw.number(), patience };
            crew.agents.push(child::start(TASK, &task, Stdio::piped(), &tell)?);
            match crew.told.recv_timeout(START) {
                Ok(Told::Ready) => {}
                other => return Err(format!("agent-{agent} did not start: {other:?}").into()),
            }
        }
        Ok(crew)
    }

    pub(super) fn order(&mut self, order: Order) -> Result<(), Trouble> {
        let line = serde_json::to_string(&order)? + "\n";
        for agent in &mut self.agents {
            agent.stdin.as_mut().ok_or("no pipe")?.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    /// Everything that was told by now.
    pub(super) fn told(&mut self) -> Result<Vec<Told>, Trouble> {
        for (agent, child) in self.agents.iter_mut().enumerate() {
            if let Some(status) = child.try_wait()? {
                return Err(format!("agent-{agent} ended by itself: {status}").into());
            }
        }
        Ok(self.told.try_iter().take(UNREAD).collect())
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for agent in &mut self.agents {
            let _ = agent.kill();
        }
        for agent in &mut self.agents {
            let _ = agent.wait();
        }
    }
}
