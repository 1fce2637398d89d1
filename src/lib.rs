//! Pessimist.
#[allow(unused_extern_crates, reason = "the derives of node_value! name the crate")]
extern crate self as pessimist;
pub mod check;
pub mod kernel;
pub mod node;
pub mod protocols;
pub mod scenario;
pub mod trace;
