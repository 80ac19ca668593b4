//! Input that nobody means well with, and the answer to each: no panic, no hang, no flood of
//! memory, and no character in the answer that a terminal obeys.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so at once")]

mod long;
mod table;

use std::{fmt::Display, time::Duration};

use lock_core::{
    AgentId, HolderId, Lock, Pattern, Reason, RecordId, StoreUrl, Timestamp, Token, Ttl,
    parse_duration,
};
use peak_alloc::PeakAlloc;
use rustix::time::{ClockId, clock_gettime};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The most memory that judging one input of `length` bytes may take at a time.
const fn bound(length: usize) -> usize {
    (1 << 20) + 8 * length
}

/// What the library makes of `input`: `ok` with its normal form, if that is another, or why there
/// is none.
fn answer(kind: &str, input: &str) -> String {
    fn told<E: Display>(result: Result<String, E>) -> String {
        result.map_or_else(|error| format!("no: {error}"), |it| format!("ok: {it}"))
    }
    let shown = |text: &str| match text {
        same if same == input => "as it is".to_owned(),
        other if other.len() > 200 => format!("{} bytes", other.len()),
        other => other.escape_debug().to_string(),
    };
    match kind {
        "pattern" => told(Pattern::parse(input).map(|it| shown(it.as_str()))),
        "literal" => told(Pattern::literal(input).map(|it| shown(it.as_str()))),
        "agent" => told(AgentId::new(input).map(|it| shown(it.as_str()))),
        "holder" => told(HolderId::new(input).map(|it| it.to_string()).ok_or("no holder")),
        "reason" => told(Reason::new(input).map(|it| shown(it.as_str()))),
        "lease" => told(input.parse::<Ttl>().map(|it| it.to_string())),
        "duration" => told(parse_duration(input).map(|it| format!("{it:?}"))),
        "token" => told(input.parse::<Token>().map(|it| it.to_string())),
        "time" => told(input.parse::<Timestamp>().map(|it| it.to_string())),
        "record name" => told(input.parse::<RecordId>().map(|it| it.to_string())),
        "url" => told(input.parse::<StoreUrl>().map(|it| shown(&it.to_string()))),
        "record" => told(serde_json::from_str::<Lock>(input).map(|it| {
            let kept = serde_json::Value::Object(it.extra);
            format!("{} of {}, {}, {kept}", it.pattern, it.agent, it.token)
        })),
        other => panic!("no such kind: {other}"),
    }
}

/// The time that this thread has computed: what others do on the machine is not in it.
fn computed() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap()
}

#[test]
fn every_input_has_its_answer_soon_and_in_little_memory() {
    let short =
        table::ROWS.iter().map(|(kind, input, answer)| (*kind, (*input).to_owned(), *answer));
    let rows: Vec<_> = short.chain(long::rows()).collect();
    let mut wrong = Vec::new();
    for (kind, input, expected) in &rows {
        let head: String = input.chars().take(60).collect();
        let (begun, before) = (computed(), MEMORY.current_usage());
        MEMORY.reset_peak_usage();
        let said = answer(kind, input);
        let (took, memory) = (computed() - begun, MEMORY.peak_usage() - before);
        if took > Duration::from_secs(1) {
            wrong.push(format!("{kind} {head:?} took {took:?}"));
        }
        if memory > bound(input.len()) {
            wrong.push(format!("{kind} {head:?} took {memory} bytes"));
        }
        if said.contains(char::is_control) {
            wrong.push(format!("{kind} {head:?} is answered with a raw control: {said:?}"));
        }
        if said != *expected {
            wrong.push(format!("{kind} {head:?}:\n    said {said:?}\nexpected {expected:?}"));
        }
    }
    println!("{} inputs", rows.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
