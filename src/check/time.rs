//! What is promised of time: the clock condition, bounds on timestamps and clocks, external consistency.
//!
//! The judge knows true time, each node's own reading and which message caused what; nodes know none of the three.

use super::claim::Promise;
use super::history::Moment;
use super::judge::Judge;
use super::violation::Violation;
use crate::node::{Cluster, EventId, LocalSpan, LocalTime, NodeId, OperationId};
use std::collections::BTreeMap;

/// A timestamp, in the order of timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    pub time: i64,
    pub count: u64,
}

/// A timestamp, and the event at which it was given.
type Given = (Stamp, EventId);

/// What the promises about time remember of a run.
#[derive(Clone, Debug)]
pub(super) struct Stamps {
    /// The largest timestamp in each node's causal past.
    past: Vec<Option<Given>>,
    /// The same at each sending of a message that is still on its way, or was lost.
    sent: BTreeMap<EventId, Given>,
    /// The timestamp of each operation that has one.
    operations: BTreeMap<OperationId, Given>,
    /// The largest timestamp of an operation that has returned.
    returned: Option<Given>,
    /// What that was when each operation began.
    floors: BTreeMap<OperationId, Given>,
}

impl Stamps {
    pub fn new(cluster: &Cluster) -> Self {
        Stamps {
            past: vec![None; cluster.len()],
            sent: BTreeMap::new(),
            operations: BTreeMap::new(),
            returned: None,
            floors: BTreeMap::new(),
        }
    }

    /// A message leaves with all that its sender knows.
    pub fn sent(&mut self, send: EventId, sender: Option<NodeId>) {
        if let Some(given) = sender.and_then(|node| self.past[node.index()]) {
            self.sent.insert(send, given);
        }
    }

    /// A message arrives. It may arrive twice, so what it carries is kept.
    pub fn arrived(&mut self, send: Option<EventId>, receiver: Option<NodeId>) {
        if let (Some(given), Some(node)) = (send.and_then(|send| self.sent.get(&send)), receiver) {
            let past = &mut self.past[node.index()];
            *past = (*past).max(Some(*given));
        }
    }

    pub fn invoked(&mut self, operation: OperationId) {
        self.floors.extend(self.returned.map(|given| (operation, given)));
    }

    pub fn returned(&mut self, operation: OperationId) {
        self.returned = self.returned.max(self.operations.get(&operation).copied());
    }
}

impl Judge {
    pub(super) fn timestamped(
        &mut self,
        at: Moment,
        node: NodeId,
        local: LocalTime,
        stamp: Stamp,
        bound: Option<LocalSpan>,
        operation: Option<OperationId>,
    ) {
        let given = (stamp, at.event);
        if let Some(before) = self.stamps.past[node.index()].filter(|before| before.0 >= stamp) {
            self.report(Promise::ClockCondition, |_| {
                let headline = "the later of two events has the smaller timestamp".to_owned();
                contradiction(Promise::ClockCondition, at, node, headline, before, stamp)
            });
        }
        let past = &mut self.stamps.past[node.index()];
        *past = (*past).max(Some(given));
        if let Some(bound) = bound.filter(|bound| stamp.time.abs_diff(local.0) > bound.0) {
            self.report(Promise::TimestampBound, |judge| {
                let off = millis(stamp.time.abs_diff(local.0));
                let headline = format!("a timestamp {off} from the clock of {}", judge.name(node));
                Violation::new(Promise::TimestampBound, at, node, headline)
                    .saw(format!(
                        "{} is stamped {}; the clock shows {}",
                        at.event,
                        seconds(stamp.time),
                        seconds(local.0)
                    ))
                    .saw(format!("at most {} were promised", millis(bound.0)))
            });
        }
        if let Some(operation) = operation {
            self.judge_external_consistency(at, node, stamp, operation);
            self.stamps.operations.insert(operation, given);
        }
    }

    /// *ExternalConsistency*: an operation that begins after another has returned has a larger timestamp.
    fn judge_external_consistency(&mut self, at: Moment, node: NodeId, stamp: Stamp, operation: OperationId) {
        let floor = self.stamps.floors.get(&operation).copied();
        if let Some(before) = floor.filter(|before| before.0 >= stamp) {
            self.report(Promise::ExternalConsistency, |_| {
                let headline = "the later of two operations has the smaller timestamp".to_owned();
                contradiction(Promise::ExternalConsistency, at, node, headline, before, stamp)
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

fn contradiction(
    promise: Promise,
    at: Moment,
    node: NodeId,
    headline: String,
    (before, event): Given,
    stamp: Stamp,
) -> Violation {
    let tell = |event: EventId, stamp: Stamp| format!("{event} has {} #{}", seconds(stamp.time), stamp.count);
    Violation::new(promise, at, node, headline).saw(tell(event, before)).saw(tell(at.event, stamp)).blame([event])
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
