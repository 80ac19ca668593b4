//! A namespace to be measured, and the bare round trips beside it.

use std::sync::Arc;

use async_trait::async_trait;
use lock_core::{BackendError, LockBackend, Nonce, Specimen};
use redis::{Value, cmd};

use crate::{
    RedisBackend, RedisOptions,
    error::{Call, unreadable},
    script::KEYS,
};

const TAKE: &str = include_str!("lua/floor/take.lua");
const FREE: &str = include_str!("lua/floor/free.lua");

/// The floor's keys, in the order of its scripts.
const FLOOR: [&str; 4] = ["floor-data", "floor-index", "floor-waiters", "floor-log"];

/// A namespace of its own on the same server, and the floor's keys in it.
pub(crate) struct Beside {
    backend: Arc<RedisBackend>,
    scripts: [String; 2],
    count: u64,
}

impl Beside {
    /// A new one on the server of `options`.
    pub(crate) async fn new(options: RedisOptions) -> Result<Self, BackendError> {
        let options = options.namespace(&format!("bench-{}", Nonce::random()))?;
        let backend = Arc::new(options.connect().await?);
        let mut this = Self { backend, scripts: Default::default(), count: 0 };
        for (script, text) in [TAKE, FREE].into_iter().enumerate() {
            let load = this.ask(&["SCRIPT".into(), "LOAD".into(), text.into()]).await?;
            let Value::BulkString(hash) = load else { return Err(unreadable("no hash")) };
            if let Some(slot) = this.scripts.get_mut(script) {
                *slot = String::from_utf8_lossy(&hash).into_owned();
            }
        }
        Ok(this)
    }

    async fn ask(&self, words: &[String]) -> Result<Value, BackendError> {
        let make = |_| {
            let (name, rest) = words.split_first().ok_or_else(|| unreadable("no command"))?;
            let mut call = cmd(name);
            call.arg(rest);
            Ok(call)
        };
        let store = self.backend.store();
        Ok(self.backend.within(store.connection.call(Call::Sent, make)).await?.0)
    }

    async fn call(&self, script: &str, arguments: [String; 7]) -> Result<(), BackendError> {
        let mut words = vec!["EVALSHA".to_owned(), script.to_owned(), FLOOR.len().to_string()];
        words.extend(FLOOR.map(|key| self.key(key)));
        words.extend(arguments);
        words.push(self.key("floor-changed"));
        self.ask(&words).await.map(drop)
    }

    fn key(&self, name: &str) -> String {
        self.backend.store().keys.named(name)
    }
}

#[async_trait]
impl Specimen for Beside {
    fn backend(&self) -> Arc<dyn LockBackend> {
        Arc::clone(&self.backend) as Arc<dyn LockBackend>
    }

    async fn floor(&mut self) -> Result<(), BackendError> {
        self.count += 1;
        let (count, path, time) = (self.count, "src/module/file.rs", "1764000000000000");
        let id = format!("{count:032x}-0");
        let record = format!(
            "{time} {time} {time} {time} 0 {{\"id\":\"{id}\",\"pattern\":\"{path}\",\
             \"agent\":\"agent-7\",\"mode\":\"exclusive\",\"ttl_ms\":300000}}"
        );
        let (name, agent) = (format!("{path}\0\0{id}\0{time}"), format!("agent-7\0{id}"));
        let line = format!("A {count} {time} {count:032x} {record}");
        let words =
            [count.to_string(), time.into(), name.clone(), agent.clone(), id.clone(), record, line];
        let [take, free] = &self.scripts;
        self.call(take, words).await?;
        let ending = format!(
            "agent-7\0\0{path}\0{count:016} {time} {time} {time} {{\"id\":\"{id}\",\
             \"mode\":\"exclusive\",\"ended\":\"released\",\"by\":\"agent-7\",\
             \"nonce\":\"{count:032x}\"}}"
        );
        let line = format!("E {count} {time} {count:032x} {ending}");
        let words = [count.to_string(), time.into(), name, agent, id, ending, line];
        self.call(free, words).await
    }

    async fn remove(self: Box<Self>) -> Result<(), BackendError> {
        let keys = KEYS.iter().chain(&FLOOR).map(|key| self.key(key));
        self.ask(&[vec!["DEL".to_owned()], keys.collect()].concat()).await.map(drop)
    }
}
