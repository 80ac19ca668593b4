//! The cycle of a lock, beside the bare round trips that write the same bytes.
//!
//! Floor and store take turns in one run on one server, so that drift hits both; medians and their
//! ratio are printed. `cargo bench -p lock-redis`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench"
)]

#[path = "../tests/server/mod.rs"]
mod server;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use lock_core::LockManager;
use redis::{Cmd, aio::ConnectionLike as _};
use server::Server;

/// Writes what an acquire writes.
const BARE_TAKE: &str = "
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'token', ARGV[2], 'format', '1')
redis.call('ZADD', KEYS[3], 0, ARGV[3])
redis.call('ZADD', KEYS[4], 0, ARGV[4])
redis.call('HSET', KEYS[2], ARGV[5], ARGV[6])
redis.call('RPUSH', KEYS[6], ARGV[7])
redis.call('LTRIM', KEYS[6], -20000, -1)
redis.call('PUBLISH', ARGV[8], ARGV[1])
return redis.call('TIME')";

/// Writes what a release writes.
const BARE_FREE: &str = "
redis.call('ZREM', KEYS[3], ARGV[3])
redis.call('ZREM', KEYS[4], ARGV[4])
redis.call('HDEL', KEYS[2], ARGV[5])
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'token', ARGV[2], 'format', '1')
redis.call('ZADD', KEYS[7], 0, ARGV[6])
redis.call('RPUSH', KEYS[6], ARGV[7])
redis.call('LTRIM', KEYS[6], -20000, -1)
redis.call('PUBLISH', ARGV[8], ARGV[1])
return redis.call('TIME')";

/// The bare cycle on one connection.
#[derive(Clone)]
struct Bare {
    connection: redis::aio::MultiplexedConnection,
    hashes: [String; 2],
}

impl Bare {
    async fn on(server: &Server) -> Self {
        let client = redis::Client::open(format!("redis+unix://{}", server.socket().display()));
        let mut connection = client.unwrap().get_multiplexed_async_connection().await.unwrap();
        let mut hashes = Vec::new();
        for script in [BARE_TAKE, BARE_FREE] {
            let mut load = redis::cmd("SCRIPT");
            hashes.push(load.arg("LOAD").arg(script).query_async(&mut connection).await.unwrap());
        }
        Self { connection, hashes: hashes.try_into().unwrap() }
    }

    async fn cycle(&mut self, path: &str, number: usize) {
        let id = format!("{number:032x}-0");
        let body = format!(
            r#"{{"id":"{id}","pattern":"{path}","agent":"agent-7","mode":"exclusive","ttl_ms":300000}}"#
        );
        let record =
            format!("1764000000000000 1764000000000000 1764000000000000 1764000000000000 0 {body}");
        let name = format!("{path}\0\0{id}\x001764000000000000");
        let agent = format!("agent-7\0{id}");
        let line = format!("A {number} 1764000000000000 {number:032x} {record}");
        self.call(0, [&number.to_string(), "1764000000000000", &name, &agent, &id, &record, &line])
            .await;
        let ending = format!(
            "agent-7\0\0{path}\0{number:016} 1764000000000000 1764000000000000 1764000000000000 \
             {{\"id\":\"{id}\",\"mode\":\"exclusive\",\"ended\":\"released\",\"by\":\"agent-7\",\
             \"nonce\":\"{number:032x}\"}}"
        );
        let line = format!("E {number} 1764000000000000 {number:032x} {ending}");
        self.call(1, [&number.to_string(), "1764000000000000", &name, &agent, &id, &ending, &line])
            .await;
    }

    async fn call(&mut self, which: usize, arguments: [&str; 7]) {
        let mut call: Cmd = redis::cmd("EVALSHA");
        call.arg(&self.hashes[which]).arg(7);
        for key in ["meta", "locks", "anchors", "agents", "waiters", "log", "endings"] {
            call.arg(format!("{{bare}}:{key}"));
        }
        for argument in arguments {
            call.arg(argument);
        }
        call.arg("{bare}:changed");
        let answer = self.connection.req_packed_command(&call).await.unwrap();
        answer.extract_error().unwrap();
    }
}

async fn cycle(locks: &LockManager, path: &str) {
    let leases = locks.acquire(path).await.unwrap().held().unwrap();
    assert_eq!(locks.release(&leases).await.unwrap().released.len(), 1);
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn report(what: &str, floor: Duration, store: Duration) {
    let ratio = store.as_secs_f64() / floor.as_secs_f64();
    println!("{what:<44} floor {floor:>9.1?}  store {store:>9.1?}  ratio {ratio:.2}");
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let server = Server::start();
    let rounds = std::env::var("LOCK_BENCH_ROUNDS").map_or(2_000, |text| text.parse().unwrap());
    let mut bare = Bare::on(&server).await;
    let store = Arc::new(server.open("bench").await);
    let locks = LockManager::new(Arc::clone(&store), "agent-7").unwrap();
    let path = "src/module/file.rs";

    one_path("one path, one task", &locks, &mut bare, path, rounds).await;
    tasks(&locks, &bare, 100, rounds / 20).await;

    for number in 0..100 {
        let many: Vec<String> = (0..1_000).map(|i| format!("other/d{number}/f{i}.rs")).collect();
        let _ = locks.acquire(many).await.unwrap();
    }
    one_path("the same with 100,000 locks held", &locks, &mut bare, path, rounds / 2).await;
    one_path("a glob with 100,000 locks elsewhere", &locks, &mut bare, "src/**/*.rs", rounds / 2)
        .await;
}

async fn one_path(what: &str, locks: &LockManager, bare: &mut Bare, path: &str, rounds: usize) {
    let (mut floor, mut ours) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let start = Instant::now();
        bare.cycle(path, round).await;
        floor.push(start.elapsed());
        let start = Instant::now();
        cycle(locks, path).await;
        ours.push(start.elapsed());
    }
    report(what, median(floor), median(ours));
}

/// Tasks on paths of their own over one connection; the time of one cycle, all counted.
async fn tasks(locks: &LockManager, bare: &Bare, count: usize, rounds: usize) {
    let (mut floor, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let start = Instant::now();
        let tasks = (0..count).map(|task| {
            let mut bare = bare.clone();
            tokio::spawn(async move {
                let path = format!("src/module/file{task}.rs");
                for round in 0..rounds {
                    bare.cycle(&path, task * rounds + round).await;
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        floor.push(start.elapsed() / u32::try_from(count * rounds).unwrap());
        let start = Instant::now();
        let tasks = (0..count).map(|task| {
            let locks = locks.clone();
            tokio::spawn(async move {
                let path = format!("src/module/file{task}.rs");
                for _ in 0..rounds {
                    cycle(&locks, &path).await;
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        ours.push(start.elapsed() / u32::try_from(count * rounds).unwrap());
    }
    report("100 tasks on disjoint paths, one connection", median(floor), median(ours));
}
