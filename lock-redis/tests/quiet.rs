//! A client that works alone does not look at the index again; whoever comes is noticed all the same.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so at once"
)]

mod server;

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
};

use lock_core::{Backends, Grant, LockManager};
use server::Server;
use tokio::task::JoinSet;

/// How often the index was looked at.
fn looks(server: &Server) -> u64 {
    let stats = server.say(&["INFO", "commandstats"]);
    let calls = stats.lines().find_map(|line| {
        line.strip_prefix("cmdstat_zrangebylex:calls=")?.split(',').next()?.parse().ok()
    });
    calls.unwrap_or(0)
}

async fn one(server: &Server) -> LockManager {
    LockManager::new(server.open("n").await, "one").unwrap()
}

async fn cycle(locks: &LockManager, path: &str) {
    let leases = locks.acquire(path).await.unwrap().held().unwrap();
    assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
}

#[tokio::test]
async fn who_is_alone_looks_once() {
    let server = Server::start();
    let locks = one(&server).await;
    cycle(&locks, "src/a.rs").await;
    let before = looks(&server);
    for _ in 0..10 {
        cycle(&locks, "src/a.rs").await;
    }
    assert_eq!(looks(&server), before);
    // Of another path nothing is known yet.
    cycle(&locks, "src/b.rs").await;
    assert!(looks(&server) > before);
}

#[tokio::test]
async fn a_lock_that_another_took_meanwhile_stands_in_the_way() {
    let server = Server::start();
    let locks = one(&server).await;
    let other = LockManager::new(server.open("n").await, "two").unwrap();
    for theirs in ["src/a.rs", "src/*.rs", "src/", "**"] {
        cycle(&locks, "src/a.rs").await;
        let held = other.acquire(theirs).await.unwrap().held().unwrap();
        assert!(matches!(locks.acquire("src/a.rs").await.unwrap(), Grant::Refused(_)), "{theirs}");
        other.release(&held).await.unwrap();
    }
}

/// What the client saw of others is not what it knows when it works alone.
#[tokio::test]
async fn a_lock_that_was_shared_stands_in_the_way_of_one_that_is_not() {
    let server = Server::start();
    let locks = one(&server).await;
    let other = LockManager::new(server.open("n").await, "two").unwrap();
    let theirs = other.acquire("src/a.rs").shared().await.unwrap().held().unwrap();
    for _ in 0..2 {
        let leases = locks.acquire("src/a.rs").shared().await.unwrap().held().unwrap();
        assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
    }
    assert!(matches!(locks.acquire("src/a.rs").await.unwrap(), Grant::Refused(_)));
    other.release(&theirs).await.unwrap();
}

/// Two tasks of one client: what one of them took is known to the other.
#[tokio::test]
async fn a_lock_of_the_same_client_stands_in_the_way() {
    let server = Server::start();
    let locks = one(&server).await;
    cycle(&locks, "src/a.rs").await;
    let guard = locks.hold("src/*.rs").await.unwrap().held().unwrap();
    assert!(matches!(locks.hold("src/a.rs").await.unwrap(), Grant::Refused(_)));
    guard.release().await.unwrap();
    let guard = locks.hold("src/a.rs").await.unwrap().held().unwrap();
    assert!(matches!(locks.hold("src/a.rs").await.unwrap(), Grant::Refused(_)));
    guard.release().await.unwrap();
    cycle(&locks, "src/a.rs").await;
}

/// Deleted under the client, and built up to the very same version by somebody else: the token tells
/// the two apart.
#[tokio::test]
async fn the_same_version_of_another_history_is_not_believed() {
    let server = Server::start();
    let locks = one(&server).await;
    cycle(&locks, "src/a.rs").await;
    assert!(server.say(&["FLUSHALL"]).starts_with("+OK"));
    let other = LockManager::new(server.open("n").await, "two").unwrap();
    for path in ["src/a.rs", "b"] {
        assert!(other.acquire(path).await.unwrap().held().is_ok());
    }
    let version = server.say(&["HGET", "{lockctl:n}:data", "version"]);
    assert_eq!(version.trim_end(), "$1\r\n2", "as many steps as this client took");
    assert!(matches!(locks.acquire("src/a.rs").await.unwrap(), Grant::Refused(_)));
}

/// What the doctor puts back was taken before this client last looked: it must look again.
#[tokio::test]
async fn what_the_doctor_puts_back_stands_in_the_way() {
    let server = Server::start();
    let locks = one(&server).await;
    let other = LockManager::new(server.open("n").await, "two").unwrap();
    let held = other.acquire("src/a.rs").await.unwrap().held().unwrap();
    let lock = &held.iter().next().unwrap().lock;
    let entry = format!("asrc/a.rs\0\0{}\0{}", lock.id, lock.acquired_at.as_micros());
    assert!(server.say(&["ZREM", "{lockctl:n}:index", &entry]).starts_with(":1"));
    cycle(&locks, "src/a.rs").await;
    let backends = Backends::new().with(&lock_redis::SCHEME);
    let base = std::path::Path::new("");
    let checks = backends.inspect_at(&server.url("n"), base, true).await.unwrap();
    assert!(checks.iter().any(|check| check.detail.contains("1 of them mended")), "{checks:?}");
    assert!(matches!(locks.acquire("src/a.rs").await.unwrap(), Grant::Refused(_)));
}

/// Each knows what the others of its client did, also while they do it.
#[tokio::test]
async fn tasks_on_paths_of_their_own_look_once_each() {
    let server = Server::start();
    let locks = one(&server).await;
    let all = || async {
        let tasks = (0..10).map(|number| {
            let locks = locks.clone();
            tokio::spawn(async move {
                for _ in 0..5 {
                    cycle(&locks, &format!("src/{number}.rs")).await;
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    };
    all().await;
    let before = looks(&server);
    all().await;
    assert_eq!(looks(&server), before);
}

/// What became of a step that nobody waited for is not known: it may have been granted.
#[tokio::test]
async fn a_step_that_was_given_up_stands_in_the_way() {
    let server = Server::start();
    let store = Arc::new(server.open("n").await);
    let agent = |name: &str| LockManager::new(Arc::clone(&store), name).unwrap();
    let (one, two) = (agent("one"), agent("two"));
    for _ in 0..2 {
        cycle(&one, "src/a.rs").await;
    }
    {
        let mut given_up = pin!(one.acquire("src/a.rs").into_future());
        assert!(futures_lite::future::poll_once(&mut given_up).await.is_none());
        // Given up before it is on its way it would never be sent.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
    assert!(matches!(two.acquire("src/a.rs").await.unwrap(), Grant::Refused(_)));
}

/// Two agents of one client that ask at the same moment, each of whom would be alone.
#[tokio::test]
async fn two_of_one_client_at_once_are_not_both_let_in() {
    let server = Server::start();
    let store = Arc::new(server.open("n").await);
    let agent = |name: &str| LockManager::new(Arc::clone(&store), name).unwrap();
    let (one, two) = (agent("one"), agent("two"));
    for (mine, yours) in [("src/a.rs", "src/a.rs"), ("src/a.rs", "src/*.rs"), ("**", "src/a.rs")] {
        for _ in 0..3 {
            cycle(&one, mine).await;
            cycle(&two, yours).await;
            let (first, second) = tokio::join!(one.acquire(mine), two.acquire(yours));
            let mut held = 0;
            for (locks, grant) in [(&one, first.unwrap()), (&two, second.unwrap())] {
                if let Grant::Held(leases) = grant {
                    held += 1;
                    locks.release(&leases).await.unwrap();
                }
            }
            assert_eq!(held, 1, "{mine} and {yours}");
        }
    }
}

/// The server may carry out the second of two steps first: then what the first one claims to know is no
/// longer so.
#[tokio::test]
async fn who_meets_a_step_under_way_ends_the_stretch_that_it_claims() {
    let server = Server::start();
    let locks = one(&server).await;
    let stretch = || server.say(&["HGET", "{lockctl:n}:data", "alone"]);
    for path in ["src/a.rs", "src/*.rs", "b"] {
        cycle(&locks, path).await;
    }
    let mine = locks.acquire("src/a.rs").await.unwrap().held().unwrap();
    let before = stretch();
    let (other, _) = tokio::join!(locks.acquire("b"), locks.release(&mine));
    assert_eq!(stretch(), before, "they have nothing to do with each other");
    locks.release(&other.unwrap().held().unwrap()).await.unwrap();

    let mine = locks.acquire("src/a.rs").await.unwrap().held().unwrap();
    assert_eq!(stretch(), before);
    let (all, released) = tokio::join!(locks.acquire("src/*.rs"), locks.release(&mine));
    assert!(all.unwrap().held().is_ok() && released.unwrap().released.len() == 1);
    assert_ne!(stretch(), before);
}

/// Agents of one client and of another, on paths and globs that meet: never two inside.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_of_one_client_and_of_another_exclude_each_other() {
    let server = Server::start();
    let inside = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let mut tasks = JoinSet::new();
    for client in 0..2 {
        let store = Arc::new(server.open("n").await);
        for number in 0..6 {
            let (store, inside) = (Arc::clone(&store), Arc::clone(&inside));
            tasks.spawn(async move {
                let locks =
                    LockManager::new(store, format!("agent-{client}-{number}").as_str()).unwrap();
                // Some want one of two paths, some both.
                let (pattern, rooms) = match number % 3 {
                    0 => ("src/a.rs", 0..1),
                    1 => ("src/b.rs", 1..2),
                    _ => ("src/*.rs", 0..2),
                };
                let mut granted = 0;
                for _ in 0..150 {
                    let Grant::Held(leases) = locks.acquire(pattern).await.unwrap() else {
                        tokio::task::yield_now().await;
                        continue;
                    };
                    granted += 1;
                    for room in &inside[rooms.clone()] {
                        assert_eq!(room.fetch_add(1, SeqCst), 0, "{pattern}");
                    }
                    tokio::task::yield_now().await;
                    for room in &inside[rooms.clone()] {
                        room.fetch_sub(1, SeqCst);
                    }
                    assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
                }
                granted
            });
        }
    }
    let granted: u32 = tasks.join_all().await.into_iter().sum();
    assert!(granted > 50, "{granted} grants show nothing");
}
