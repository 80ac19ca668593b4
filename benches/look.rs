//! Looking at a store in which very much is held: `list`, and `who` holds one path.

use lock_core::{ListFilter, LockManager};

use super::{
    commands::fill,
    report::{Turns, head, scaled},
    stores::Stores,
};

/// What the store's own means read, bare, of the store `name`.
pub(crate) struct Bare<'a> {
    /// All records; how many. And what that is called.
    pub(crate) all: (&'a str, &'a dyn Fn() -> usize),
    /// The record of one path.
    pub(crate) one: (&'a str, &'a dyn Fn()),
}

/// The path whose record is read.
pub(crate) const PATH: &str = "lib/5/5/5.rs";

/// Fills the store `name`; who opens its floor afterwards finds all there.
pub(crate) fn filled<S: Stores>(stores: &S, name: &str) -> usize {
    let count = if scaled(10) == 10 { 100_000 } else { 10_000 };
    fill(stores, &stores.open(name), count, |n| format!("lib/{}/{}/{n}.rs", n % 97, n % 11));
    count
}

/// The tables of the store `name`, in which `count` are held.
pub(crate) fn measure<S: Stores>(stores: &S, name: &str, count: usize, bare: &Bare<'_>) {
    let reader = LockManager::new(stores.open(name), "reader").unwrap();
    let (what, read) = bare.all;
    head(what);
    let list = || {
        let list = stores.wait(reader.list(ListFilter::default())).unwrap();
        assert_eq!(list.locks.len(), count);
    };
    Turns::take(scaled(10), 1, list, || assert_eq!(read(), count))
        .row(&format!("{}: list, {count} held", S::NAME), "");
    println!();
    let (what, read) = bare.one;
    head(what);
    let who = || {
        assert_eq!(stores.wait(reader.who_has(PATH)).unwrap().locks.len(), 1);
    };
    Turns::take(scaled(30), 200, who, read).row(&format!("{}: who, {count} held", S::NAME), "");
}
