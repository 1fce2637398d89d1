//! One copy is no copy: several nodes hold the same data, and the ways differ in who may write.

pub mod chain;
pub mod leaderless;
pub mod multi_leader;
pub mod single_leader;
