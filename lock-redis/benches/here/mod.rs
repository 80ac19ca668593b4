//! Namespaces on one server, and the bare round trips beside them.

use std::path::{Path, PathBuf};

use lock_redis::RedisBackend;
use tokio::runtime::{Builder, Runtime};

use crate::{bare::Bare, benches::stores::Stores};

pub(crate) struct Here {
    socket: PathBuf,
    runtime: Runtime,
}

impl Stores for Here {
    type Backend = RedisBackend;

    const NAME: &'static str = "Redis";
    const FLOOR: &'static str = "bare round trips";

    fn at(place: &Path) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Self { socket: place.to_owned(), runtime }
    }

    fn open(&self, name: &str) -> RedisBackend {
        let url = format!("redis+unix:{}?namespace={name}", self.socket.display());
        self.wait(RedisBackend::connect(&url)).unwrap()
    }

    /// Of a path of this process's own.
    fn floor(&self, name: &str) -> impl FnMut() {
        let mut bare = self.wait(Bare::on(&self.socket, name));
        let path = format!("src/module/file-{}.rs", std::process::id());
        // No two processes write the same record.
        let mut number = (std::process::id() as usize) << 32;
        move || {
            self.wait(bare.cycle(&path, number));
            number += 1;
        }
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}
