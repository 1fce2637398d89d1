//! A trace as petgraph sees it: events as nodes, causes as edges, without a copy.

use super::record::Trace;
use crate::node::EventId;
use petgraph::Direction;
use petgraph::visit::{
    Data, GraphBase, GraphRef, IntoNeighbors, IntoNeighborsDirected, IntoNodeIdentifiers, NodeCount, NodeIndexable,
    VisitMap, Visitable,
};

/// The happens-before graph of a trace. An edge leads from a cause to what it caused.
///
/// petgraph's searches walk it backwards (from an event to its causes) through [`petgraph::visit::Reversed`].
#[derive(Clone, Copy, Debug)]
pub struct Causality<'a>(pub &'a Trace);

/// A set of events, one bit each.
#[derive(Clone, Debug, Default)]
pub struct EventSet(Vec<u64>);

impl VisitMap<EventId> for EventSet {
    fn visit(&mut self, id: EventId) -> bool {
        let (word, bit) = (id.0 as usize / 64, 1u64 << (id.0 % 64));
        let fresh = self.0[word] & bit == 0;
        self.0[word] |= bit;
        fresh
    }

    fn is_visited(&self, id: &EventId) -> bool {
        self.0[id.0 as usize / 64] & 1 << (id.0 % 64) != 0
    }

    fn unvisit(&mut self, id: EventId) -> bool {
        let visited = self.is_visited(&id);
        self.0[id.0 as usize / 64] &= !(1 << (id.0 % 64));
        visited
    }
}

impl GraphBase for Causality<'_> {
    type NodeId = EventId;
    type EdgeId = (EventId, EventId);
}

impl GraphRef for Causality<'_> {}

impl Data for Causality<'_> {
    type NodeWeight = ();
    type EdgeWeight = ();
}

impl NodeCount for Causality<'_> {
    fn node_count(&self) -> usize {
        self.0.len()
    }
}

impl NodeIndexable for Causality<'_> {
    fn node_bound(&self) -> usize {
        self.0.len()
    }
    fn to_index(&self, id: EventId) -> usize {
        id.0 as usize
    }
    fn from_index(&self, index: usize) -> EventId {
        EventId(index as u32)
    }
}

impl Visitable for Causality<'_> {
    type Map = EventSet;
    fn visit_map(&self) -> EventSet {
        EventSet(vec![0; self.0.len().div_ceil(64)])
    }
    fn reset_map(&self, map: &mut EventSet) {
        *map = self.visit_map();
    }
}

impl<'a> IntoNodeIdentifiers for Causality<'a> {
    type NodeIdentifiers = Box<dyn Iterator<Item = EventId> + 'a>;
    fn node_identifiers(self) -> Self::NodeIdentifiers {
        Box::new(self.0.ids())
    }
}

impl<'a> IntoNeighbors for Causality<'a> {
    type Neighbors = std::vec::IntoIter<EventId>;
    fn neighbors(self, id: EventId) -> Self::Neighbors {
        self.neighbors_directed(id, Direction::Outgoing)
    }
}

impl<'a> IntoNeighborsDirected for Causality<'a> {
    type NeighborsDirected = std::vec::IntoIter<EventId>;
    fn neighbors_directed(self, id: EventId, direction: Direction) -> Self::NeighborsDirected {
        let trace = self.0;
        let neighbours: Vec<EventId> = match direction {
            Direction::Incoming => trace.causes(id).collect(),
            Direction::Outgoing => effects(trace, id),
        };
        neighbours.into_iter()
    }
}

/// The events that an event caused. Those that it triggered stand between it and the next event of its node, or are the
/// arrival of a message; a timer or a sync that it set may be anywhere later on its node.
fn effects(trace: &Trace, id: EventId) -> Vec<EventId> {
    let later = (id.0 + 1..trace.len() as u32).map(EventId);
    let caused = later.filter(|&other| trace.record(other).cause() == Some(id));
    let next = trace.next(id).filter(|&next| trace.record(next).cause() != Some(id));
    next.into_iter().chain(caused).collect()
}
