//! A process is killed at each system call by which it changes a store.

use std::fs;

use tempfile::TempDir;

use super::{
    Child, Local,
    child::Ended,
    judge::Case,
    operations::{self, Operation},
    points::{self, Point},
    state::{State, everything, lately},
};
use crate::{knobs, rng::Rng};

/// At how many calls of each operation, unless a knob says otherwise: so many fit into some
/// seconds.
const SAMPLE: usize = 2;

/// What was done.
#[derive(Debug, Default, Clone, Copy)]
pub struct Figures {
    /// Calls that change a store.
    pub points: usize,
    /// At how many of them a process was killed, or stopped.
    pub cut: usize,
    /// How many went past, or met a call of the program's own that was not to be told from it.
    pub missed: usize,
    /// After how many of them nothing had happened.
    pub old: usize,
    /// How many of the stopped ones held others up.
    pub held_up: usize,
}

/// Kills a process with -9 at the system calls by which each operation changes a store, one after
/// the other, before the call has any effect. At some of them, drawn by a seed, or at all: the
/// knob `LOCK_TEST_POINTS` says at how many of each operation.
///
/// Each time the store is as before the operation or as after it, whoever comes next is served,
/// tokens rise, nothing waits for the dead, and the doctor can heal what is left.
///
/// # Panics
/// If not.
pub fn each_kill_leaves_the_old_state_or_the_new_one(local: &Local) -> Figures {
    let figures = each(local, SAMPLE, |case, point, figures| {
        let dir = TempDir::new().unwrap();
        let before = case.prepare(dir.path());
        let child = Child::does(&(case.local.url)(dir.path()), &case.operation.does);
        let trace = dir.path().join("trace");
        let mut under =
            ["strace", "-f", "-y", "-o", trace.to_str().unwrap()].map(String::from).to_vec();
        under.extend(point.sends("KILL", dir.path()));
        let end = child.under(&under.iter().map(String::as_str).collect::<Vec<_>>()).start().end();
        let trace_of = fs::read_to_string(&trace).unwrap();
        match end {
            Ended::Killed if point.is_end_of(&trace_of, dir.path()) => figures.cut += 1,
            Ended::Killed => figures.missed += 1,
            Ended::Said(said) => {
                assert_eq!(said, "done", "{} at {point}", case.operation.name);
                figures.missed += 1;
            }
        }
        fs::remove_file(&trace).unwrap();
        let is_new = case.judge(dir.path(), &before, &format!("killed at {point}"));
        figures.old += usize::from(!is_new);
    });
    assert!(figures.missed <= 1 + figures.cut / 20, "{figures:?}");
    figures
}

/// Runs `cut` at `sample` points of each operation, or at as many as the knob says.
pub(super) fn each(
    local: &Local,
    sample: usize,
    cut: impl Fn(&Case<'_>, &Point, &mut Figures),
) -> Figures {
    let (count, seed) = (knobs::points().unwrap_or(sample), knobs::seed());
    println!("LOCK_TEST_SEED={seed} draws {count} points of each operation");
    let (mut rng, mut all) = (Rng::new(seed), Figures::default());
    for operation in operations::all() {
        if operation.is_slow && knobs::points().is_none() {
            println!("{:32} only where LOCK_TEST_POINTS is set", operation.name);
            continue;
        }
        let (case, points) = whole(local, &operation);
        let mut figures = Figures { points: points.len(), ..Figures::default() };
        for point in points::sample(&points, count, &mut rng) {
            cut(&case, &point, &mut figures);
        }
        let Figures { points, cut, missed, old, held_up } = figures;
        println!(
            "{:32} {points:4} points, {cut:4} cut short, {missed} missed, {old:4} old, {held_up:4} held up",
            operation.name
        );
        all.points += points;
        all.cut += cut;
        all.missed += missed;
        all.old += old;
        all.held_up += held_up;
    }
    println!("{all:?}");
    all
}

/// The operation as a whole, and the points at which it can be cut short.
fn whole<'a>(local: &'a Local, operation: &'a Operation) -> (Case<'a>, Vec<Point>) {
    let dir = TempDir::new().unwrap();
    operation.prepare(local, dir.path());
    let since = lately(local, dir.path());
    let before = everything(local, dir.path(), since);
    let old = State::of(&before);
    let trace = TempDir::new().unwrap();
    let trace = trace.path().join("trace");
    let child = Child::does(&(local.url)(dir.path()), &operation.does);
    let said = child.under(&["strace", "-f", "-y", "-o", trace.to_str().unwrap()]).run();
    assert_eq!(said, "done", "{}", operation.name);
    let new = State::of(&everything(local, dir.path(), since));
    let points = points::changing(&fs::read_to_string(&trace).unwrap(), dir.path());
    let case = Case { local, operation, since, old, new };
    case.judge(dir.path(), &before, "whole");
    (case, points)
}
