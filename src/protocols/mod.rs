//! The protocols, each in a folder of its own that reads like its paper.

pub mod broadcast;
pub mod clocks;
pub mod last_write_wins;
pub mod lease;
pub mod mutant;
pub mod postcards;
pub mod raft;
pub mod replication;
pub mod siblings;
pub mod single_server;
pub mod snapshot;
pub mod stopwatch;
pub mod store;
pub mod two_generals;
pub mod versions;
