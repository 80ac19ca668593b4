//! The Redis and Valkey store of an advisory lock manager.
//!
//! A namespace is a fixed few keys, `{lockctl:NAMESPACE}:…`, and every step is one call of one
//! script. See [`RedisBackend`].

mod address;
mod backend;
mod changed;
#[cfg(feature = "cluster")]
mod cluster;
mod commit;
mod connection;
mod counts;
mod error;
mod facts;
#[cfg(any(test, fuzzing))]
pub mod fuzzed;
mod head;
mod heard;
mod inspect;
mod known;
mod line;
mod listen;
mod load;
mod log;
mod name;
mod node;
mod options;
mod quiet;
mod record;
mod repair;
mod route;
mod runtime;
mod scheme;
mod script;
mod seen;
#[cfg(feature = "sentinel")]
mod sentinel;
mod specimen;
mod store;
mod tls;
mod turn;
mod words;

pub use backend::RedisBackend;
pub use options::RedisOptions;
pub use scheme::SCHEME;
