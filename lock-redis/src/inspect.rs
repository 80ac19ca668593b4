//! Examining a server and a namespace.

use std::path::Path;

use lock_core::{
    BackendError, Check, ErrorKind, LockBackend as _, LockScope, Scope, StoreUrl, Timestamp,
};
use redis::Value;

use crate::{
    RedisBackend, RedisOptions,
    error::{Call, is_forbidden},
    facts::Facts,
    repair,
};

/// What `doctor` wants to know.
pub(crate) async fn inspect(url: &StoreUrl, base: &Path, repair: bool) -> Vec<Check> {
    let opened = match RedisOptions::from_store_url(url, base) {
        Ok(options) => options.connect().await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(backend) => backend.within(examine(&backend, repair)).await,
        Err(error) => vec![trouble("server", &error)],
    }
}

async fn examine(backend: &RedisBackend, repair: bool) -> Vec<Check> {
    let mut checks = Vec::new();
    match ask(backend, &["INFO"]).await {
        Ok(info) => {
            // Many hosts keep this one to themselves.
            let save = ask(backend, &["CONFIG", "GET", "save"]).await.ok();
            let facts = Facts::read(&info, save.as_deref());
            checks.extend(facts.checks(&backend.to_string()));
        }
        Err(error) if is_forbidden(&error) => {
            let detail = format!(
                "{backend}: this user may not ask for INFO: nobody knows whether \
                 the server evicts, and what it keeps across a restart"
            );
            checks.push(Check::bad("server", detail, "grant it +info, and +config|get"));
        }
        Err(error) => return vec![trouble("server", &error)],
    }
    checks.push(notifications(backend).await);
    match repair::checks(backend.store(), repair).await {
        Ok(found) => checks.extend(found),
        Err(error) => checks.push(trouble("keys", &error)),
    }
    match backend.view(&Scope::of(LockScope::All).with_waiters()).await {
        Ok(view) => {
            checks.push(clock(view.now, Timestamp::wall_clock()));
            let damaged = view.locks.iter().filter(|lock| lock.damaged);
            let damaged: Vec<_> = damaged.map(|lock| lock.pattern.as_str()).take(5).collect();
            let (locks, waiters) = (view.locks.len(), view.waiters.len());
            checks.push(match &damaged[..] {
                [] => Check::good("records", format!("{locks} locks, {waiters} waiters")),
                _ => Check::bad(
                    "records",
                    format!("{locks} locks; not readable, and held: {}", damaged.join(", ")),
                    "each is let go when it is older than the default lease, by whoever wants it or by \
                     lockctl doctor --repair; or lockctl break",
                ),
            });
        }
        Err(error) => checks.push(trouble("records", &error)),
    }
    checks
}

/// One question to the server, and its answer as text; a list as lines.
async fn ask(backend: &RedisBackend, words: &[&str]) -> Result<String, BackendError> {
    let make = |_| {
        let mut command = redis::Cmd::new();
        words.iter().for_each(|word| {
            command.arg(word);
        });
        Ok(command)
    };
    let (value, _) = backend.store().connection.call(Call::Harmless, make).await?;
    let text = |value| match value {
        Value::BulkString(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Value::VerbatimString { text, .. } => text,
        _ => String::new(),
    };
    Ok(match value {
        Value::Array(parts) => parts.into_iter().map(text).collect::<Vec<_>>().join("\n"),
        value => text(value),
    })
}

async fn notifications(backend: &RedisBackend) -> Check {
    const NAME: &str = "notifications";
    if !backend.listens() {
        return Check::good(NAME, "switched off: waiters look five times a second");
    }
    let (connection, keys) = (&backend.store().connection, &backend.store().keys);
    match connection.subscribe(keys.channel()).await {
        Ok(_) => Check::good(NAME, "waiters are told"),
        Err(error) => Check::bad(
            NAME,
            format!("waiters look five times a second instead: {error}"),
            "grant +subscribe, +unsubscribe and +publish on the namespace's channel, or say notifications=false",
        ),
    }
}

/// Leases and tokens are by the server's clock; people compare what they read with their own.
fn clock(server: Timestamp, here: Timestamp) -> Check {
    const NAME: &str = "clock";
    let ahead = server.as_micros() - here.as_micros();
    let seconds = ahead.unsigned_abs() / 1_000_000;
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    let detail = format!("the server's, by which leases run, is {seconds} s {side} this machine's");
    match seconds {
        0 | 1 => Check::good(NAME, "the server's, by which leases run, agrees with this machine's"),
        2..60 => Check::good(NAME, detail),
        _ => Check::bad(NAME, detail, "set the one that is wrong, slowly: a step bends leases"),
    }
}

fn trouble(name: &str, error: &BackendError) -> Check {
    Check::bad(
        name,
        error.to_string(),
        match error.kind() {
            ErrorKind::Denied => "see docs/redis.md for the rights that a user needs",
            ErrorKind::Corrupt => "lockctl doctor --repair moves it away; or use another namespace",
            ErrorKind::Invalid | ErrorKind::Unsupported => "correct the URL",
            ErrorKind::Full => "give the server more memory",
            _ => "see that the server runs, and that the URL names it",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_far_off_is_unhealthy_and_a_little_off_is_told() {
        let at = |seconds: i64| Timestamp::from_micros(1_764_000_000_000_000 + seconds * 1_000_000);
        for (ahead, ok, said) in [
            (0, true, "agrees"),
            (-1, true, "agrees"),
            (5, true, "5 s ahead of"),
            (-59, true, "59 s behind"),
            (60, false, "60 s ahead of"),
            (-3600, false, "3600 s behind"),
        ] {
            let check = clock(at(ahead), at(0));
            assert_eq!((check.ok, check.detail.contains(said)), (ok, true), "{check:?}");
        }
    }
}
