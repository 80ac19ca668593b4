//! Looking: `benches/look.rs` on this store.
//!
//! `cargo bench -p lock-redis --bench look [-- --quick]`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench prints, and stops where it cannot go on"
)]

mod bare;
#[path = "../../benches/mod.rs"]
mod benches;
mod here;
#[path = "../tests/server/mod.rs"]
mod server;

use std::{cell::RefCell, hint::black_box};

use benches::{look, look::Bare, stores::Stores as _};
use here::Here;

use redis::cmd;
use server::Server;

fn main() {
    let server = Server::start();
    let here = Here::at(&server.socket());
    let count = look::filled(&here, "look");
    let client = redis::Client::open(format!("redis+unix://{}", server.socket().display()));
    let connection = here.wait(client.unwrap().get_multiplexed_async_connection()).unwrap();
    let connection = RefCell::new(connection);
    let key = |name: &str| format!("{{lockctl:look}}:{name}");
    let all = || {
        let mut connection = connection.borrow_mut();
        let call = cmd("HGETALL").arg(key("data")).to_owned();
        let fields: Vec<(String, String)> = here.wait(call.query_async(&mut *connection)).unwrap();
        // Beside the records there are a few numbers, whose names are words.
        black_box(fields).iter().filter(|(name, _)| name.contains('-')).count()
    };
    let id = {
        let path = look::PATH;
        let mut call = cmd("ZRANGEBYLEX");
        call.arg(key("index")).arg(format!("[a{path}\0")).arg(format!("[a{path}\x01"));
        let names: Vec<String> =
            here.wait(call.query_async(&mut *connection.borrow_mut())).unwrap();
        names[0].split('\0').nth(2).unwrap().to_owned()
    };
    let one = || {
        let mut connection = connection.borrow_mut();
        let call = cmd("HGET").arg(key("data")).arg(&id).to_owned();
        let record: String = here.wait(call.query_async(&mut *connection)).unwrap();
        assert!(!black_box(record).is_empty());
    };
    let bare = Bare { all: ("reading all records", &all), one: ("reading one record", &one) };
    look::measure(&here, "look", count, &bare);
}
