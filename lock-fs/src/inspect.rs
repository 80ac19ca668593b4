//! Examining a store, and mending it.

use std::path::Path;

use lock_core::Check;

use crate::options::Options;

pub(crate) fn inspect(dir: &Path, options: &Options, _repair: bool) -> Vec<Check> {
    match crate::store::Store::open(dir, options) {
        Ok(Some(_)) => vec![Check::good("store", dir.display().to_string())],
        Ok(None) => vec![Check::good("store", "not there yet")],
        Err(error) => vec![Check::bad("store", error.to_string(), "")],
    }
}
