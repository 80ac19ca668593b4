//! Whose turn in line it is reads those who stood ahead, by name, and nobody behind.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so at once")]

mod server;

use lock_core::{
    Acquire, AgentId, Answer, Command, Leave, LockBackend as _, LockManager, Mode, Nonce, Pattern,
    RecordId, Scope, Ttl,
};
use lock_redis::RedisBackend;
use server::Server;

fn place(number: u128) -> RecordId {
    RecordId::new(Nonce::from_bits(number), 0)
}

/// Asks for the path `hot` from this place, knowing of these ahead; none: of nobody.
fn ask(number: u128, ahead: Option<Vec<RecordId>>) -> Command {
    let mut request = Acquire {
        agent: AgentId::new(&format!("agent-{number}")).unwrap(),
        holder: None,
        patterns: vec![Pattern::literal("hot").unwrap()],
        mode: Mode::Exclusive,
        reason: None,
        ttl: Ttl::default(),
        processes: Vec::new(),
        wait: Some(place(number).into()),
    };
    if let Some(place) = &mut request.wait {
        place.ahead = ahead;
    }
    Command::new(request)
}

/// How often since it was asked last the whole line was read.
fn looks_at_all(server: &Server) -> u64 {
    let stats = server.say(&["INFO", "commandstats"]);
    let calls = stats.lines().find_map(|line| {
        line.strip_prefix("cmdstat_hgetall:calls=")?.split(',').next()?.parse().ok()
    });
    server.say(&["CONFIG", "RESETSTAT"]);
    calls.unwrap_or(0)
}

#[tokio::test]
async fn only_who_is_named_is_read() {
    let server = Server::start();
    let holder = LockManager::new(server.open("n").await, "holder").unwrap();
    let _ = holder.acquire("hot").await.unwrap().held().unwrap();
    let store = server.open("n").await;
    for number in 1..=5 {
        assert!(store.execute(&ask(number, None)).await.unwrap().changed);
    }
    looks_at_all(&server);
    for (named, there) in [(vec![2, 4, 9], vec![2, 4]), (vec![9], vec![]), (vec![5], vec![5])] {
        let scope = named.iter().fold(Scope::default(), |it, it_is| it.with_waiter(place(*it_is)));
        let mut found: Vec<_> =
            store.view(&scope).await.unwrap().waiters.iter().map(|waiter| waiter.id).collect();
        found.sort();
        assert_eq!(found, there.into_iter().map(place).collect::<Vec<_>>(), "{named:?}");
    }
    assert_eq!(looks_at_all(&server), 0);
    // More names than are worth while.
    let many = (1..=600).fold(Scope::default(), |it, number| it.with_waiter(place(number)));
    assert_eq!(store.view(&many).await.unwrap().waiters.len(), 5);
    assert_eq!(looks_at_all(&server), 1);
}

/// It read all who waited, lost its race against whoever had come meanwhile, and was sent behind a crowd
/// that only came: in the first second of a hundred on one path nobody held it most of the time.
#[tokio::test]
async fn who_is_next_is_granted_by_one_call_whoever_comes_into_line() {
    let server = Server::start();
    let holder = LockManager::new(server.open("n").await, "holder").unwrap();
    let held = holder.acquire("hot").await.unwrap().held().unwrap();
    let next: RedisBackend = server.open("n").await;
    let other = server.open("n").await;
    assert!(other.execute(&ask(1, None)).await.unwrap().changed);
    assert!(next.execute(&ask(2, None)).await.unwrap().changed);
    // The one ahead gives up, and others come.
    let left = other.execute(&Command::new(Leave { waiter: place(1) })).await;
    assert!(left.unwrap().changed);
    for number in 3..10 {
        assert!(other.execute(&ask(number, None)).await.unwrap().changed);
    }
    holder.release(&held).await.unwrap();
    let before = server.script_calls();
    let answer = next.execute(&ask(2, Some(vec![place(1)]))).await.unwrap().answer;
    assert!(matches!(answer, Answer::Granted(_)), "{answer:?}");
    assert_eq!(server.script_calls() - before, 1);
}
