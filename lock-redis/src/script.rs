//! The script that takes every step, and its keys.

use redis::Cmd;

/// The whole script: one chunk, in parts.
pub(crate) const SOURCE: &str = concat!(
    include_str!("lua/state.lua"),
    "local function careful()\n",
    include_str!("lua/tools.lua"),
    "local function rare()\n",
    include_str!("lua/view.lua"),
    include_str!("lua/line.lua"),
    include_str!("lua/turn.lua"),
    include_str!("lua/trim.lua"),
    "return { view = view, others_as_seen = others_as_seen, give_turn = give_turn, has_turn = has_turn,\n",
    "  others_have_turns = others_have_turns, trim_log = trim_log }\n",
    "end\n",
    include_str!("lua/seen.lua"),
    include_str!("lua/commit.lua"),
    include_str!("lua/careful.lua"),
    "return { step = step_with_care, trim_log = function(kept) rare().trim_log(kept) end }\n",
    "end\n",
    include_str!("lua/quick.lua"),
    include_str!("lua/main.lua"),
);

/// What follows `{lockctl:NAMESPACE}:` in the keys, in the order in which the script takes them.
pub(crate) const KEYS: [&str; 6] =
    ["data", "index", "waiters", "log", "quarantine", crate::counts::COUNTS];

/// The keys of one namespace: a fixed few, in one slot of a Cluster.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    prefix: String,
    all: [String; KEYS.len()],
    channel: String,
}

impl Keys {
    pub(crate) fn of(namespace: &str) -> Self {
        let prefix = format!("{{lockctl:{namespace}}}:");
        let all = KEYS.map(|name| format!("{prefix}{name}"));
        let channel = format!("{prefix}changed");
        Self { prefix, all, channel }
    }

    /// One of them, by its short name.
    pub(crate) fn named(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Where each new version is published.
    pub(crate) fn channel(&self) -> &str {
        &self.channel
    }

    /// A call of the script, by its hash; by its text where the server does not know it.
    pub(crate) fn call(&self, by_text: bool) -> Cmd {
        // Enough for a step of one lock, and no more than an allocator keeps at hand for each thread.
        let mut call = Cmd::with_capacity(40, 1_024);
        call.arg(if by_text { "EVAL" } else { "EVALSHA" });
        call.arg(if by_text { SOURCE } else { hash() }).arg(self.all.len());
        for key in &self.all {
            call.arg(key);
        }
        call
    }
}

/// The script's name on the server: its SHA-1.
pub(crate) fn hash() -> &'static str {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    HASH.get_or_init(|| redis::Script::new(SOURCE).get_hash().to_owned())
}

#[cfg(test)]
mod tests {
    use lock_core::{Decision, Ttl};

    use super::*;

    /// The script reckons by the server's clock, so two spans of the rule stand in it as numbers.
    #[test]
    fn its_leases_are_as_long_as_the_rule_says() {
        let said = |what: &str| SOURCE.matches(what).count();
        let place = Decision::WAITER_TTL.as_micros();
        assert_eq!(
            said(&format!("now + {place}")),
            3,
            "to come into line, and to stay there, twice"
        );
        let usual = Ttl::default().duration().as_micros();
        assert_eq!(said(&format!("acquired + {usual}")), 1, "of a record that does not say");
    }
}
