//! The suite on a Redis server of its own.

mod server;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU32, Ordering},
};

use conformance_tests::{Fixture, Store, Trouble};
use lock_core::{Lock, LockBackend};
use lock_redis::RedisBackend;
use server::Server;

fn main() {
    conformance_tests::run(Redis::default());
}

/// One server for all stores: each is a namespace.
#[derive(Default)]
struct Redis {
    server: OnceLock<Arc<Server>>,
    stores: AtomicU32,
}

struct Namespace(Arc<Server>, String);

fn open(url: &str) -> Result<Arc<dyn LockBackend>, Trouble> {
    Ok(Arc::new(futures_lite::future::block_on(RedisBackend::connect(url))?))
}

impl Fixture for Redis {
    fn name(&self) -> &str {
        "redis"
    }

    fn fresh(&self) -> Result<Box<dyn Store>, Trouble> {
        let server = self.server.get_or_init(|| Arc::new(Server::start()));
        let number = self.stores.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Namespace(Arc::clone(server), format!("n{number}"))))
    }

    fn reopen(&self, address: &str) -> Result<Arc<dyn LockBackend>, Trouble> {
        open(address)
    }

    fn processes(&self) -> bool {
        true
    }

    fn proves_death(&self) -> bool {
        true
    }

    fn damages(&self) -> bool {
        true
    }
}

impl Store for Namespace {
    fn connect(&self) -> Result<Arc<dyn LockBackend>, Trouble> {
        open(&self.0.url(&self.1))
    }

    fn address(&self) -> Option<String> {
        Some(self.0.url(&self.1))
    }

    fn damage(&self, lock: &Lock) -> bool {
        let (key, id) = (format!("{{lockctl:{}}}:data", self.1), lock.id.to_string());
        self.0.say(&["HSET", &key, &id, "{torn"]).starts_with(':')
    }
}
