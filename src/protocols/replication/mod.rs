//! The ways to keep copies of data on several nodes.

pub mod leaderless;
pub mod multi_leader;
