//! Random commands: few agents, few patterns, so that they are in each other's way.

use std::time::Duration;

use lock_core::{
    Acquire, Action, Break, Cleanup, Command, HolderId, Leave, Mode, Nonce, Reason, RecordId,
    Refresh, Release, Removal, Renew, Target, Targets, Token, Ttl,
};
use proptest::{
    collection::vec,
    option,
    prelude::{Just, Strategy, any, prop_oneof},
    sample::select,
};

use super::ask;

/// One move of a sequence.
#[derive(Debug, Clone)]
pub(super) enum Move {
    Do(Deed),
    /// The last command once more, as after a reply that did not come.
    Again,
    /// So many milliseconds go by.
    Pass(u64),
}

/// A command, but for what only the sequence knows.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Acquire {
        who: Who,
        patterns: Vec<&'static str>,
        shared: bool,
        reason: Option<&'static str>,
        lease: u64,
        /// Whether to stand in line: each who has one place.
        wait: bool,
    },
    Refresh {
        who: Who,
        patterns: Vec<&'static str>,
        lease: Option<u64>,
        fence: Fence,
    },
    Release {
        who: Who,
        patterns: Vec<&'static str>,
        fence: Fence,
    },
    Renew(Who),
    Leave(Who),
    Break(Vec<&'static str>),
    Cleanup(Sweep, bool),
}

/// An agent, and one of its holders.
#[derive(Debug, Clone, Copy)]
pub(super) struct Who(&'static str, Option<&'static str>);

/// Which grant a command is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fence {
    Any,
    /// The last one.
    Last,
    /// One that nobody has.
    Wrong,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Sweep {
    Stale(Option<u64>),
    Agent(&'static str),
    Orphaned(bool),
}

const AGENTS: [&str; 3] = ["ann", "bob", "eve"];
const PATTERNS: [&str; 9] = [
    "a.rs",
    "src/a.rs",
    "src/b.rs",
    "src/*.rs",
    "src/",
    "**/a.rs",
    "*",
    "{src,lib}/b.rs",
    "lib/b*",
];
const LEASES: [u64; 3] = [100, 5_000, 300_000];

pub(super) fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        14 => deed().prop_map(Move::Do),
        2 => Just(Move::Again),
        1 => select(vec![1, 105, 2_000, 5_100, 4_000_000]).prop_map(Move::Pass),
    ];
    vec(one, 1..40)
}

fn who() -> impl Strategy<Value = Who> {
    let holder = select(vec![None, None, Some("h"), Some("h.inner"), Some("g")]);
    (select(AGENTS.to_vec()), holder).prop_map(|(agent, holder)| Who(agent, holder))
}

fn patterns() -> impl Strategy<Value = Vec<&'static str>> {
    vec(select(PATTERNS.to_vec()), 1..4)
}

/// None of them: all.
fn targets() -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![1 => Just(Vec::new()), 4 => patterns()]
}

fn fence() -> impl Strategy<Value = Fence> {
    select(vec![Fence::Any, Fence::Any, Fence::Any, Fence::Last, Fence::Wrong])
}

fn deed() -> impl Strategy<Value = Deed> {
    let reason = option::of(select(vec!["tidying", "wörk\n"]));
    let acquire =
        (who(), patterns(), any::<bool>(), reason, select(LEASES.to_vec()), any::<bool>())
            .prop_map(|(who, patterns, shared, reason, lease, wait)| Deed::Acquire {
                who,
                patterns,
                shared,
                reason,
                lease,
                wait,
            });
    let refresh = (who(), targets(), option::of(select(LEASES.to_vec())), fence())
        .prop_map(|(who, patterns, lease, fence)| Deed::Refresh { who, patterns, lease, fence });
    let release = (who(), targets(), fence()).prop_map(|(who, patterns, fence)| Deed::Release {
        who,
        patterns,
        fence,
    });
    let sweep = prop_oneof![
        option::of(select(vec![0, 50, 1_000])).prop_map(Sweep::Stale),
        select(AGENTS.to_vec()).prop_map(Sweep::Agent),
        any::<bool>().prop_map(Sweep::Orphaned),
    ];
    prop_oneof![
        8 => acquire,
        3 => refresh,
        3 => release,
        1 => who().prop_map(Deed::Renew),
        1 => who().prop_map(Deed::Leave),
        1 => patterns().prop_map(Deed::Break),
        1 => (sweep, any::<bool>()).prop_map(|(sweep, dry)| Deed::Cleanup(sweep, dry)),
    ]
}

impl Deed {
    /// The command number `number`; `last` is the token that was granted last.
    pub(super) fn command(&self, number: u128, last: Token) -> Command {
        let action: Action = match self {
            Self::Acquire { who, patterns, shared, reason, lease, wait } => Acquire {
                mode: if *shared { Mode::Shared } else { Mode::Exclusive },
                holder: who.holder(),
                patterns: patterns.iter().map(|text| ask::pattern(text)).collect(),
                reason: reason.map(|text| Reason::new(text).expect("a reason")),
                ttl: ttl(*lease),
                wait: wait.then(|| who.place().into()),
                ..ask::acquire(who.0, [])
            }
            .into(),
            Self::Refresh { who, patterns, lease, fence } => Refresh {
                agent: ask::agent(who.0),
                holder: who.holder(),
                targets: named(patterns),
                ttl: lease.map(ttl),
                token: fence.token(last),
                process: None,
            }
            .into(),
            Self::Release { who, patterns, fence } => Release {
                agent: ask::agent(who.0),
                holder: who.holder(),
                targets: named(patterns),
                token: fence.token(last),
            }
            .into(),
            Self::Renew(who) => Renew { waiter: who.place() }.into(),
            Self::Leave(who) => Leave { waiter: who.place() }.into(),
            Self::Break(patterns) => {
                let targets = patterns.iter().map(|text| ask::pattern(text).into()).collect();
                Break { targets, ..ask::break_open("op@host", "*") }.into()
            }
            Self::Cleanup(sweep, dry_run) => {
                let what = match sweep {
                    Sweep::Stale(age) => {
                        Removal::Stale { older_than: age.map(Duration::from_millis) }
                    }
                    Sweep::Agent(name) => Removal::Agent(ask::agent(name)),
                    Sweep::Orphaned(judged) => {
                        Removal::Orphaned { known: judged.then(|| vec![ask::agent("ann")]) }
                    }
                };
                Cleanup { by: "op@host".to_owned(), what, dry_run: *dry_run }.into()
            }
        };
        Command { nonce: Nonce::from_bits(number), ..Command::new(action) }
    }
}

impl Who {
    fn holder(self) -> Option<HolderId> {
        self.1.map(|name| HolderId::new(name).expect("a holder"))
    }

    fn place(self) -> RecordId {
        let text = [self.0, self.1.unwrap_or_default()].concat();
        let bits = text.bytes().fold(1, |bits, byte| bits << 8 | u128::from(byte));
        RecordId::new(Nonce::from_bits(bits), u16::MAX)
    }
}

impl Fence {
    fn token(self, last: Token) -> Option<Token> {
        match self {
            Self::Any => None,
            Self::Last => Some(last),
            Self::Wrong => Some(Token::new(7)),
        }
    }
}

fn ttl(millis: u64) -> Ttl {
    Ttl::new(Duration::from_millis(millis)).expect("a lease")
}

fn named(patterns: &[&str]) -> Targets {
    match patterns {
        [] => Targets::All,
        some => Targets::Some(some.iter().map(|it| Target::from(ask::pattern(it))).collect()),
    }
}
