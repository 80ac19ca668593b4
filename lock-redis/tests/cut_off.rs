//! The wire between a client and its server is cut in the middle of a hold, and neither is told:
//! every connection is half-open.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that cannot go on says so at once, and its child answers by what it prints"
)]

mod server;

use std::{
    env,
    io::{BufRead as _, BufReader, Lines, Write as _},
    process::{Child, ChildStdout, Stdio},
    time::{Duration, Instant},
};

use lock_core::{Error, Grant, Happening, ListFilter, LockManager};
use lock_redis::RedisBackend;
use server::{Server, wire::Wire};
use tokio::time::{sleep, timeout};

/// A call is given a second, and the next one half of that; the rest is for a busy machine.
const SOON: Duration = Duration::from_secs(4);
const A_WHILE: Duration = Duration::from_secs(60);
const URL: &str = "LOCK_TEST_CUT_OFF";
const SAYS: &str = "child says: ";

#[tokio::test]
async fn who_is_cut_off_is_told_soon_and_all_goes_on_when_the_wire_is_joined() {
    let Some(wire) = Wire::new() else { return };
    let (server, url) = Server::at_the_far_end(&wire);
    let here = LockManager::new(server.open("n").await, "here").unwrap();
    let theirs = here.acquire(["theirs", "later"]).await.unwrap().held().unwrap();
    let mut child = Client::start(&wire, &url);
    assert_eq!(child.says(), "holds guarded and doomed");
    let waiters = async {
        while here.who_has("theirs").await.unwrap().waiting.is_empty() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(A_WHILE, waiters).await.unwrap();

    wire.cut();
    child.tell("cut");
    // Whoever asks, waits or watches is told that nothing is known: never that something is free,
    // or nothing held.
    let told: Vec<String> = (0..5).map(|_| child.says()).collect();
    let of = |what: &str| {
        let said = told.iter().find_map(|said| said.strip_prefix(what)?.strip_prefix(": "));
        said.unwrap_or_else(|| panic!("nothing of {what}: {told:?}"))
    };
    assert_eq!(of("acquire"), "Unknown", "it was sent");
    assert_eq!(of("list"), "Unavailable");
    assert_eq!(of("check"), "Unavailable");
    assert_eq!(of("watch"), "Unavailable");
    // To keep a place in line is a change: it may have been made.
    assert!(["Unavailable", "Unknown"].contains(&of("wait")), "{told:?}");

    // The guard is given up before another can have its lock.
    assert_eq!(child.says(), "doomed is lost");
    assert!(matches!(here.acquire("doomed").await.unwrap(), Grant::Refused(_)));
    assert!(matches!(here.acquire("guarded").await.unwrap(), Grant::Refused(_)));

    wire.join();
    child.tell("joined");
    assert_eq!(child.says(), "holds guarded still, and after");
    assert_eq!(child.says(), "watches again");
    // Who stands in line now is told when its turn has come.
    let waiters = async {
        while here.who_has("later").await.unwrap().waiting.is_empty() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(A_WHILE, waiters).await.unwrap();
    here.release(&theirs).await.unwrap();
    assert_eq!(child.says(), "holds later and lets go");

    // What was sent into a cut wire and given up comes out of it when it is joined: too late.
    wire.cut();
    child.tell("cut again");
    assert_eq!(child.says(), "acquire: Unknown");
    let before = server.script_calls();
    wire.join();
    let end = Instant::now() + A_WHILE;
    while server.script_calls() == before {
        assert!(Instant::now() < end, "nothing came out of the wire");
        sleep(Duration::from_millis(10)).await;
    }
    let held = here.list(ListFilter::default()).await.unwrap().locks;
    let held = held.iter().map(|(lock, _)| lock.pattern.as_str());
    // The lease of what was lost may be over by now, or not.
    let held: Vec<_> = held.filter(|held| *held != "doomed").collect();
    assert_eq!(held, ["after"]);
}

/// The client at the near end. It does what it is told to, and says what came of it.
struct Client {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Client {
    fn start(wire: &Wire, url: &str) -> Self {
        let mut command = wire.at_the_near_end(&env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "child", "--nocapture", "--test-threads=1"]);
        command.env(URL, url).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, said }
    }

    fn says(&mut self) -> String {
        loop {
            let line = self.said.next().unwrap_or_else(|| panic!("it says no more")).unwrap();
            if let Some((_, said)) = line.split_once(SAYS) {
                return said.to_owned();
            }
        }
    }

    fn tell(&mut self, word: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{word}").unwrap();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
    }
}

fn says(what: &str) {
    println!("\n{SAYS}{what}");
}

/// Waits for this word of the test.
async fn is_told(word: &'static str) {
    let read = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
        assert_eq!(line.trim(), word);
    });
    read.await.unwrap();
}

/// Which error it is, and that it came soon.
async fn error<T: std::fmt::Debug>(answer: impl Future<Output = Result<T, Error>>) -> String {
    let begun = Instant::now();
    let kind = match answer.await {
        Err(Error::Backend(error)) => format!("{:?}", error.kind()),
        other => panic!("{other:?}"),
    };
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    kind
}

/// What the client at the near end does.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "another test runs it in another network namespace"]
async fn child() {
    let backend = RedisBackend::connect(&env::var(URL).unwrap()).await.unwrap();
    let locks = LockManager::new(backend, "child").unwrap();
    let lease = Duration::from_secs(10);
    let guarded = locks.hold("guarded").ttl(A_WHILE).await.unwrap().held().unwrap();
    let doomed = locks.hold("doomed").ttl(lease).await.unwrap().held().unwrap();
    let mut watch = locks.watch().await.unwrap();
    let waiter = tokio::spawn({
        let locks = locks.clone();
        async move { locks.acquire("theirs").wait(A_WHILE).await }
    });
    says("holds guarded and doomed");

    is_told("cut").await;
    let begun = Instant::now();
    says(&format!("acquire: {}", error(locks.acquire("given-up").into_future()).await));
    says(&format!("list: {}", error(locks.list(ListFilter::default())).await));
    says(&format!("check: {}", error(locks.check(locks.acquire("given-up"))).await));
    let until_it_fails = async {
        // What it had heard before the wire was cut.
        while begun.elapsed() < A_WHILE && watch.next().await.is_ok() {}
        watch.next().await
    };
    says(&format!("watch: {}", error(until_it_fails).await));
    // Its place is kept every other second, and each call may be tried twice.
    let answer = timeout(2 * SOON, waiter).await.unwrap().unwrap();
    let Err(Error::Backend(answer)) = answer else { panic!("{answer:?}") };
    says(&format!("wait: {:?}", answer.kind()));
    let loss = timeout(A_WHILE, doomed.lost()).await.unwrap();
    assert!(matches!(loss, lock_core::Loss::Overdue(_)), "{loss}");
    says("doomed is lost");

    is_told("joined").await;
    let end = Instant::now() + A_WHILE;
    // The way has to be found again: that takes the kernel a moment, and then it goes by itself.
    while let Err(error) = locks.acquire("after").await {
        assert!(Instant::now() < end, "{error}");
    }
    let all = locks.list(ListFilter::default()).await.unwrap().locks;
    let is_held = |name: &str| all.iter().any(|(lock, _)| lock.pattern.as_str() == name);
    assert!(is_held("guarded") && is_held("after") && guarded.check().is_none());
    says("holds guarded still, and after");
    loop {
        match watch.next().await {
            Ok(event) if matches!(&event.what, Happening::Acquired(lock) if lock.pattern.as_str() == "after") =>
            {
                break;
            }
            Ok(_) => {}
            Err(error) => assert!(Instant::now() < end, "{error}"),
        }
    }
    says("watches again");
    let later = locks.acquire("later").wait(A_WHILE).await.unwrap().held().unwrap();
    locks.release(&later).await.unwrap();
    guarded.release().await.unwrap();
    says("holds later and lets go");

    is_told("cut again").await;
    says(&format!("acquire: {}", error(locks.acquire("given-up").into_future()).await));
    // Its connections end with it.
    sleep(A_WHILE).await;
}
