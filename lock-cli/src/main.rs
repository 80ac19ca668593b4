//! The `lockctl` binary: [`lock_cli`] with the built-in stores.

use std::process::ExitCode;

fn main() -> ExitCode {
    lock_cli::main(lock_cli::builtin())
}
