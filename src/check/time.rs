//! What is promised of time: bounds on timestamps and clocks, external consistency.
//!
//! The judge knows true time and each node's own reading; nodes do not know how far the two are apart.

use super::claim::Promise;
use super::history::Moment;
use super::judge::Judge;
use super::violation::Violation;
use crate::node::{EventId, LocalSpan, LocalTime, NodeId, OperationId, Stamp};
use std::collections::BTreeMap;

/// A stamp, and the event that it was given to.
type Given = (Stamp, EventId);

/// What external consistency remembers of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Stamps {
    /// The stamp of each operation that has one.
    operations: BTreeMap<OperationId, Given>,
    /// The largest stamp of an operation that has returned.
    returned: Option<Given>,
    /// What that was when each operation began.
    floors: BTreeMap<OperationId, Given>,
}

impl Stamps {
    pub fn invoked(&mut self, operation: OperationId) {
        self.floors.extend(self.returned.clone().map(|given| (operation, given)));
    }

    pub fn returned(&mut self, operation: OperationId) {
        let Some(given) = self.operations.get(&operation) else { return };
        if self.returned.as_ref().is_none_or(|largest| largest.0.is_before(&given.0)) {
            self.returned = Some(given.clone());
        }
    }
}

impl Judge {
    /// What a stamp promises that has a time in it, or stands for an operation.
    pub(super) fn judge_time_in(
        &mut self,
        at: Moment,
        node: NodeId,
        local: LocalTime,
        stamp: &Stamp,
        bound: Option<LocalSpan>,
        operation: Option<OperationId>,
    ) {
        if let (Stamp::Time { time, .. }, Some(bound)) = (stamp, bound) {
            self.judge_bound(at, node, local, LocalTime(*time), bound);
        }
        if let Some(operation) = operation {
            self.judge_external_consistency(at, node, stamp, operation);
            self.stamps.operations.insert(operation, (stamp.clone(), at.event));
        }
    }

    /// *TimestampBound*: the time in a stamp is near the node's own clock.
    fn judge_bound(&mut self, at: Moment, node: NodeId, local: LocalTime, time: LocalTime, bound: LocalSpan) {
        let off = time.0.abs_diff(local.0);
        if off > bound.0 {
            self.report(Promise::TimestampBound, |judge| {
                let headline = format!("a timestamp {} from the clock of {}", millis(off), judge.name(node));
                Violation::new(Promise::TimestampBound, at, node, headline)
                    .saw(format!("{} is stamped {}; the clock shows {}", at.event, seconds(time.0), seconds(local.0)))
                    .saw(format!("at most {} were promised", millis(bound.0)))
            });
        }
    }

    /// *ExternalConsistency*: an operation that begins after another has returned has a larger timestamp.
    fn judge_external_consistency(&mut self, at: Moment, node: NodeId, stamp: &Stamp, operation: OperationId) {
        let floor = self.stamps.floors.get(&operation).cloned();
        if let Some((before, event)) = floor.filter(|(before, _)| !before.is_before(stamp)) {
            self.report(Promise::ExternalConsistency, |_| {
                let headline = "the later of two operations has the smaller timestamp".to_owned();
                Violation::new(Promise::ExternalConsistency, at, node, headline)
                    .saw(format!("{event} has {before}"))
                    .saw(format!("{} has {stamp}", at.event))
                    .blame([event])
            });
        }
    }

    /// *ClockError*: the true time lies within the error that a node states.
    pub(super) fn judge_clock_error(&mut self, at: Moment, node: NodeId, time: i64, error: LocalSpan) {
        let off = time.abs_diff(at.time.0 as i64);
        if off > error.0 {
            self.report(Promise::ClockError, |judge| {
                let headline = format!("{} is {} off and states {}", judge.name(node), millis(off), millis(error.0));
                Violation::new(Promise::ClockError, at, node, headline).saw(format!(
                    "it takes it to be {}; it is {}",
                    seconds(time),
                    at.time
                ))
            });
        }
    }
}

/// `12.500 ms`.
fn millis(nanos: u64) -> String {
    format!("{}.{:03} ms", nanos / 1_000_000, nanos / 1000 % 1000)
}

/// `1.250 s`.
fn seconds(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let micros = nanos.unsigned_abs() / 1000;
    format!("{sign}{}.{:06} s", micros / 1_000_000, micros % 1_000_000)
}
