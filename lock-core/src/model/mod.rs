//! The nouns: who locks, for how long, under which token, and the records that a store keeps.

mod agent;
mod cause;
mod ending;
mod holder;
mod lock;
mod mode;
mod nonce;
mod process;
mod reason;
mod time;
mod token;
mod ttl;
mod version;
mod waiter;

pub use agent::{AgentId, InvalidAgent};
pub use cause::Cause;
pub use ending::Ending;
pub use holder::HolderId;
pub use lock::Lock;
pub use mode::Mode;
pub use nonce::{InvalidName, Nonce, RecordId};
pub use process::Process;
pub use reason::{InvalidReason, Reason};
pub use time::{InvalidTime, Timestamp};
pub use token::Token;
pub use ttl::{InvalidDuration, Ttl, parse_duration};
pub use version::Version;
pub use waiter::Waiter;
