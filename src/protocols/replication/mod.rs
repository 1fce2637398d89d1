//! Keeping the same data on several nodes.

pub mod multi_leader;
