//! What one step does to the store, and how many round trips it takes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once")]

mod server;

use std::time::Duration;

use lock_core::{
    Acquire, AgentId, Answer, Cause, Cleanup, Command, EndingScope, Grant, HistoryEntry,
    LockBackend, LockManager, LockScope, Mode, Pattern, Refresh, Release, Removal, Scope, Target,
    Targets, Ttl, Version,
};
use lock_redis::RedisBackend;
use server::Server;

fn acquire(agent: &str, patterns: &[&str]) -> Acquire {
    Acquire {
        agent: AgentId::new(agent).unwrap(),
        holder: None,
        patterns: patterns.iter().map(|text| Pattern::parse(text).unwrap()).collect(),
        mode: Mode::Exclusive,
        reason: None,
        ttl: Ttl::default(),
        processes: Vec::new(),
        wait: None,
    }
}

/// The page named a key that there is not, and nobody saw it.
#[tokio::test]
async fn what_the_page_says_to_read_by_hand_is_there() {
    let page = include_str!("../../docs/backends.md");
    let (_, rest) = page.split_once("`HGETALL ").unwrap();
    let (key, _) = rest.split_once('`').unwrap();
    let server = Server::start();
    let locks = LockManager::new(server.open("default").await, "one").unwrap();
    let _ = locks.acquire("src/a.rs").await.unwrap();
    let read = server.say(&["HGETALL", key]);
    assert!(read.contains(r#""pattern":"src/a.rs""#), "{key}: {read}");
}

#[tokio::test]
async fn a_cycle_takes_two_round_trips_and_a_refresh_one() {
    let server = Server::start();
    let locks = LockManager::new(server.open("n").await, "one").unwrap();
    let _ = locks.acquire("warm/up").await.unwrap();
    let before = server.script_calls();
    let leases = locks.acquire("src/a.rs").await.unwrap().held().unwrap();
    assert_eq!(server.script_calls() - before, 1, "acquire");
    assert_eq!(locks.refresh("src/a.rs").await.unwrap().lost, []);
    assert_eq!(server.script_calls() - before, 2, "refresh");
    assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
    assert_eq!(server.script_calls() - before, 3, "release");
    let _ = locks.acquire("src/a.rs").await.unwrap().held().unwrap();
    assert_eq!(server.script_calls() - before, 4, "acquire again");
}

#[tokio::test]
async fn another_clients_lock_is_seen_by_all_that_meet_it() {
    let server = Server::start();
    let one = LockManager::new(server.open("n").await, "one").unwrap();
    let two = LockManager::new(server.open("n").await, "two").unwrap();
    let other = LockManager::new(server.open("other").await, "two").unwrap();
    let leases = one.acquire(["src/*.rs", "{a,b}/c"]).await.unwrap().held().unwrap();
    for blocked in ["src/a.rs", "src/", "**", "*/a.rs", "b/c", "a/*"] {
        assert!(matches!(two.acquire(blocked).await.unwrap(), Grant::Refused(_)), "{blocked}");
    }
    for free in ["src/a.py", "c", "b/d", "src/x/a.rs"] {
        assert!(matches!(two.acquire(free).await.unwrap(), Grant::Held(_)), "{free}");
    }
    assert!(matches!(other.acquire("**").await.unwrap(), Grant::Held(_)));
    one.release(&leases).await.unwrap();
    assert!(matches!(two.acquire("src/a.rs").await.unwrap(), Grant::Held(_)));
}

/// The outcome is put together by the client, the record by the script: they must be the same.
#[tokio::test]
async fn what_is_answered_is_what_is_stored() {
    let server = Server::start();
    let store = server.open("n").await;
    let all = Scope::of(LockScope::All);
    let command = Command::new(acquire("one", &["src/*.rs", "a.rs"]));
    let Answer::Granted(granted) = store.execute(&command).await.unwrap().answer else { panic!() };
    let mut stored = store.view(&all).await.unwrap().locks;
    let mut answered: Vec<_> = granted.into_iter().map(|granted| granted.lock).collect();
    stored.sort_by_key(|lock| lock.id);
    answered.sort_by_key(|lock| lock.id);
    assert_eq!(answered, stored);

    // Longer, with a reason: by the one who took it, who need not look, and by one who must.
    for (store, ttl) in [(&store, 400), (&server.open("n").await, 500), (&store, 450)] {
        let mut again = acquire("one", &["a.rs"]);
        again.ttl = Ttl::new(Duration::from_secs(ttl)).unwrap();
        again.reason = Some(lock_core::Reason::new(&format!("for {ttl}")).unwrap());
        let outcome = store.execute(&Command::new(again)).await.unwrap();
        let Answer::Granted(granted) = outcome.answer else { panic!() };
        let stored = store.view(&all).await.unwrap().locks;
        let stored = stored.iter().find(|lock| lock.id == granted[0].lock.id).unwrap();
        assert_eq!(&granted[0].lock, stored);
        assert_eq!(stored.ttl.duration().as_secs(), ttl.max(if ttl == 450 { 500 } else { 0 }));
    }

    let release = Release {
        agent: AgentId::new("one").unwrap(),
        holder: None,
        targets: Targets::All,
        token: None,
    };
    let outcome = store.execute(&Command::new(release)).await.unwrap();
    assert!(outcome.changed);
    let scope = Scope::of(LockScope::All)
        .with_history(Version::new(0))
        .with_endings(EndingScope::OfHolder(AgentId::new("one").unwrap(), None));
    let view = store.view(&scope).await.unwrap();
    assert_eq!((view.locks.len(), view.history.len(), view.endings.len()), (0, 4, 2));
    assert!(view.endings.iter().all(|e| e.ended == Cause::Released && e.until == outcome.now));
    assert_eq!(view.history.last().unwrap().version(), outcome.version);
    assert_eq!(view.version, outcome.version);
}

#[tokio::test]
async fn a_lease_runs_out_on_the_servers_clock_and_is_taken_over() {
    let server = Server::start();
    let one = LockManager::new(server.open("n").await, "one").unwrap();
    let two = LockManager::new(server.open("n").await, "two").unwrap();
    let lease = Duration::from_millis(150);
    let first = one.acquire("a").ttl(lease).await.unwrap().held().unwrap();
    assert!(matches!(two.acquire("a").await.unwrap(), Grant::Refused(_)));
    tokio::time::sleep(lease + Duration::from_millis(20)).await;
    let second = two.acquire("a").await.unwrap().held().unwrap();
    let token = lock_core::Leases::token;
    assert!(token(&second) > token(&first));
    let lost = one.refresh("a").await.unwrap().lost;
    assert_eq!((lost[0].cause, lost[0].to.as_deref()), (Cause::TakenOver, Some("two")));
}

/// The client's guess is wrong: another client of the same agent has taken the lock meanwhile.
#[tokio::test]
async fn a_wrong_guess_costs_a_round_trip_and_nothing_else() {
    let server = Server::start();
    let one = LockManager::new(server.open("n").await, "one").unwrap();
    let same = LockManager::new(server.open("n").await, "one").unwrap();
    let _ = one.acquire("a").await.unwrap();
    same.release("a").await.unwrap();
    let lost = one.refresh("a").await.unwrap().lost;
    assert_eq!(lost[0].cause, Cause::Released);
    let again = one.acquire("a").await.unwrap().held().unwrap();
    let token = again.token();
    let _ = same.refresh_for("a", Duration::from_secs(600)).await.unwrap();
    // It still believes in five minutes.
    let refreshed = one.refresh("a").await.unwrap().locks;
    assert_eq!((refreshed[0].ttl.duration().as_secs(), refreshed[0].token), (600, token));
}

#[tokio::test]
async fn heartbeats_make_nobody_decide_again() {
    let server = Server::start();
    let (one, two) = (server.open("n").await, server.open("n").await);
    let command = Command::new(acquire("one", &["a"]));
    one.execute(&command).await.unwrap();
    let refresh = || {
        Command::new(Refresh {
            agent: AgentId::new("one").unwrap(),
            holder: None,
            targets: Targets::Some(vec![Target::from(Pattern::parse("a").unwrap())]),
            ttl: None,
            token: None,
            process: None,
        })
    };
    two.execute(&refresh()).await.unwrap();
    let before = server.script_calls();
    // Its guess knows nothing of the other's refresh, and need not.
    let Answer::Refreshed { locks, .. } = one.execute(&refresh()).await.unwrap().answer else {
        panic!()
    };
    assert_eq!(server.script_calls() - before, 1);
    assert_eq!(one.view(&Scope::of(LockScope::All)).await.unwrap().locks, locks);
}

/// A command is tried again after its lock was removed: that makes another lock with the same id.
/// Whoever decided on the first one must look again, and record the right token.
#[tokio::test]
async fn a_lock_granted_anew_under_its_id_is_another_lock() {
    let server = Server::start();
    let proxy = server::proxy::Proxy::to(server.port);
    let slow = RedisBackend::connect(&proxy.url("n")).await.unwrap();
    let clean = || {
        let what = Removal::Agent(AgentId::new("one").unwrap());
        Command::new(Cleanup { by: "me".to_owned(), what, dry_run: false })
    };
    let command = Command::new(acquire("one", &["a"]));
    let first = server.open("n").await;
    first.execute(&command).await.unwrap();
    let (again, url, meanwhile) = (command.again(), server.url("n"), clean());
    proxy.hold_up_next_reply(move || {
        futures_lite::future::block_on(async {
            let other = RedisBackend::connect(&url).await.unwrap();
            assert!(other.execute(&meanwhile).await.unwrap().changed);
            assert!(other.execute(&again).await.unwrap().changed);
        });
    });
    let Answer::Removed { locks, .. } = slow.execute(&clean()).await.unwrap().answer else {
        panic!()
    };
    assert!(proxy.has_happened());
    let history = first.view(&Scope::of(LockScope::All).with_history(Version::new(0))).await;
    let (mut granted, mut ended) = (Vec::new(), Vec::new());
    for entry in history.unwrap().history {
        match entry {
            HistoryEntry::Acquired { lock, .. } => granted.push(lock.token),
            HistoryEntry::Ended { ending, .. } => ended.push(ending.token),
            _ => {}
        }
    }
    assert_eq!((granted.len(), &ended), (2, &granted), "each grant has its end");
    assert_eq!(locks[0].token, granted[1]);
}
