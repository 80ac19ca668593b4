//! The rule of an advisory lock manager, and the trait that its stores implement.

pub mod pattern;
