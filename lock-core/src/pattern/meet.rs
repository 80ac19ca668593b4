//! Whether two machines take a common path, and which.

use super::{
    exact,
    path::is_valid_path,
    program::Program,
    table::Table,
    walk::{Found, Walk},
};

/// Whether some valid path is taken by both.
pub(super) fn meets(p: &Program, q: &Program) -> bool {
    if p.melts || q.melts {
        return witness(p, q).is_some();
    }
    meets_with(Walk { p, q, controls: false })
        || ((p.controls || q.controls) && meets_with(Walk { p, q, controls: true }))
}

fn meets_with(walk: Walk<'_>) -> bool {
    match walk.run(()) {
        Found::Yes => true,
        Found::No => false,
        Found::Unknown => Table::new(walk).lives((0, 0)),
    }
}

/// A valid path that both take; without control characters if there is one.
pub(super) fn witness(p: &Program, q: &Program) -> Option<String> {
    witness_with(Walk { p, q, controls: false }).or_else(|| {
        let controls = p.controls || q.controls;
        controls.then(|| witness_with(Walk { p, q, controls }))?
    })
}

fn witness_with(walk: Walk<'_>) -> Option<String> {
    let mut text = String::new();
    match walk.run(&mut text) {
        Found::No => return None,
        Found::Yes if is_valid_path(&text) => return Some(text),
        Found::Yes | Found::Unknown => {}
    }
    let table = Table::new(walk);
    guided(walk, &table).filter(|text| is_valid_path(text)).or_else(|| exact::search(walk, &table))
}

/// The path of a walk that never goes wrong.
fn guided(walk: Walk<'_>, table: &Table) -> Option<String> {
    let mut text = String::new();
    let mut at = (0, 0);
    while !walk.ends(at) {
        let moves = walk.moves(at);
        let &(to, c) = moves.iter().flatten().find(|(to, _)| table.lives(*to))?;
        text.extend(c);
        at = to;
    }
    Some(text)
}
