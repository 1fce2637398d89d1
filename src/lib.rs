//! Pessimist: a laboratory for distributed systems.
//!
//! The layers, from the bottom up; imports point downwards only.
#[allow(unused_extern_crates, reason = "the derives of node_value! name the crate")]
extern crate self as pessimist;

pub mod node;

pub mod kernel;
pub mod protocols;

pub mod trace;

pub mod check;

pub mod scenario;

pub mod explore;

pub mod course;

#[cfg(feature = "tui")]
pub mod tui;

pub mod cli;
