//! What a server says of itself, and what that means for locks.

use std::collections::HashMap;

use lock_core::Check;

/// Before this, scripts cannot do what ours does.
const OLDEST: (u32, u32) = (6, 2);

/// What a server says of itself.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    info: HashMap<&'a str, &'a str>,
    /// When it takes snapshots; none: it does not say.
    save: Option<&'a str>,
}

impl<'a> Facts<'a> {
    /// From the answers to `INFO` and `CONFIG GET save`.
    pub(crate) fn read(info: &'a str, save: Option<&'a str>) -> Self {
        let lines = info.lines().filter_map(|line| line.split_once(':'));
        let save = save.map(|text| text.strip_prefix("save").unwrap_or(text).trim());
        Self { info: lines.map(|(name, value)| (name, value.trim())).collect(), save }
    }

    /// What to tell of the server `at`.
    pub(crate) fn checks(&self, at: &str) -> Vec<Check> {
        vec![self.server(at), self.replication(), self.memory(), self.persistence()]
    }

    fn get(&self, name: &str) -> &'a str {
        self.info.get(name).copied().unwrap_or("")
    }

    fn number(&self, name: &str) -> u64 {
        self.get(name).parse().unwrap_or(0)
    }

    fn server(&self, at: &str) -> Check {
        const NAME: &str = "server";
        // Valkey goes on saying which Redis it is like.
        let (brand, version) = match self.get("valkey_version") {
            "" => ("Redis", self.get("redis_version")),
            version => ("Valkey", version),
        };
        let mut parts = self.get("redis_version").split('.').map(|part| part.parse().unwrap_or(0));
        let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        let detail = format!("{at}: {brand} {version}");
        if found < OLDEST {
            return Check::bad(NAME, detail, "use Redis 6.2 or later, or Valkey");
        }
        Check::good(NAME, detail)
    }

    fn replication(&self) -> Check {
        const NAME: &str = "replication";
        if self.get("role") == "slave" {
            let detail = "a read-only replica: it grants nothing, and what it shows may be old";
            return Check::bad(NAME, detail, "name the primary, or use redis+sentinel://");
        }
        match self.number("connected_slaves") {
            0 => Check::good(NAME, "none: if this server is lost, so are its locks"),
            replicas => Check::good(
                NAME,
                format!(
                    "{replicas} asynchronous: a failover may lose the last grants, and then two \
                     hold one lock; tokens still rise, so let what is written check them"
                ),
            ),
        }
    }

    fn memory(&self) -> Check {
        const NAME: &str = "memory";
        let policy = self.get("maxmemory_policy");
        let (used, most) = (self.number("used_memory"), self.number("maxmemory"));
        // Our keys have no expiry, so what evicts only keys that have one spares them.
        if policy.starts_with("allkeys") {
            let detail = format!("maxmemory-policy {policy}: it may drop locks without a word");
            return Check::bad(NAME, detail, "CONFIG SET maxmemory-policy noeviction");
        }
        let limit = match most {
            0 => "no limit".to_owned(),
            most => format!("{} % of the limit", used.saturating_mul(100) / most),
        };
        let detail = format!("{policy}, {} MiB, {limit}", used >> 20);
        if most > 0 && used >= most {
            let hint = "give the server more memory: full, it grants nothing new";
            return Check::bad(NAME, detail, hint);
        }
        Check::good(NAME, detail)
    }

    fn persistence(&self) -> Check {
        const NAME: &str = "persistence";
        const HINT: &str = "see the server's log and its disk";
        if self.save != Some("") && self.get("rdb_last_bgsave_status") == "err" {
            let detail = "the last snapshot cannot be written: the server may take no changes";
            return Check::bad(NAME, detail, HINT);
        }
        if self.get("aof_enabled") == "1" {
            if self.get("aof_last_write_status") == "err" {
                let detail = "the append-only file cannot be written: the server takes no changes";
                return Check::bad(NAME, detail, HINT);
            }
            let detail = "append-only file: a crash loses at most what appendfsync allows, by \
                          default a second";
            return Check::good(NAME, detail);
        }
        Check::good(
            NAME,
            match self.save {
                Some("") => "none: a restart loses every lock; refresh then says lost",
                Some(_) => "snapshots only: a crash loses every grant since the last one",
                None => "no append-only file: a crash loses the latest grants, if not all",
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(info: &str, save: Option<&str>, name: &str) -> (bool, String) {
        let base = "redis_version:7.0.15\r\nrole:master\r\nmaxmemory_policy:noeviction\r\n";
        let info = format!("# Server\r\n{base}{info}");
        let checks = Facts::read(&info, save).checks("redis://h");
        let found = checks.into_iter().find(|check| check.name == name).unwrap();
        assert_eq!(found.ok, found.hint.is_empty(), "{found:?}");
        (found.ok, found.detail)
    }

    #[test]
    fn each_state_is_judged_and_its_cost_is_told() {
        for (info, save, name, ok, said) in [
            ("", None, "server", true, "Redis 7.0.15"),
            ("redis_version:6.2.0", None, "server", true, "6.2.0"),
            ("redis_version:6.0.16", None, "server", false, "6.0.16"),
            ("redis_version:10.1.0", None, "server", true, "10.1.0"),
            ("redis_version:7.2.4\r\nvalkey_version:8.1.0", None, "server", true, "Valkey 8.1.0"),
            ("", None, "replication", true, "if this server is lost"),
            ("connected_slaves:2", None, "replication", true, "2 asynchronous"),
            ("role:slave", None, "replication", false, "grants nothing"),
            ("maxmemory_policy:allkeys-lru", None, "memory", false, "drop locks"),
            ("maxmemory_policy:volatile-lru", None, "memory", true, "no limit"),
            ("used_memory:50\r\nmaxmemory:100", None, "memory", true, "50 % of the limit"),
            ("used_memory:100\r\nmaxmemory:100", None, "memory", false, "100 %"),
            ("aof_enabled:1", None, "persistence", true, "a second"),
            (
                "aof_enabled:1\r\naof_last_write_status:err",
                None,
                "persistence",
                false,
                "takes no changes",
            ),
            ("aof_enabled:0", Some("save\n"), "persistence", true, "loses every lock"),
            ("aof_enabled:0", Some("save\n3600 1"), "persistence", true, "snapshots only"),
            ("aof_enabled:0", None, "persistence", true, "if not all"),
            (
                "rdb_last_bgsave_status:err",
                Some("save\n3600 1"),
                "persistence",
                false,
                "no changes",
            ),
            ("rdb_last_bgsave_status:err", Some("save\n"), "persistence", true, "every lock"),
        ] {
            let (found, detail) = check(info, save, name);
            assert_eq!((found, detail.contains(said)), (ok, true), "{info:?}: {detail}");
        }
    }
}
