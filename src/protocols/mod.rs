//! The protocols, each in a folder of its own that reads like its paper.

pub mod broadcast;
pub mod clocks;
pub mod postcards;
pub mod raft;
pub mod single_server;
pub mod snapshot;
pub mod two_generals;
