//! Counts and times as metrics, in the text that a Prometheus server scrapes.
//!
//! No pattern and no agent is in them: each new one would be a time series of its own, for ever.

use std::{sync::atomic::AtomicU64, time::Duration};

use lock_core::{Spread, Stats};
use prometheus_client::{
    encoding::{EncodeLabelSet, prometheus_text},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use crate::failure::Failure;

/// How a lock ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    cause: &'static str,
}

/// What became of a request that was not granted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    outcome: &'static str,
}

/// The text of `stats`.
pub(crate) fn prometheus(stats: &Stats) -> Result<String, Failure> {
    let mut registry = Registry::with_prefix("lockctl");
    counts(&mut registry, stats);
    gauges(&mut registry, stats);
    times(&mut registry, "wait", "requests that were granted had waited", &stats.wait);
    times(&mut registry, "hold", "locks that have ended were held", &stats.hold);
    let mut text = String::new();
    prometheus_text::encode(&mut text, &registry).map_err(|e| Failure::Bug(e.to_string()))?;
    Ok(text)
}

fn counts(registry: &mut Registry, stats: &Stats) {
    let totals = &stats.totals;
    let granted = Counter::<u64>::default();
    granted.inc_by(totals.acquired);
    registry.register("locks_acquired", "Locks granted", granted);
    let ended = Family::<Ended, Counter>::default();
    for (cause, count) in [
        ("released", totals.released),
        ("expired", totals.expired),
        ("taken_over", totals.taken_over),
        ("broken", totals.broken),
        ("cleaned", totals.cleaned),
        ("holder_dead", totals.holder_dead),
    ] {
        ended.get_or_create(&Ended { cause }).inc_by(count);
    }
    registry.register("locks_ended", "Locks that ended, by how", ended);
    let refused = Family::<Refused, Counter>::default();
    for (outcome, count) in [
        ("conflict", stats.refusals.conflicts),
        ("timeout", stats.refusals.timeouts),
        ("deadlock", stats.refusals.deadlocks),
    ] {
        refused.get_or_create(&Refused { outcome }).inc_by(count);
    }
    let help = "Requests not granted, by what became of them; some may be lost";
    registry.register("requests_refused", help, refused);
}

fn gauges(registry: &mut Registry, stats: &Stats) {
    for (name, help, count) in [
        ("locks_held", "Locks that live", stats.held),
        ("locks_stale", "Locks past their lease that nobody has removed yet", stats.stale),
        ("locks_orphaned", "Locks within their lease whose process is dead", stats.dead),
        ("requests_waiting", "Requests that stand in line", stats.waiting),
    ] {
        let gauge = Gauge::<i64>::default();
        gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        registry.register(name, help, gauge);
    }
}

/// What is not known is not shown: a zero would be a claim.
fn times(registry: &mut Registry, what: &str, whose: &str, spread: &Spread) {
    let mut seconds = |name: &str, help: String, time: Option<Duration>| {
        let Some(time) = time else { return };
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(time.as_secs_f64());
        registry.register_with_unit(format!("{what}_{name}"), help, Unit::Seconds, gauge);
    };
    let remembered = "among those remembered";
    seconds("p50", format!("How long half of the {whose} at most, {remembered}"), spread.p50);
    seconds("p99", format!("How long 99 of 100 {whose} at most, {remembered}"), spread.p99);
    seconds("max", format!("How long {whose} at most, {remembered}"), spread.max);
}
