//! One cycle (acquire and release of one path) beside its floor, and how it grows with what others
//! hold.

use super::{
    commands::{Cycle, fill},
    report::{Turns, head, scaled},
    stores::Stores,
};

const PATH: &str = "src/module/file.rs";

/// The tables. `target` is the cycle's, beside the floor.
pub(crate) fn measure<S: Stores>(stores: &S, target: &str) {
    let name = S::NAME;
    head(S::FLOOR);
    let empty = stores.open("empty");
    let none = Cycle::new(stores, &empty, PATH);
    Turns::take(scaled(30), 300, || none.run(), stores.floor("bare"))
        .row(&format!("{name}: acquire + release of a path, nothing else held"), target);
    println!();
    head("nothing held");
    let most = locks(stores, &none);
    globs(stores, &none);
    let deep = format!("{}/file.rs", ["directory"; 60].join("/"));
    let cycle = Cycle::new(stores, &empty, &deep);
    Turns::take(scaled(20), 100, || cycle.run(), || none.run())
        .row(&format!("{name}: a path 60 directories deep"), "");
    println!();
    head("a path");
    let full = stores.open(&format!("{most}-locks"));
    let path = Cycle::new(stores, &full, PATH);
    let glob = Cycle::new(stores, &full, "src/module/*.rs");
    Turns::take(scaled(20), 100, || glob.run(), || path.run())
        .row(&format!("{name}: a glob, nothing below its anchor, {most} locks elsewhere"), "≤ 2 ×");
}

/// Beside the same cycle in a store where nothing is held; the greatest number.
fn locks<S: Stores>(stores: &S, none: &Cycle<'_, S>) -> usize {
    let most = if scaled(10) == 10 { 100_000 } else { 10_000 };
    for count in [1_000, most] {
        let pattern = |n| format!("lib/{}/{}/{n}.rs", n % 97, n % 11);
        beside(stores, none, "locks", count, pattern);
    }
    most
}

fn globs<S: Stores>(stores: &S, none: &Cycle<'_, S>) {
    let most = if scaled(10) == 10 { 10_000 } else { 1_000 };
    for count in [100, most] {
        let pattern = |n| format!("lib/{}/{}/{n}*.rs", n % 97, n % 11);
        beside(stores, none, "globs", count, pattern);
    }
}

fn beside<S: Stores>(
    stores: &S,
    none: &Cycle<'_, S>,
    kind: &str,
    count: usize,
    pattern: impl Fn(usize) -> String,
) {
    let name = format!("{count}-{kind}");
    fill(stores, &stores.open(&name), count, pattern);
    // Another client's: it does not know what stands there because it wrote it.
    let full = stores.open(&name);
    let cycle = Cycle::new(stores, &full, PATH);
    Turns::take(scaled(20), 200, || cycle.run(), || none.run())
        .row(&format!("{}: a path, {count} unrelated {kind} held", S::NAME), "≤ 1.2 ×");
}
