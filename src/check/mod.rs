//! What is promised of a run, and whether it was kept.
//!
//! A [`Judge`] watches a run beside the recorder, or alone in a sweep over many seeds. It looks at facts, faults and
//! operations and never at a message or a state, so that a student's protocol is judged like our own: what a node
//! declares is what counts. It says three things:
//!
//! - which [`Promise`] was broken first where, with what was seen and which events to explain ([`Violation`]);
//! - whether a [`Claim`] is true of the run ([`Verdict`]), and what the run answers to a question ([`Answer`]);
//! - what happened, for stories: operations, leaders, faults, counts ([`History`]), and what it was worth ([`Measures`]).
//!
//! # How the promises of Raft are judged
//!
//! From facts the judge keeps a model of each node's log: a chain of digests, each of which stands for an entry and all
//! entries before it ([`model`]). So two logs are the same up to a place if their digests there are equal, and no
//! promise of Figure 3 costs more than one comparison an event. Groups of a cluster are judged apart.
//!
//! # What it does not see
//!
//! A node that declares nothing breaks nothing. A snapshot's content is not seen, only the place and term at its end: it
//! is taken for what other logs hold up to there. Facts wait for the disk as messages do, and a crash loses those that
//! wait.

pub mod calls;
pub mod claim;
pub mod measures;

mod agreement;
mod answer;
mod broadcast;
mod clocks;
mod consistency;
mod coverage;
mod durable;
mod exclusion;
mod history;
mod judge;
pub mod model;
mod raft;
pub mod recorded;
mod replicas;
pub(crate) mod shapes;
mod siblings;
mod snapshot;
mod stores;
mod time;
mod verdict;
mod violation;
pub mod watch;

#[cfg(test)]
mod tests;

pub use claim::{Answer, Claim, Measure, Promise, Question, Since, State};
pub use coverage::{Coverage, Feature};
pub use history::{Ending, FaultHistory, History, Leadership, Moment, OperationHistory};
pub use judge::Judge;
pub use measures::{Measures, Meter};
pub use verdict::Verdict;
pub use violation::Violation;
