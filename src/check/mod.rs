//! What is promised of a run, and whether it was kept.

pub mod claim;

pub use claim::{Answer, Claim, Measure, Promise, Question, State};
