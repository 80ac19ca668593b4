//! One agent: a process that waits for a lock, holds it, lets it go, and asks again.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use lock_core::{Grant, LockManager};

use super::{
    Trouble,
    child::{self, monotonic, say},
    draw::Draw,
    grants::Granted,
    told::{Held, Order, Phase, Task, Told},
};

/// The environment variable that makes this program an agent, and says which.
pub(super) const TASK: &str = "LOAD_AGENT";

/// What an agent tells, it tells at most so often: the load is not to be that of talking.
const TALK: Duration = Duration::from_millis(250);

pub(super) async fn be(task: &str) -> Result<(), Trouble> {
    let task: Task = child::begin(task)?;
    let store = lock_cli::builtin().connect(&task.url).await?;
    let locks = LockManager::new(store, format!("agent-{}", task.agent).as_str())?;
    // The store is open, and has answered, before any clock runs.
    locks.who_has("hot.rs").await?;
    say(&[Told::Ready]);
    let mut agent = Agent { locks, draw: Draw::new(task.seed), task, told: Vec::new() };
    for line in io::stdin().lines() {
        let order = serde_json::from_str(&line?)?;
        let done = match agent.obey(order).await {
            Ok(()) => Told::Done,
            Err(error) => Told::Trouble(format!("agent-{}: {error}", agent.task.agent)),
        };
        agent.told.push(done);
        agent.talk();
    }
    Ok(())
}

struct Agent {
    locks: LockManager,
    draw: Draw,
    task: Task,
    told: Vec<Told>,
}

impl Agent {
    async fn obey(&mut self, order: Order) -> Result<(), Trouble> {
        thread::sleep(Duration::from_micros(order.begin.saturating_sub(monotonic())));
        let mut talked = Instant::now();
        // Who is in line at the end is still served: nobody's wait is left out of the count.
        while monotonic() < order.end {
            self.cycle(order).await?;
            if talked.elapsed() > TALK {
                self.talk();
                talked = Instant::now();
            }
        }
        Ok(())
    }

    /// Waits, holds, lets go.
    async fn cycle(&mut self, order: Order) -> Result<(), Trouble> {
        let (wanted, shared, hold) = match order.phase {
            Phase::Hot => (vec!["hot.rs".to_owned()], false, order.hold),
            Phase::Mixed => {
                (self.draw.patterns(), self.draw.one_in(4), self.draw.around(order.hold))
            }
        };
        let request = self.locks.acquire(wanted).wait(self.task.patience);
        let request = if shared { request.shared() } else { request };
        let asked = monotonic();
        let grant = request.await?;
        let answered = monotonic();
        let Grant::Held(leases) = grant else {
            return Err(format!("not served within {:?}: {grant:?}", self.task.patience).into());
        };
        // It has nothing else to do, and a timer of the runtime's would round up.
        thread::sleep(hold);
        let until = monotonic();
        let released = self.locks.release(&leases).await?.released;
        if released.len() != leases.patterns().count() {
            return Err(format!("it lost what it held, and kept only {released:?}").into());
        }
        let locks = leases.iter().map(|granted| granted.lock.id).collect();
        self.told.push(Told::Held(Held {
            agent: self.task.agent,
            patterns: leases.patterns().cloned().collect(),
            shared,
            granted: Granted { locks, token: leases.token(), asked, answered },
            until,
        }));
        Ok(())
    }

    fn talk(&mut self) {
        say(&self.told);
        self.told.clear();
    }
}
