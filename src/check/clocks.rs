//! What stamps promise, of logical clocks and of others, compared with what really happened before what.
//!
//! True causality is kept beside the run: for each node a vector that counts the events of every node in its past. A
//! vector is put aside at each sending and joined where that message arrives, which costs O(nodes) an event. It begins
//! with the first stamp or the first recorded state: a path from one of these to another leads through nothing earlier.

use super::claim::Promise;
use super::history::Moment;
use super::judge::Judge;
use super::violation::Violation;
use crate::node::{Event, EventId, Node, NodeId, Stamp, What};
use std::collections::BTreeMap;

/// True causality so far.
#[derive(Clone, Debug)]
pub(super) struct Causality {
    has_begun: bool,
    /// For each node: how many events of each node are in its past, its own included.
    past: Vec<Vec<u32>>,
    /// The same before the handler began that runs at the node.
    before_handler: Vec<Vec<u32>>,
    /// The past of each sending.
    sent: BTreeMap<EventId, Vec<u32>>,
    /// The stamps of each node, in order.
    stamps: Vec<Vec<Stamped>>,
}

/// A stamp that a node declared.
#[derive(Clone, Debug)]
struct Stamped {
    /// Which of its node's events it is.
    place: u32,
    event: EventId,
    node: NodeId,
    stamp: Stamp,
}

impl Causality {
    pub fn new(nodes: usize) -> Self {
        let none = vec![vec![0; nodes]; nodes];
        Causality {
            has_begun: false,
            past: none.clone(),
            before_handler: none,
            sent: BTreeMap::new(),
            stamps: vec![vec![]; nodes],
        }
    }

    /// Begins to watch, at a fact of this node that is the first to matter.
    pub fn begin(&mut self, node: NodeId) {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.past[node.index()][node.index()] = 1;
        }
    }

    /// Takes an event of any node into account.
    pub fn event<N: Node>(&mut self, event: &Event<'_, N>) {
        let Some(node) = event.node.map(NodeId::index).filter(|_| self.has_begun) else { return };
        let is_effect = matches!(event.what, What::Send { .. } | What::Fact(_) | What::Fault { .. });
        if !is_effect {
            self.before_handler[node] = self.past[node].clone();
        }
        if let (What::Deliver { .. }, Some(sent)) = (&event.what, event.cause.and_then(|cause| self.sent.get(&cause)))
        {
            for (mine, theirs) in self.past[node].iter_mut().zip(sent) {
                *mine = (*mine).max(*theirs);
            }
        }
        self.past[node][node] += 1;
        if matches!(event.what, What::Send { .. }) {
            self.sent.insert(event.id, self.past[node].clone());
        }
    }

    /// Where a cut runs through that begins with what this node's handler does now: all that the node knew before, and of
    /// itself all so far.
    pub fn cut(&self, node: NodeId) -> Vec<u32> {
        let mut cut = self.before_handler[node.index()].clone();
        cut[node.index()] = self.past[node.index()][node.index()];
        cut
    }
}

impl Judge {
    /// *Clock condition* and *strong clock condition*, for a new stamp and all before it.
    ///
    /// Stamps of one node grow, once that is checked; so of each node only the last stamp in the past and the first that
    /// is concurrent need be looked at, and the very last.
    pub(super) fn judge_clock_conditions(&mut self, at: Moment, node: NodeId, stamp: &Stamp) {
        self.causality.begin(node);
        let causality = &self.causality;
        let past = &causality.past[node.index()];
        let new = Stamped { place: past[node.index()], event: at.event, node, stamp: stamp.clone() };
        let mut broken: Vec<(Promise, Stamped, &str)> = Vec::new();
        for (stamps, known) in causality.stamps.iter().zip(past) {
            let known = stamps.partition_point(|stamped| stamped.place <= *known);
            let cause = known.checked_sub(1).map(|last| &stamps[last]);
            if let Some(cause) = cause.filter(|cause| !cause.stamp.is_before(stamp)) {
                broken.push((Promise::ClockCondition, cause.clone(), "is a cause, and its stamp is not smaller"));
                broken.push((Promise::StrongClockCondition, cause.clone(), "is a cause; its stamp is not smaller"));
            }
            let smaller = stamps.get(known).filter(|other| other.stamp.is_before(stamp));
            let larger = stamps[known..].last().filter(|other| stamp.is_before(&other.stamp));
            if let Some(other) = smaller.or(larger) {
                broken.push((
                    Promise::StrongClockCondition,
                    other.clone(),
                    "is concurrent, and the stamps are ordered",
                ));
            }
        }
        for (promise, other, how) in broken {
            self.report(promise, |judge| {
                let (me, them) = (judge.name(node), judge.name(other.node));
                let headline = if promise == Promise::ClockCondition || how.starts_with("is a cause") {
                    format!("stamp {stamp} of {me} is not larger than {}, its cause", other.stamp)
                } else {
                    format!("stamps {} and {stamp} are ordered, their events are not", other.stamp)
                };
                Violation::new(promise, at, node, headline)
                    .saw(format!("{me} stamps {} with {stamp}", at.event))
                    .saw(format!("{} of {them}, stamped {}, {how}", other.event, other.stamp))
                    .blame([other.event])
            });
        }
        self.causality.stamps[node.index()].push(new);
    }
}
