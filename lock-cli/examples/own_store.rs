//! A whole `lockctl` with one more store: the one that `docs/writing-a-backend.md` walks through.
//!
//!     cargo run -p lock-cli --example own_store -- acquire src/a.rs --agent me --backend json:.locks

use std::process::ExitCode;

#[path = "../../conformance-tests/tests/json_file/backend.rs"]
mod backend;
#[path = "../../conformance-tests/tests/json_file/scheme.rs"]
mod scheme;

fn main() -> ExitCode {
    lock_cli::main(lock_cli::builtin().with(&scheme::SCHEME))
}
