//! The floor: two scripts that write what a cycle writes, and ask for nothing.

use std::path::Path;

use redis::{Cmd, aio::ConnectionLike as _};

/// Writes what an acquire writes.
const BARE_TAKE: &str = include_str!("../../src/lua/floor/take.lua");

/// Writes what a release writes.
const BARE_FREE: &str = include_str!("../../src/lua/floor/free.lua");

const KEYS: [&str; 6] = ["data", "index", "waiters", "log", "quarantine", "changed"];

/// The bare cycle on one connection.
#[derive(Clone)]
pub(crate) struct Bare {
    connection: redis::aio::MultiplexedConnection,
    hashes: [String; 2],
    keys: [String; KEYS.len()],
}

impl Bare {
    /// On the server with this socket; `name` sets its keys apart from others'.
    pub(crate) async fn on(socket: &Path, name: &str) -> Self {
        let client = redis::Client::open(format!("redis+unix://{}", socket.display()));
        let mut connection = client.unwrap().get_multiplexed_async_connection().await.unwrap();
        let mut hashes = Vec::new();
        for script in [BARE_TAKE, BARE_FREE] {
            let mut load = redis::cmd("SCRIPT");
            hashes.push(load.arg("LOAD").arg(script).query_async(&mut connection).await.unwrap());
        }
        let keys = KEYS.map(|key| format!("{{bare:{name}}}:{key}"));
        Self { connection, hashes: hashes.try_into().unwrap(), keys }
    }

    pub(crate) async fn cycle(&mut self, path: &str, number: usize) {
        // As scattered as the names of real commands: the index pays for that.
        let number = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let holder = format!("{:016x}", number >> 64);
        let (id, version) = (format!("{number:032x}-0"), format!("{:016}", number >> 80));
        let body = format!(
            r#"{{"id":"{id}","pattern":"{path}","agent":"agent-7","holder":"{holder}","mode":"exclusive","ttl_ms":300000}}"#
        );
        let time = "1764000000000000";
        let record = format!("{time} {time} {time} {time} 0 {body}");
        let name = format!("a{path}\0\0{id}\0{time}");
        let agent = format!("gagent-7\0{id}");
        let line = format!("A {version} {time} {number:032x} {record}");
        self.call(0, [&version, time, &name, &agent, &id, &record, &line]).await;
        let ending = format!(
            "eagent-7\0{holder}\0{path}\0{version} {time} {time} {time} {{\"id\":\"{id}\",\
             \"mode\":\"exclusive\",\"ended\":\"released\",\"by\":\"agent-7\",\
             \"nonce\":\"{number:032x}\"}}"
        );
        let line = format!("E {version} {time} {number:032x} {ending}");
        self.call(1, [&version, time, &name, &agent, &id, &ending, &line]).await;
    }

    async fn call(&mut self, which: usize, arguments: [&str; 7]) {
        let mut call: Cmd = redis::cmd("EVALSHA");
        call.arg(&self.hashes[which]).arg(5);
        let [scripts_keys @ .., channel] = &self.keys;
        for key in scripts_keys {
            call.arg(key);
        }
        for argument in arguments {
            call.arg(argument);
        }
        call.arg(channel);
        let answer = self.connection.req_packed_command(&call).await.unwrap();
        answer.extract_error().unwrap();
    }
}
