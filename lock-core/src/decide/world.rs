//! For the tests of the rule: a store with a clock to turn, and answers short enough to compare.

use std::time::Duration;

use crate::{
    Acquire, Action, AgentId, Answer, Blocker, Break, Cleanup, Command, HolderId, LockBackend as _,
    Lost, ManualClock, MemoryBackend, Mode, Nonce, Pattern, Place, Process, Reason, RecordId,
    Refresh, Refusal, Release, Removal, Scope, Target, Targets, Timestamp, Token, Ttl, View,
};

pub(crate) struct World {
    pub(crate) store: MemoryBackend,
    clock: ManualClock,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::at(Timestamp::from_micros(1_000_000));
        Self { store: MemoryBackend::with_clock(clock.clone()), clock }
    }

    pub(crate) fn after(&self, seconds: f64) -> &Self {
        self.clock.advance(Duration::from_secs_f64(seconds));
        self
    }

    pub(crate) fn run(&self, command: &Command) -> String {
        short(futures_lite::future::block_on(self.store.execute(command)).unwrap().answer)
    }

    /// What `command` comes to on a view made by hand.
    pub(crate) fn on(view: &View, command: &Command) -> String {
        let decision = crate::decide(command, view).unwrap();
        short(decision.outcome(view.now, view.version).answer)
    }

    pub(crate) fn view(&self) -> View {
        let scope = Scope::of(crate::LockScope::All).with_waiters();
        futures_lite::future::block_on(self.store.view(&scope)).unwrap()
    }

    /// `agent` or `agent/holder` asks for patterns separated by spaces, for ten seconds.
    pub(crate) fn ask(&self, who: &str, patterns: &str) -> Ask<'_> {
        let (agent, holder) = who_is(who);
        let request = Acquire {
            agent,
            holder,
            patterns: patterns.split(' ').map(pattern).collect(),
            mode: Mode::Exclusive,
            reason: None,
            ttl: Ttl::new(Duration::from_secs(10)).unwrap(),
            processes: Vec::new(),
            wait: None,
        };
        Ask { world: self, request }
    }

    pub(crate) fn acquire(&self, who: &str, patterns: &str) -> String {
        self.ask(who, patterns).now()
    }

    pub(crate) fn refresh(&self, who: &str, patterns: &str) -> String {
        self.run(&refresh(who, patterns, None, None))
    }

    pub(crate) fn release(&self, who: &str, patterns: &str) -> String {
        self.run(&release(who, patterns, None))
    }

    pub(crate) fn cleanup(&self, what: Removal) -> String {
        self.run(&Command::new(Cleanup { by: "op@host".into(), what, dry_run: false }))
    }

    pub(crate) fn break_(&self, patterns: &str) -> String {
        let targets = patterns.split(' ').map(|text| pattern(text).into()).collect();
        let reason = Reason::new("in the way").unwrap();
        self.run(&Command::new(Break { by: "op@host".into(), targets, reason }))
    }
}

pub(crate) struct Ask<'a> {
    world: &'a World,
    pub(crate) request: Acquire,
}

impl Ask<'_> {
    pub(crate) fn shared(mut self) -> Self {
        self.request.mode = Mode::Shared;
        self
    }

    pub(crate) fn ttl(mut self, seconds: u64) -> Self {
        self.request.ttl = Ttl::new(Duration::from_secs(seconds)).unwrap();
        self
    }

    pub(crate) fn of_process(mut self) -> Self {
        let (boot_id, host_id, host) = Default::default();
        let process = Process { pid: 1, start: 1, boot_id, host_id, host, pid_ns: 1, time_ns: 1 };
        self.request.processes = vec![process];
        self
    }

    /// Asks under the place in line `number`.
    pub(crate) fn waiting(mut self, number: u128) -> String {
        self.request.wait = Some(place(number).into());
        self.now()
    }

    /// The same, and the command to ask it with again.
    pub(crate) fn standing(mut self, number: u128) -> Command {
        self.request.wait = Some(place(number).into());
        let command = self.command();
        self.world.run(&command);
        command
    }

    /// Asks again under the place `number`, at a time when these places stood ahead of it at most;
    /// by no more than it asks for first.
    pub(crate) fn behind(mut self, ahead: &[u128], number: u128) -> String {
        let ahead = Some(ahead.iter().map(|number| place(*number)).collect());
        self.request.wait = Some(Place { ahead, ..place(number).into() });
        let command = self.command();
        let scope = command.scope();
        let view = futures_lite::future::block_on(self.world.store.view(&scope)).unwrap();
        match crate::decide(&command, &view) {
            Ok(_) => self.world.run(&command),
            Err(wider) if wider.waiters => format!("asks for all: {}", self.world.run(&command)),
            Err(wider) => format!("asks for {wider:?}"),
        }
    }

    pub(crate) fn now(self) -> String {
        self.world.run(&self.command())
    }

    pub(crate) fn command(&self) -> Command {
        Command::new(self.request.clone())
    }
}

pub(crate) fn place(number: u128) -> RecordId {
    RecordId::new(Nonce::from_bits(number), 0)
}

pub(crate) fn agent(name: &str) -> AgentId {
    AgentId::new(name).unwrap()
}

pub(crate) fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap()
}

fn who_is(who: &str) -> (AgentId, Option<HolderId>) {
    match who.split_once('/') {
        Some((name, holder)) => (agent(name), HolderId::new(holder)),
        None => (agent(who), None),
    }
}

/// Words are arguments; what stands between bars are the readings of one.
fn targets(patterns: &str) -> Targets {
    let target = |word: &str| Target { readings: word.split('|').map(pattern).collect() };
    match patterns {
        "--all" => Targets::All,
        _ => Targets::Some(patterns.split(' ').map(target).collect()),
    }
}

pub(crate) fn refresh(
    who: &str,
    patterns: &str,
    token: Option<u64>,
    seconds: Option<u64>,
) -> Command {
    let (agent, holder) = who_is(who);
    let (targets, token) = (targets(patterns), token.map(Token::new));
    let ttl = seconds.map(|seconds| Ttl::new(Duration::from_secs(seconds)).unwrap());
    Command::new(Refresh { agent, holder, targets, ttl, token, process: None })
}

pub(crate) fn release(who: &str, patterns: &str, token: Option<u64>) -> Command {
    let (agent, holder) = who_is(who);
    let (targets, token) = (targets(patterns), token.map(Token::new));
    Command::new(Action::Release(Release { agent, holder, targets, token }))
}

/// An answer in a few words. Tokens and times are left out.
fn short(answer: Answer) -> String {
    let list = |parts: Vec<String>| parts.join(" ");
    match answer {
        Answer::Granted(granted) => list(
            granted
                .iter()
                .map(|g| format!("{}{}", if g.fresh { "+" } else { "=" }, g.lock.pattern))
                .collect(),
        ),
        Answer::Refused(refusal) => format!("refused: {}", reasons(&refusal)),
        Answer::Waiting { position, refusal, .. } => {
            format!("waits at {position}: {}", reasons(&refusal))
        }
        Answer::Deadlock { cycle, .. } => {
            format!("deadlock: {}", list(cycle.iter().map(ToString::to_string).collect()))
        }
        Answer::Refreshed { locks, lost } => list(
            locks
                .iter()
                .map(|lock| format!("={}", lock.pattern))
                .chain(lost.iter().map(loss))
                .collect(),
        ),
        Answer::Released { released, refusal, overlapping } => list(
            released
                .iter()
                .map(|pattern| format!("-{pattern}"))
                .chain((!refusal.is_empty()).then(|| reasons(&refusal)))
                .chain(overlapping.iter().map(|lock| format!("~{}", lock.pattern)))
                .collect(),
        ),
        Answer::Removed { locks, live, waiters } => list(
            locks
                .iter()
                .map(|lock| format!("-{}", lock.pattern))
                .chain([format!("({live} live)")])
                .chain(waiters.iter().map(|waiter| format!("-{}", waiter.agent)))
                .collect(),
        ),
        Answer::Renewed(stands) => if stands { "stands" } else { "stands no more" }.into(),
        Answer::Left => "left".into(),
        Answer::Noted => "noted".into(),
    }
}

fn loss(lost: &Lost) -> String {
    let to = lost.to.as_deref().unwrap_or("nobody");
    format!("lost {} to {to}: {}", lost.pattern, lost.cause)
}

fn reasons(refusal: &Refusal) -> String {
    let reason = |conflict: &crate::Conflict| match &conflict.blocker {
        Blocker::Held(lock) => format!("{} holds {}", lock.agent, lock.pattern),
        Blocker::Waiting { waiter, .. } => format!("{} is ahead", waiter.agent),
    };
    refusal.conflicts.iter().map(reason).collect::<Vec<_>>().join(", ")
}
