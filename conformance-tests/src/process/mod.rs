//! Contestants in processes of their own: the test binary, run again.
//!
//! A child is told on its standard input when to start, and writes each call and each answer to
//! its standard output the moment it happens, so that whatever kills it leaves its history behind.

mod answer;
mod asked;
mod child;
mod contestant;
mod wire;

pub(crate) use self::{
    child::be_child_if_asked,
    contestant::{Contestant, Heard},
};
