//! The protocols, each in a folder of its own that reads like its paper.

pub mod postcards;
pub mod raft;
pub mod single_server;
pub mod two_generals;
