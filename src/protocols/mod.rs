//! The protocols, each in a folder of its own that reads like its paper.

pub mod raft;
