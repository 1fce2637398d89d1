//! Which events came before which: the happens-before order, answered from stamps alone.
//!
//! The order is Lamport's (1978): an event comes before the next of its node, and a sending before the arrival of its
//! message. Events of the network (a loss, a link that is cut) belong to no node and have no stamps. A loss comes after
//! its sending and tells nobody; a fault of links comes after nothing.

use super::record::{EventKind, Trace};
use super::stamps::Stamps;
use crate::node::{EventId, NodeId};

/// All that happened before an event, or all that it can have influenced: one threshold a node, however long the run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cone {
    tip: EventId,
    reach: Reach,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reach {
    /// Of each node the number of its last event in the past; 0 where there is none.
    Past(Vec<u32>),
    /// Of each node the number of its first event in the future, where there is one.
    Future(Vec<Option<u32>>),
}

impl Cone {
    /// The event whose cone it is. It is not in its own cone.
    pub fn tip(&self) -> EventId {
        self.tip
    }

    /// Whether an event is in the cone.
    pub fn contains(&self, trace: &Trace, id: EventId) -> bool {
        let own = trace.record(id).own() as usize;
        let node = trace.node(id).map(NodeId::index);
        match (&self.reach, node) {
            _ if id == self.tip => false,
            (Reach::Past(last), Some(node)) => own <= last[node] as usize,
            (Reach::Future(first), Some(node)) => first[node].is_some_and(|first| own >= first as usize),
            (Reach::Past(_), None) => trace.before(id, self.tip),
            (Reach::Future(_), None) => trace.before(self.tip, id),
        }
    }

    /// Where the cone ends on a node: of a past the node's last event in it, of a future its first.
    pub fn edge(&self, trace: &Trace, node: NodeId) -> Option<EventId> {
        let own = match &self.reach {
            Reach::Past(last) => Some(last[node.index()]),
            Reach::Future(first) => first[node.index()],
        };
        let place = own?.checked_sub(1)? as usize;
        trace.by_node[node.index()].get(place).map(|id| EventId(*id))
    }
}

/// How many of the nodes' events stand how to one event, which is not counted itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Influence {
    /// Those that happened before it.
    pub past: usize,
    /// Those that happened after it.
    pub future: usize,
    /// Those that can neither have influenced it nor have been influenced.
    pub concurrent: usize,
}

/// A moment of the run as a set of its events: of each node its first so many.
///
/// True time makes one of these at every instant, but so does every state that an observer within the system may have
/// put together. One that holds an arrival without its sending never was, nor could it have been: it is inconsistent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut(pub Vec<u32>);

/// The messages that cross a cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crossing {
    /// Sendings within the cut of messages that have neither arrived nor been lost within it: the channels' state.
    pub in_flight: Vec<EventId>,
    /// Arrivals within the cut of messages that are sent after it. A consistent cut has none.
    pub orphans: Vec<EventId>,
}

impl Cut {
    /// Whether an event of a node is within the cut. Events of the network are where their causes are.
    pub fn contains(&self, trace: &Trace, id: EventId) -> bool {
        match trace.node(id) {
            Some(node) => trace.record(id).own() <= self.0[node.index()],
            None => trace.record(id).cause().is_some_and(|cause| self.contains(trace, cause)),
        }
    }

    /// Whether the cut holds with each event all that came before it.
    pub fn is_consistent(&self, stamps: &Stamps) -> bool {
        let mut pairs = (0..self.0.len()).flat_map(|node| (0..self.0.len()).map(move |other| (node, other)));
        pairs.all(|(node, other)| self.0[node] == 0 || self.known(stamps, node, other) <= self.0[other])
    }

    fn known(&self, stamps: &Stamps, node: usize, other: usize) -> u32 {
        stamps.known(node, self.0[node], other)
    }

    /// The greatest consistent cut within this one: nodes are taken back until none knows of what is outside.
    pub fn greatest_consistent(mut self, stamps: &Stamps) -> Cut {
        let nodes = self.0.len();
        let mut changed = true;
        while changed {
            changed = false;
            for (node, other) in (0..nodes).flat_map(|node| (0..nodes).map(move |other| (node, other))) {
                let too_late = stamps.first_to_know(node, other, self.0[other] + 1);
                if let Some(first) = too_late.filter(|first| node != other && *first <= self.0[node]) {
                    self.0[node] = first - 1;
                    changed = true;
                }
            }
        }
        self
    }

    /// The messages that cross the cut. It looks at every event once.
    pub fn crossing(&self, trace: &Trace) -> Crossing {
        let mut crossing = Crossing::default();
        for id in trace.ids().filter(|id| self.contains(trace, *id)) {
            let record = trace.record(id);
            match record.kind() {
                EventKind::Send if trace.end_of(id).is_none_or(|end| self.leaves(trace, end)) => {
                    crossing.in_flight.push(id);
                }
                EventKind::Deliver if record.cause().is_some_and(|send| !self.contains(trace, send)) => {
                    crossing.orphans.push(id);
                }
                _ => {}
            }
        }
        crossing
    }

    /// Whether the end of a message is an arrival outside. A loss is nowhere, and the message with it.
    fn leaves(&self, trace: &Trace, end: EventId) -> bool {
        trace.node(end).is_some() && !self.contains(trace, end)
    }
}

impl Trace {
    /// An event's vector stamp: for each node the number of its events that are in this event's past, itself included.
    /// An event of the network has its cause's.
    pub fn vector(&self, id: EventId) -> Vec<u32> {
        match self.node(id) {
            Some(node) => self.stamps().vector(node.index(), self.record(id).own()),
            None => self.record(id).cause().map_or_else(|| vec![0; self.cluster().len()], |cause| self.vector(cause)),
        }
    }

    /// Whether `a` happened before `b`: whether it can have had any influence on it (Lamport 1978).
    pub fn before(&self, a: EventId, b: EventId) -> bool {
        if a == b {
            return false;
        }
        let (first, second) = (self.record(a), self.record(b));
        if second.own == 0 {
            return second.cause().is_some_and(|cause| cause == a || self.before(a, cause));
        }
        if first.own == 0 {
            // What happens on the network tells nobody.
            return false;
        }
        if first.node == second.node {
            return first.own < second.own;
        }
        self.stamps().known(usize::from(second.node), second.own, usize::from(first.node)) >= first.own
    }

    /// Whether `a` happened after `b`.
    pub fn after(&self, a: EventId, b: EventId) -> bool {
        self.before(b, a)
    }

    /// Whether neither of two different events can have had any influence on the other.
    pub fn concurrent(&self, a: EventId, b: EventId) -> bool {
        a != b && !self.before(a, b) && !self.before(b, a)
    }

    /// All that happened before an event.
    pub fn past(&self, tip: EventId) -> Cone {
        Cone { tip, reach: Reach::Past(self.vector(tip)) }
    }

    /// All that an event can have influenced.
    pub fn future(&self, tip: EventId) -> Cone {
        let own = self.record(tip).own();
        let first = |other: NodeId| match self.node(tip) {
            Some(node) if node == other => Some(own + 1),
            Some(node) => self.stamps().first_to_know(other.index(), node.index(), own),
            None => None,
        };
        Cone { tip, reach: Reach::Future(self.cluster().ids().map(first).collect()) }
    }

    /// How many events of nodes before `limit` are in the past of an event, in its future, and in neither: a subtraction
    /// a node, however long the run is.
    pub fn influence(&self, tip: EventId, limit: EventId) -> Influence {
        let (past, future) = (self.past(tip), self.future(tip));
        let itself = usize::from(self.node(tip).is_some());
        let mut counted = Influence::default();
        for (node, events) in self.cluster().ids().zip(&self.by_node) {
            let seen = events.partition_point(|event| *event < limit.0);
            let until = |id: EventId| events.partition_point(|event| *event < id.0);
            counted.past += past.edge(self, node).map_or(0, |last| until(last) + 1).min(seen);
            counted.future += future.edge(self, node).map_or(0, |first| seen.saturating_sub(until(first)));
            counted.concurrent += seen;
        }
        counted.past -= itself.min(counted.past);
        counted.concurrent = counted.concurrent.saturating_sub(counted.past + counted.future + itself);
        counted
    }

    /// The longest chain of events, each a cause of the next, that ends in this one. A Lamport stamp is the length of
    /// that chain, so the way back follows the stamps down.
    pub fn longest_chain_to(&self, id: EventId) -> Vec<EventId> {
        let mut chain = vec![id];
        let mut here = id;
        while let Some(cause) = self.causes(here).max_by_key(|cause| self.record(*cause).lamport()) {
            chain.push(cause);
            here = cause;
        }
        chain.reverse();
        chain
    }

    /// The longest causal chain of the run; of several the one that ends first.
    pub fn longest_chain(&self) -> Vec<EventId> {
        let end = self.ids().rev().max_by_key(|id| self.record(*id).lamport());
        end.map_or_else(Vec::new, |end| self.longest_chain_to(end))
    }

    /// The cut of true time right after an event.
    pub fn cut_at(&self, id: EventId) -> Cut {
        let within = |events: &Vec<u32>| events.partition_point(|event| *event <= id.0) as u32;
        Cut(self.by_node.iter().map(within).collect())
    }
}

#[cfg(test)]
mod tests;
