//! Operations as their clients saw them: all that a promise of consistency is about.
//!
//! A [`Call`] has a beginning, an end where it has one, and what its client was told. Where calls come from does not matter:
//! from a run of ours, or from a history that another system's test has recorded. What nodes did meanwhile is not looked
//! at, so that a verdict needs no knowledge of a protocol.

pub mod causal;
pub mod sessions;
mod shown;
pub mod staleness;

pub use shown::Breach;
pub(super) use shown::{Known, Shown};
mod bars;
mod entries;
mod linearizable;
mod models;
pub mod pages;
mod patterns;
mod reasons;
mod search;
mod sequential;
mod smallest;
mod values;

#[cfg(test)]
mod long_tests;
#[cfg(test)]
mod tests;

pub use bars::Places;
pub use entries::Meaning;
pub use linearizable::{Judgement, linearizable};
pub use models::Model;
pub(super) use models::Told;
pub use search::Budget;
pub use sequential::{Disorder, Undecided, sequential};
pub use smallest::Conflict;

use super::history::{Ending, History, Moment, OperationHistory};
use crate::node::{Op, SimTime};
use std::sync::Arc;

/// One operation, as its client saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who asked: a client of a run, a process of a recorded history. Its calls follow one another.
    pub client: Arc<str>,
    /// What it is called for people, where it has a name: a label of the scenario.
    pub label: Option<Arc<str>>,
    /// What was asked for.
    pub op: Op,
    /// When.
    pub invoked: Point,
    /// When the client was told how it ended. What never ended may take effect at any later time, or never.
    pub ended: Option<Point>,
    /// What it was told.
    pub ending: Ending,
}

/// A moment of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Its place in the order in which the history was recorded: an event's number in a run, a line's in a file. Real time
    /// is compared by these alone.
    pub place: u32,
    /// The time, where it is known.
    pub time: Option<SimTime>,
}

impl From<Moment> for Point {
    fn from(moment: Moment) -> Self {
        Point { place: moment.event.0, time: Some(moment.time) }
    }
}

impl Call {
    /// Whether this call had ended before the other began.
    pub fn is_before(&self, other: &Call) -> bool {
        self.certain_end().is_some_and(|end| end < other.invoked)
    }

    /// When the call is known to have been over: a client that gave up knows nothing.
    pub fn certain_end(&self) -> Option<Point> {
        match self.ending {
            Ending::Ok(_) | Ending::Failed => self.ended,
            Ending::Unknown | Ending::Pending => None,
        }
    }

    fn of_run(operation: &OperationHistory, client: Arc<str>) -> Self {
        Call {
            client,
            label: operation.label.clone(),
            op: operation.op.clone(),
            invoked: operation.invoked.into(),
            ended: operation.ended.map(Point::from),
            ending: operation.ending.clone(),
        }
    }
}

/// The calls of a run, in the order in which they began.
pub fn of_run(history: &History, cluster: &crate::node::Cluster) -> Vec<Call> {
    let names: Vec<Arc<str>> = cluster.ids().map(|id| cluster.name(id).into()).collect();
    history.operations().map(|operation| Call::of_run(operation, names[operation.client.index()].clone())).collect()
}
