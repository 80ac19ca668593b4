//! From what the client and the server say to what a caller can do about it.

use std::{fmt::Display, time::Duration};

use lock_core::{BackendError, ErrorKind};
use redis::RedisError;

use crate::{node::Node, route::Route};

/// What is known of a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// It was never sent, or it would have changed nothing.
    Harmless,
    /// It may have been carried out, unless the server says otherwise.
    Sent,
}

/// The error of a call. `at` names the server.
pub(crate) fn failed(error: RedisError, call: Call, at: &impl Display) -> BackendError {
    let (kind, what) = explain(&error, call);
    BackendError::new(kind, format!("{at}: {what}")).with_source(error)
}

/// The error of a first call, whose connection broke before there was any answer.
pub(crate) fn broke_at_once(error: RedisError, call: Call, at: &Node) -> BackendError {
    let (kind, _) = explain(&error, call);
    let hint =
        if at.is_tls() { "does it want a certificate of ours" } else { "does that port want TLS" };
    BackendError::new(kind, format!("{at}: the connection broke at once; {hint}?"))
        .with_source(error)
}

/// Whether the server does not know the script by its hash; so it did not run.
pub(crate) fn is_unknown_script(error: &BackendError) -> bool {
    has_code(error, "NOSCRIPT")
}

/// Whether the server knows the user, who may not do that.
pub(crate) fn is_forbidden(error: &BackendError) -> bool {
    has_code(error, "NOPERM")
}

/// What the server says it is; none if it says nothing. Redis 6.2 tells in front of it where in
/// our script that was: `@user_script: 73: -OOM command not allowed`.
pub(crate) fn code(error: &RedisError) -> Option<&str> {
    let code = error.code()?;
    let within = error.detail().filter(|_| code.starts_with("@user_script"));
    let said = within.and_then(|detail| detail.split_once(": -")?.1.split_whitespace().next());
    Some(said.unwrap_or(code))
}

fn has_code(error: &BackendError, code: &str) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    source.is_some_and(|error| self::code(error) == Some(code))
}

/// An error for a call that was not answered in time.
pub(crate) fn late(call: Call, at: &Route, limit: Duration) -> BackendError {
    let kind = match call {
        Call::Harmless => ErrorKind::Unavailable,
        Call::Sent => ErrorKind::Unknown,
    };
    BackendError::new(kind, format!("{at}: no answer within {limit:?}"))
}

/// An error for a server that could not even be greeted in time.
pub(crate) fn silent(at: &Route, limit: Duration) -> BackendError {
    // A port without TLS waits for the end of what it takes for a command.
    let hint = if at.is_tls() { "; does that port speak TLS?" } else { "" };
    BackendError::new(ErrorKind::Unavailable, format!("{at}: no connection within {limit:?}{hint}"))
}

fn explain(error: &RedisError, call: Call) -> (ErrorKind, &'static str) {
    use redis::ErrorKind as Kind;

    if error.kind() == Kind::AuthenticationFailed {
        return (ErrorKind::Denied, "user or password not accepted");
    }
    // Who is not known may not even send a long command.
    if error.detail().is_some_and(|detail| detail.contains("unauthenticated")) {
        return (ErrorKind::Denied, "the server wants a password");
    }
    match code(error).unwrap_or("") {
        "NOAUTH" => (ErrorKind::Denied, "the server wants a password"),
        "WRONGPASS" => (ErrorKind::Denied, "user or password not accepted"),
        "NOPERM" => (ErrorKind::Denied, "this user may not do that"),
        "DENIED" => (ErrorKind::Denied, "the server is in protected mode"),
        "OOM" => (ErrorKind::Full, "no memory left, and nothing may be evicted"),
        "TOKENS" => (ErrorKind::Full, "the fencing tokens are used up"),
        "READONLY" => (ErrorKind::Unavailable, "a read-only replica, not the primary"),
        "LOADING" => (ErrorKind::Unavailable, "still loading its data"),
        "MASTERDOWN" => (ErrorKind::Unavailable, "a replica whose primary is down"),
        "CLUSTERDOWN" => (ErrorKind::Unavailable, "the cluster is down"),
        "TRYAGAIN" => (ErrorKind::Unavailable, "the cluster is moving these keys"),
        "NOREPLICAS" => (ErrorKind::Unavailable, "too few replicas to accept writes"),
        "MISCONF" => (ErrorKind::Unavailable, "writes are off because saving to disk fails"),
        "BUSY" => (ErrorKind::Unavailable, "busy with somebody's script"),
        "MOVED" | "ASK" | "CROSSSLOT" => {
            (ErrorKind::Unsupported, "a Redis Cluster: write redis+cluster://…")
        }
        "WRONGTYPE" => (ErrorKind::Corrupt, "a key of ours has another type"),
        "DAMAGED" => (ErrorKind::Corrupt, "the namespace's numbers cannot be read"),
        "FORMAT" => (ErrorKind::Unsupported, "a format that this version does not know"),
        "TORN" => (ErrorKind::Unknown, "a step stopped half-way"),
        // A reply of the server: the script had not begun to write.
        code if !code.is_empty() => (ErrorKind::Unsupported, "the server refused the script"),
        _ if matches!(error.kind(), Kind::InvalidClientConfig) => {
            (ErrorKind::Invalid, "the client's settings")
        }
        // It is no Redis, so it has carried out nothing.
        _ if matches!(error.kind(), Kind::Parse) => {
            (ErrorKind::Unavailable, "does not speak as Redis does; does that port want TLS?")
        }
        _ => match call {
            Call::Harmless => (ErrorKind::Unavailable, "cannot be reached"),
            Call::Sent => (ErrorKind::Unknown, "the connection broke"),
        },
    }
}

/// An answer that no version of the script gives.
pub(crate) fn unreadable(what: &str) -> BackendError {
    BackendError::new(ErrorKind::Corrupt, format!("the server's answer makes no sense: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_says(text: &str) -> BackendError {
        let reply = redis::parse_redis_value(format!("-{text}\r\n").as_bytes());
        let error = reply.unwrap().extract_error().unwrap_err();
        failed(error, Call::Sent, &"redis://h")
    }

    /// A refusal by the server is no lost reply: asking again would only repeat it.
    #[test]
    fn what_the_server_refuses_did_not_happen() {
        for (text, kind) in [
            ("NOAUTH Authentication required.", ErrorKind::Denied),
            ("ERR Protocol error: unauthenticated multibulk length", ErrorKind::Denied),
            ("WRONGPASS invalid username-password pair", ErrorKind::Denied),
            ("NOPERM this user has no permissions", ErrorKind::Denied),
            ("OOM command not allowed", ErrorKind::Full),
            ("READONLY You can't write against a read only replica.", ErrorKind::Unavailable),
            ("LOADING Redis is loading the dataset in memory", ErrorKind::Unavailable),
            ("@user_script: 73: -OOM command not allowed", ErrorKind::Full),
            ("@user_script: 73: -READONLY You can't write", ErrorKind::Unavailable),
            ("@user_script: 73: Wrong number of args", ErrorKind::Unsupported),
            ("MASTERDOWN Link with MASTER is down", ErrorKind::Unavailable),
            ("CLUSTERDOWN The cluster is down", ErrorKind::Unavailable),
            ("WRONGTYPE Operation against a key", ErrorKind::Corrupt),
            ("MOVED 1 127.0.0.1:1", ErrorKind::Unsupported),
            ("ERR unknown command 'EVALSHA'", ErrorKind::Unsupported),
            ("TORN after 2 writes: ERR x", ErrorKind::Unknown),
        ] {
            let error = server_says(text);
            assert_eq!(error.kind(), kind, "{text}");
            assert!(error.to_string().contains("redis://h"), "{error}");
        }
    }

    #[test]
    fn a_broken_connection_is_unknown_only_if_something_was_sent() {
        let broken = || RedisError::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        assert_eq!(failed(broken(), Call::Sent, &"x").kind(), ErrorKind::Unknown);
        assert_eq!(failed(broken(), Call::Harmless, &"x").kind(), ErrorKind::Unavailable);
    }
}
