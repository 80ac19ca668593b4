//! Many that come to one path at once, in counts that no noise can trip.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on says so at once"
)]

mod server;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use lock_core::{
    Acquire, AgentId, Answer, Command, LockBackend as _, LockManager, Mode, Nonce, Pattern,
    RecordId, Ttl,
};
use lock_redis::RedisBackend;
use server::{Server, proxy::Proxy};
use tokio::{sync::Barrier, task::JoinSet};

/// How many calls of the script each may need to stand in line, on the average, however many there
/// are. They need 4; when the losers slept for a random while, 40 needed 13 each, and 100 up to 36.
const CALLS: u64 = 8;

/// And how many to leave it, if all may at once: a hundred need 12 each, and 31 if none of them takes turns.
const GOING: u64 = 20;

/// How many come: `LOCK_TEST_CROWD`.
fn crowd() -> usize {
    std::env::var("LOCK_TEST_CROWD").map_or(40, |text| text.parse().unwrap())
}

fn request(number: usize) -> Command {
    Command::new(Acquire {
        agent: AgentId::new(&format!("agent-{number}")).unwrap(),
        holder: None,
        patterns: vec![Pattern::literal("hot").unwrap()],
        mode: Mode::Exclusive,
        reason: None,
        ttl: Ttl::default(),
        processes: Vec::new(),
        wait: Some(RecordId::new(Nonce::random(), 0).into()),
    })
}

/// All of them come at once to what somebody holds, by these connections in turn; how many calls
/// of the script each needed to get into line.
async fn calls_each(server: &Server, stores: Vec<Arc<RedisBackend>>) -> u64 {
    let holder = LockManager::new(server.open("n").await, "holder").unwrap();
    let _ = holder.acquire("hot").await.unwrap().held().unwrap();
    let crowd = crowd();
    let (all_there, before) = (Arc::new(Barrier::new(crowd)), server.script_calls());
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for (number, store) in (0..crowd).zip(stores.iter().cycle()) {
        let (store, all_there) = (Arc::clone(store), Arc::clone(&all_there));
        tasks.spawn(async move {
            all_there.wait().await;
            store.execute(&request(number)).await.unwrap()
        });
    }
    let mut positions: Vec<usize> = tasks
        .join_all()
        .await
        .into_iter()
        .map(|outcome| match outcome.answer {
            Answer::Waiting { position, .. } => position,
            other => unreachable!("{other:?}"),
        })
        .collect();
    positions.sort_unstable();
    assert_eq!(positions, (1..=crowd).collect::<Vec<_>>());
    let calls = server.script_calls() - before;
    println!("{calls} calls for {crowd}, in {:?}", begun.elapsed());
    calls / crowd as u64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_of_connections_needs_few_calls_each() {
    let server = Server::start();
    let mut stores = Vec::new();
    for _ in 0..crowd() {
        stores.push(Arc::new(server.open("n").await));
    }
    let calls = calls_each(&server, stores).await;
    assert!(calls <= CALLS, "{calls} calls each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_on_one_connection_needs_few_calls_each() {
    let server = Server::start();
    let stores = vec![Arc::new(server.open("n").await)];
    let calls = calls_each(&server, stores).await;
    assert!(calls <= CALLS, "{calls} calls each");
}

/// What stands there as the next turn is not believed if it makes no sense: nobody waits for it.
#[tokio::test]
async fn a_turn_of_a_clock_that_was_set_back_holds_nobody_up() {
    let server = Server::start();
    let proxy = Proxy::to(server.port);
    let slow = RedisBackend::connect(&proxy.url("n")).await.unwrap();
    let holder = LockManager::new(server.open("n").await, "holder").unwrap();
    let _ = holder.acquire("hot").await.unwrap().held().unwrap();
    let hour = Duration::from_secs(3_600);
    let later = (std::time::UNIX_EPOCH.elapsed().unwrap() + hour).as_micros().to_string();
    for (number, turn) in (0..).step_by(2).zip([later.as_str(), "torn"]) {
        server.say(&["HSET", "{lockctl:n}:data", "turn", turn]);
        let url = server.url("n");
        // Between its look and its commit another comes into line.
        proxy.hold_up_next_reply(move || {
            futures_lite::future::block_on(async {
                let quick = RedisBackend::connect(&url).await.unwrap();
                assert!(quick.execute(&request(number)).await.unwrap().changed);
            });
        });
        let loser = request(number + 1);
        let standing = tokio::time::timeout(hour / 120, slow.execute(&loser)).await;
        assert!(standing.unwrap().unwrap().changed, "{turn:?}");
        assert!(proxy.has_happened());
        let next = server.say(&["HGET", "{lockctl:n}:data", "turn"]);
        assert!(!next.contains(turn), "it lost no race: {next}");
    }
}

/// Sets when the next turn begins, and says when that is.
fn next_turn_in(server: &Server, span: Duration) -> Duration {
    let turn = std::time::UNIX_EPOCH.elapsed().unwrap() + span;
    server.say(&["HSET", "{lockctl:n}:data", "turn", &turn.as_micros().to_string()]);
    turn
}

/// Of a hundred that came at once most got turns; whoever was served first came back without one, was in line
/// at once, and before those it had come with. Some waited twice as long as the others.
#[tokio::test]
async fn who_comes_later_comes_into_line_later() {
    let server = Server::start();
    let holder = LockManager::new(server.open("n").await, "holder").unwrap();
    let _ = holder.acquire("hot").await.unwrap().held().unwrap();
    let newcomer = server.open("n").await;
    let turn = next_turn_in(&server, Duration::from_millis(300));
    assert!(newcomer.execute(&request(0)).await.unwrap().changed);
    assert!(std::time::UNIX_EPOCH.elapsed().unwrap() >= turn);
}

/// And a holder whose turn it was in the line was sent to the end of those who only came: nobody held
/// anything meanwhile.
#[tokio::test]
async fn who_has_waited_in_line_needs_no_turn_to_leave_it() {
    let server = Server::start();
    let proxy = Proxy::to(server.port);
    let holder = LockManager::new(server.open("n").await, "holder").unwrap();
    let held = holder.acquire("hot").await.unwrap().held().unwrap();
    let next = RedisBackend::connect(&proxy.url("n")).await.unwrap();
    let waits = request(0);
    assert!(next.execute(&waits).await.unwrap().changed);
    holder.release(&held).await.unwrap();
    let url = server.url("n");
    let socket = server.socket();
    // Between its look and its commit another comes into line, and a crowd that gets turns.
    proxy.hold_up_next_reply(move || {
        futures_lite::future::block_on(async {
            let quick = RedisBackend::connect(&url).await.unwrap();
            assert!(quick.execute(&request(1)).await.unwrap().changed);
        });
        let turn = std::time::UNIX_EPOCH.elapsed().unwrap() + Duration::from_secs(9);
        let turn = turn.as_micros().to_string();
        server::say(&socket, &["HSET", "{lockctl:n}:data", "turn", &turn]);
    });
    let again = Command { nonce: Nonce::random(), ..waits };
    let granted = tokio::time::timeout(Duration::from_secs(6), next.execute(&again)).await;
    assert!(matches!(granted.unwrap().unwrap().answer, Answer::Granted(_)));
    assert!(proxy.has_happened());
}

/// Readers behind a writer may all go at once, and each grant changes what the others have seen: if all of
/// them tried again at once, they would need as many calls each as there are readers.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_that_may_go_at_once_needs_few_calls_each() {
    let server = Server::start();
    let writer = LockManager::new(server.open("n").await, "writer").unwrap();
    let held = writer.acquire("hot").await.unwrap().held().unwrap();
    let crowd = crowd().max(100);
    let mut readers = JoinSet::new();
    for number in 0..crowd {
        let store = server.open("n").await;
        let reader = LockManager::new(store, format!("reader-{number}").as_str()).unwrap();
        readers.spawn(async move {
            let grant = reader.acquire("hot").shared().wait(Duration::from_secs(60)).await;
            assert_eq!(grant.unwrap().held().unwrap().iter().count(), 1);
        });
    }
    while server.waiters() < crowd as u64 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = server.script_calls();
    writer.release(&held).await.unwrap();
    readers.join_all().await;
    let calls = (server.script_calls() - before) / crowd as u64;
    println!("{calls} calls each of {crowd}");
    assert!(calls <= GOING, "{calls} calls each");
}
