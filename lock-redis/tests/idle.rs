//! What waiting costs while nothing happens, in counts that no noise can trip.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once")]

mod server;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use lock_core::{ListFilter, LockBackend as _, LockManager, Scope};
use lock_redis::RedisBackend;
use server::{Server, proxy::Proxy};

const WAITERS: u64 = 20;
const SECONDS: u64 = 4;

/// Each keeps its place every 1.5 seconds, by one call of a few hundred bytes, and does not ask who
/// else is there. When everybody looked at everybody all the time, it was 8 calls each.
const CALLS: u64 = 4;
const BYTES: u64 = 700;

/// And on the server each is one script that calls four commands: they were eight when it looked at the
/// place and compared it as any other step. The fraction is for those that look at the line.
const COMMANDS: u64 = 6;

#[tokio::test]
async fn who_waits_only_keeps_its_place() {
    let server = Server::start();
    let proxy = Proxy::to(server.port);
    let holder = LockManager::new(server.open("n").await, "holder").unwrap();
    let held = holder.acquire("hot").await.unwrap().held().unwrap();
    let url = proxy.url("n").replace("&notifications=false", "");
    let store = Arc::new(RedisBackend::connect(&url).await.unwrap());
    let waiters: Vec<_> = (0..WAITERS)
        .map(|number| {
            let name = format!("waiter-{number}");
            let locks = LockManager::new(Arc::clone(&store), name.as_str()).unwrap();
            tokio::spawn(async move {
                let grant = locks.acquire("hot").wait(Duration::from_secs(60)).await.unwrap();
                locks.release(&grant.held().unwrap()).await.unwrap();
            })
        })
        .collect();
    let waiting = ListFilter { waiting: true, ..ListFilter::default() };
    while holder.list(waiting.clone()).await.unwrap().waiting.len() < WAITERS as usize {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Each looks once more after the last one has come.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (calls, (_, bytes)) = (server.script_calls(), proxy.traffic());
    let commands = server.commands();
    tokio::time::sleep(Duration::from_secs(SECONDS)).await;
    let (calls, bytes) = (server.script_calls() - calls, proxy.traffic().1 - bytes);
    let commands = server.commands() - commands;
    assert!(commands <= calls * COMMANDS, "{commands} commands in {calls} calls");
    assert!(calls <= WAITERS * CALLS, "{calls} calls in {SECONDS} s for {WAITERS} waiters");
    assert!(calls >= WAITERS, "{calls} calls: who keeps their places?");
    assert!(bytes <= calls * BYTES, "{bytes} bytes in {calls} calls");
    // And still everybody is called.
    holder.release(&held).await.unwrap();
    for waiter in waiters {
        waiter.await.unwrap();
    }
}

/// A hundred in one line, each a process, were all woken by each message, though all but the first few
/// only look now and then while there is something to hear.
#[tokio::test]
async fn who_stands_far_behind_in_a_busy_line_is_sent_nothing_until_it_is_quiet() {
    const FAR: u64 = 20;
    let server = Server::start();
    let holder = LockManager::new(server.open("n").await, "holder").unwrap();
    let held = holder.acquire("hot").await.unwrap().held().unwrap();
    let (mut waiters, served) = (Vec::new(), Arc::new(Mutex::new(Vec::new())));
    for number in 0..FAR {
        let name = format!("waiter-{number}");
        let locks = LockManager::new(server.open("n").await, name.as_str()).unwrap();
        let served = Arc::clone(&served);
        waiters.push(tokio::spawn(async move {
            let grant = locks.acquire("hot").wait(Duration::from_secs(60)).await.unwrap();
            served.lock().unwrap().push(number);
            locks.release(&grant.held().unwrap()).await.unwrap();
        }));
        // One after the other.
        until(|| server.waiters() == number + 1).await;
    }
    until(|| server.listeners() == FAR).await;
    let busy = LockManager::new(server.open("n").await, "busy").unwrap();
    let end = Instant::now() + Duration::from_secs(10);
    // The first two hear of everything, the next ones of most.
    while server.listeners() > FAR / 2 {
        assert!(Instant::now() < end, "{} are told of each step", server.listeners());
        let leases = busy.acquire("elsewhere").await.unwrap().held().unwrap();
        busy.release(&leases).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    until(|| server.listeners() == FAR).await;
    holder.release(&held).await.unwrap();
    for waiter in waiters {
        waiter.await.unwrap();
    }
    assert_eq!(*served.lock().unwrap(), (0..FAR).collect::<Vec<_>>());
}

/// What had come just before a listener stopped listening was taken for the latest news when it began again, and
/// whoever waited slept through what had happened meanwhile, for up to a second.
#[tokio::test]
async fn what_came_before_a_rest_is_no_news_after_it() {
    let server = Server::start();
    let proxy = Proxy::to(server.port);
    let url = proxy.url("n").replace("&notifications=false", "");
    let store = RedisBackend::connect(&url).await.unwrap();
    let other = Arc::new(server.open("n").await);
    let busy = LockManager::new(Arc::clone(&other), "busy").unwrap();
    let version = || async { other.view(&Scope::default()).await.unwrap().version };
    for round in 0..20 {
        let seen = version().await;
        let short = Duration::from_millis(20);
        assert_eq!(store.changed(seen, short).await.unwrap(), seen);
        until(|| server.listeners() == 1).await;
        while server.listeners() > 0 {
            let leases = busy.acquire("elsewhere").await.unwrap().held().unwrap();
            busy.release(&leases).await.unwrap();
        }
        let seen = version().await;
        // It happens after the look that finds nothing new, and before anybody listens.
        let url = server.url("n");
        proxy.hold_up_next_reply(move || {
            futures_lite::future::block_on(async {
                let locks = LockManager::new(RedisBackend::connect(&url).await.unwrap(), "other");
                let locks = locks.unwrap();
                let leases = locks.acquire("elsewhere").await.unwrap().held().unwrap();
                locks.release(&leases).await.unwrap();
            });
        });
        let begun = Instant::now();
        assert_ne!(store.changed(seen, Duration::from_secs(5)).await.unwrap(), seen);
        // The listener looks once a second, whatever it is told.
        assert!(begun.elapsed() < Duration::from_millis(700), "{round}: {:?}", begun.elapsed());
        assert!(proxy.has_happened());
    }
}

async fn until(so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !so() {
        assert!(Instant::now() < end, "it never was so");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
