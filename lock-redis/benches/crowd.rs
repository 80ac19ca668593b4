//! Contention: `benches/crowd.rs` on this store.
//!
//! `cargo bench -p lock-redis --bench crowd [-- --quick]`.
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

use benches::crowd;
use here::Here;
use server::Server;

fn main() {
    if crowd::child::<Here>() {
        return;
    }
    let server = Server::start();
    crowd::measure::<Here>(&server.socket(), "");
}
