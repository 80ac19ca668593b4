//! The Redis and Valkey store of an advisory lock manager.
//!
//! A namespace is a fixed few keys, `{lockctl:NAMESPACE}:…`, and every step is one call of one
//! script. See [`RedisBackend`].

mod backend;
mod changed;
mod commit;
mod connection;
mod error;
mod inspect;
mod known;
mod load;
mod log;
mod name;
mod options;
mod record;
mod runtime;
mod scheme;
mod script;
mod seen;

pub use backend::RedisBackend;
pub use options::RedisOptions;
pub use scheme::SCHEME;
