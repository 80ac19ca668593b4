//! What a server can do to its clients, and what they make of it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so at once"
)]

mod server;

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use lock_core::{Error, ErrorKind, ListFilter, LockManager};
use lock_redis::RedisBackend;
use server::{Server, free_port, proxy::Proxy};

/// A server out of reach is told within 2 s; the rest is for a machine that is busy.
const SOON: Duration = Duration::from_secs(4);

async fn agent(url: &str, name: &str) -> LockManager {
    LockManager::new(RedisBackend::connect(url).await.unwrap(), name).unwrap()
}

#[track_caller]
fn kind<T: std::fmt::Debug>(answer: Result<T, Error>) -> (ErrorKind, String) {
    match answer.unwrap_err() {
        Error::Backend(error) => (error.kind(), error.to_string()),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn nobody_on_the_port_is_told_soon() {
    for url in [format!("redis://127.0.0.1:{}", free_port()), "redis+unix:/no/where".to_owned()] {
        let begun = Instant::now();
        let error = RedisBackend::connect(&url).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    }
}

/// Its backlog is full: the kernel drops the next greeting, as a firewall would.
#[tokio::test]
async fn a_black_hole_is_told_soon() {
    let hole = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    hole.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    hole.listen(0).unwrap();
    let address = hole.local_addr().unwrap().as_socket().unwrap();
    let mut fill = Vec::new();
    while let Ok(more) = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(300))
    {
        fill.push(more);
    }
    let begun = Instant::now();
    let error = RedisBackend::connect(&format!("redis://{address}")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn one_that_accepts_and_never_answers_is_told_soon() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let begun = Instant::now();
    let locks = agent(&url, "one").await;
    let (kind_of_change, _) = kind(locks.acquire("a").await);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    // It was sent, and nobody can tell what became of it.
    assert_eq!(kind_of_change, ErrorKind::Unknown);
    let begun = Instant::now();
    assert_eq!(kind(locks.list(ListFilter::default()).await).0, ErrorKind::Unavailable);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_no_redis_is_told_apart_from_a_lost_reply() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for mut client in listener.incoming().flatten() {
            let _ = client.read(&mut [0; 1_024]);
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let (kind, text) = kind(agent(&url, "one").await.acquire("a").await);
    assert_eq!(kind, ErrorKind::Unavailable, "{text}");
    assert!(text.contains("does not speak as Redis does"), "{text}");
}

/// The server throws everybody out between two calls.
#[tokio::test]
async fn a_broken_connection_is_made_anew_without_a_word() {
    let server = Server::start();
    let locks = agent(&server.url("n"), "one").await;
    let leases = locks.acquire("a").await.unwrap().held().unwrap();
    let throw_out = || assert!(server.say(&["CLIENT", "KILL", "TYPE", "normal"]).contains(':'));
    throw_out();
    assert_eq!(locks.list(ListFilter::default()).await.unwrap().locks.len(), 1);
    throw_out();
    assert_eq!(locks.refresh("a").await.unwrap().lost, []);
    throw_out();
    assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
    throw_out();
    assert!(locks.acquire("b").await.unwrap().held().is_ok());
}

#[tokio::test]
async fn a_reply_lost_after_the_commit_is_settled_by_the_nonce() {
    let server = Server::start();
    let proxy = Proxy::to(server.port);
    let (one, two) = (agent(&proxy.url("n"), "one").await, agent(&server.url("n"), "two").await);
    // The server has to know the script: else what is lost is that it does not, and no commit.
    let known = two.acquire("known").await.unwrap().held().unwrap();
    assert_eq!(two.release(&known).await.unwrap().released.len(), 1);
    proxy.lose_next_reply();
    let leases = one.acquire(["a", "b/*"]).await.unwrap().held().unwrap();
    assert!(proxy.has_happened() && leases.any_fresh());
    let held = two.list(ListFilter::default()).await.unwrap().locks;
    assert_eq!(held.len(), 2, "once, not twice: {held:?}");
    assert!(held.iter().all(|(lock, _)| lock.token == leases.token()));

    proxy.lose_next_reply();
    assert_eq!(one.refresh("a").await.unwrap().lost, []);
    assert!(proxy.has_happened());

    proxy.lose_next_reply();
    assert_eq!(one.release(&leases).await.unwrap().released.len(), 2);
    assert!(proxy.has_happened());
    assert_eq!(two.list(ListFilter::default()).await.unwrap().locks, []);
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_told_again() {
    let server = Server::start();
    let proxy = Proxy::to(server.port);
    let one = agent(&proxy.url("n"), "one").await;
    let two = agent(&server.url("n"), "two").await;
    let flush = || assert!(server.say(&["SCRIPT", "FLUSH"]).starts_with("+OK"));
    let leases = one.acquire("a").await.unwrap().held().unwrap();
    flush();
    assert_eq!(one.refresh("a").await.unwrap().lost, []);
    flush();
    assert_eq!(one.release(&leases).await.unwrap().released.len(), 1);

    // Between the look and the commit: what is shared has to be looked at first.
    assert!(two.acquire("a").shared().await.unwrap().held().is_ok());
    let socket = server.socket();
    proxy.hold_up_next_reply(move || {
        assert!(server::say(&socket, &["SCRIPT", "FLUSH"]).starts_with("+OK"));
    });
    let (before, _) = proxy.traffic();
    assert!(one.acquire("a").shared().await.unwrap().held().is_ok());
    assert!(proxy.has_happened());
    assert_eq!(proxy.traffic().0 - before, 3, "the look, the refusal, the text");
}

/// Who has stopped waiting must not be given a lock later that nobody knows of.
#[tokio::test]
async fn what_a_pause_held_up_for_too_long_is_not_carried_out() {
    let server = Server::with(&["--save", ""]);
    // Redis 6.2 knows no such setting, and lets everybody.
    let allowed = server.may_debug();
    let server = if allowed {
        server
    } else {
        Server::with(&["--save", "", "--enable-debug-command", "local"])
    };
    for (number, sleep) in [["CLIENT", "PAUSE", "5000"], ["DEBUG", "SLEEP", "5"]].iter().enumerate()
    {
        let locks = agent(&server.url(&format!("n{number}")), "one").await;
        // It has heard the server's clock.
        let leases = locks.acquire("warm").await.unwrap().held().unwrap();
        locks.release(&leases).await.unwrap();
        let socket = server.socket();
        let asleep = std::thread::spawn(move || server::say(&socket, sleep));
        std::thread::sleep(Duration::from_millis(300));
        let (kind, text) = kind(locks.acquire("a").await);
        assert_eq!(kind, ErrorKind::Unknown, "{sleep:?}: {text}");
        asleep.join().unwrap();
        let end = Instant::now() + Duration::from_secs(30);
        // Answered again, all that stood in front of this has been carried out or not.
        let held = loop {
            match locks.list(ListFilter::default()).await {
                Ok(held) => break held.locks,
                Err(error) => assert!(Instant::now() < end, "{error}"),
            }
        };
        assert_eq!(held, [], "{sleep:?}");
        assert!(locks.acquire("a").await.unwrap().held().is_ok());
    }
}

#[tokio::test]
async fn a_full_server_takes_nothing_new_and_lets_go() {
    let server = Server::with(&["--save", "", "--maxmemory-policy", "noeviction"]);
    let one = agent(&server.url("n"), "one").await;
    let leases = one.acquire(["a", "b"]).await.unwrap().held().unwrap();
    assert!(server.say(&["CONFIG", "SET", "maxmemory", "1"]).starts_with("+OK"));
    let (kind, text) = kind(one.acquire("c").await);
    assert_eq!(kind, ErrorKind::Full, "{text}");
    assert_eq!(one.refresh(["a", "b"]).await.unwrap().lost, []);
    assert_eq!(one.list(ListFilter::default()).await.unwrap().locks.len(), 2);
    assert_eq!(one.release(&leases).await.unwrap().released.len(), 2);
    assert!(server.say(&["CONFIG", "SET", "maxmemory", "0"]).starts_with("+OK"));
    assert!(one.acquire("c").await.unwrap().held().is_ok());
}

/// All that stands in a namespace. A hash that grows has no order, so none of this has.
fn contents(server: &Server, namespace: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for key in ["data", "index", "waiters", "log"] {
        let key = format!("{{lockctl:{namespace}}}:{key}");
        let range = ["0", "-1"];
        for (word, rest) in
            [("GET", &[][..]), ("HGETALL", &[]), ("ZRANGE", &range), ("LRANGE", &range)]
        {
            let said = server.say(&[&[word, &key], rest].concat());
            lines.extend(said.split("\r\n").map(|line| format!("{key} {line}")));
        }
    }
    lines.sort();
    lines
}

#[tokio::test]
async fn a_key_of_another_type_is_named_and_nothing_is_half_done() {
    let server = Server::start();
    for name in ["data", "index", "waiters", "log"] {
        let locks = agent(&server.url(name), "one").await;
        let (key, kept) = (format!("{{lockctl:{name}}}:{name}"), format!("kept:{name}"));
        let leases = locks.acquire("before").await.unwrap().held().unwrap();
        server.say(&["RENAME", &key, &kept]);
        assert!(server.say(&["SET", &key, "squatted"]).starts_with("+OK"));
        let state = || contents(&server, name);
        let before = state();
        let (kind, text) = kind(locks.acquire("a").await);
        assert_eq!(kind, ErrorKind::Corrupt, "{text}");
        assert!(text.contains(&key) && text.contains("is a string"), "{text}");
        assert_eq!(state(), before, "{name}");
        server.say(&["DEL", &key]);
        server.say(&["RENAME", &kept, &key]);
        assert!(locks.acquire("a").await.unwrap().held().is_ok());
        assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
    }
}

/// A step that compares nothing, because nobody else has written, looks at no type before it writes.
#[tokio::test]
async fn a_key_of_another_type_is_named_also_to_who_works_alone() {
    let server = Server::start();
    for (number, key) in ["data", "index", "log"].iter().enumerate() {
        let name = format!("n{number}");
        let locks = agent(&server.url(&name), "one").await;
        let key = format!("{{lockctl:{name}}}:{key}");
        let state = || contents(&server, &name);
        let squat = || {
            server.say(&["RENAME", &key, "kept"]);
            assert!(server.say(&["SET", &key, "squatted"]).starts_with("+OK"));
            state()
        };
        let leave = || {
            server.say(&["DEL", &key]);
            server.say(&["RENAME", "kept", &key]);
        };
        let leases = locks.acquire("a").await.unwrap().held().unwrap();
        assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);

        let before = squat();
        let (what, text) = kind(locks.acquire("a").await);
        assert_eq!(what, ErrorKind::Corrupt, "{text}");
        assert!(text.contains(&key) && text.contains("is a string"), "{text}");
        assert_eq!(state(), before, "{key}");
        leave();

        let leases = locks.acquire("a").await.unwrap().held().unwrap();
        let before = squat();
        let (what, text) = kind(locks.release(&leases).await);
        assert_eq!(what, ErrorKind::Corrupt, "{text}");
        assert_eq!(state(), before, "{key}");
        leave();
        assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
    }
}

#[tokio::test]
async fn a_replica_takes_no_locks_and_says_why() {
    let server = Server::start();
    let locks = agent(&server.url("n"), "one").await;
    let _ = locks.acquire("a").await.unwrap();
    let port = free_port().to_string();
    assert!(server.say(&["REPLICAOF", "127.0.0.1", &port]).starts_with("+OK"));
    let (kind, text) = kind(locks.acquire("b").await);
    assert_eq!(kind, ErrorKind::Unavailable, "{text}");
    assert!(text.contains("replica"), "{text}");
    assert!(server.say(&["REPLICAOF", "NO", "ONE"]).starts_with("+OK"));
    assert!(locks.acquire("b").await.unwrap().held().is_ok());
}

#[tokio::test]
async fn a_wrong_password_is_denied_and_not_repeated() {
    let server = Server::with(&["--save", "", "--requirepass", "right-s3cret"]);
    let port = server.port;
    for (user, said) in [("", "wants a password"), (":wr0ng@", "not accepted")] {
        let connected = RedisBackend::connect(&format!("redis://{user}127.0.0.1:{port}")).await;
        let error = match connected {
            Err(error) => error,
            Ok(store) => match LockManager::new(store, "one")
                .unwrap()
                .list(ListFilter::default())
                .await
                .unwrap_err()
            {
                Error::Backend(error) => error,
                other => panic!("{other}"),
            },
        };
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(said) && !shown.contains("wr0ng"), "{shown}");
    }
    let url = format!("redis://:right-s3cret@127.0.0.1:{port}");
    let store = RedisBackend::connect(&url).await.unwrap();
    assert!(!format!("{store} {store:?}").contains("s3cret"));
    let locks = LockManager::new(store, "one").unwrap();
    assert!(locks.acquire("a").await.unwrap().held().is_ok());
}
