//! A dozen scenarios of the suite, each a named test, on a store that takes some servers to set up.

#![allow(unreachable_pub, reason = "each test file uses it")]

use std::{any::Any, sync::Arc};

use conformance_tests::{Fixture, Store, Trouble};
use lock_core::LockBackend;
use lock_redis::RedisBackend;

/// One store at a URL, and what must live for as long as it does.
pub struct At {
    url: String,
    _servers: Box<dyn Any + Send + Sync>,
}

impl At {
    pub fn new(url: String, servers: impl Any + Send + Sync) -> Self {
        Self { url, _servers: Box::new(servers) }
    }
}

struct Namespace(String);

impl Fixture for At {
    fn name(&self) -> &str {
        "redis"
    }

    fn fresh(&self) -> Result<Box<dyn Store>, Trouble> {
        Ok(Box::new(Namespace(self.url.clone())))
    }
}

impl Store for Namespace {
    fn connect(&self) -> Result<Arc<dyn LockBackend>, Trouble> {
        Ok(Arc::new(futures_lite::future::block_on(RedisBackend::connect(&self.0))?))
    }
}

/// The tests; `$start` makes an [`At`] with an empty store.
macro_rules! a_dozen_scenarios {
    ($start:path) => {
        a_dozen_scenarios! { $start;
            one_winner: "fresh::one_winner_among_threads",
            overlaps_have_one_winner: "overlap::globs_and_a_path_have_one_winner_among_threads",
            one_stale_lock_has_one_winner: "takeover::one_stale_lock_has_one_winner_among_threads",
            expiry_is_final: "takeover::expiry_is_final",
            many_refresh_as_one_agent: "refresh::many_refresh_as_one_agent_among_threads",
            a_double_release_lets_go_once: "release::a_double_release_lets_go_once_among_threads",
            cleaning_spares_who_refreshes:
                "cleanup::what_is_stale_is_cleaned_up_while_others_refresh_among_threads",
            sets_are_all_or_nothing: "sets::a_ring_of_sets_is_all_or_nothing_among_threads",
            tokens_rise: "tokens::rise_across_everything",
            a_lost_reply_is_settled: "lost_reply::is_settled_in_the_middle_of_a_race",
            first_come_first_served: "line::first_come_first_served",
            no_release_is_missed: "queue::no_release_is_missed_among_threads",
        }
    };
    ($start:path; $($test:ident: $scenario:literal,)*) => {$(
        #[test]
        fn $test() {
            conformance_tests::run_one(&$start(), $scenario).unwrap_or_else(|story| panic!("{story}"));
        }
    )*};
}
pub(crate) use a_dozen_scenarios;
