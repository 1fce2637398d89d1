//! What one pass over a run gathers.

use super::log::Log;
use crate::node::{EventId, Fact, Fault, NodeId, OperationId, Outcome};
use crate::trace::{EventKind, Trace};
use std::collections::{BTreeMap, BTreeSet};

/// A node's accession.
#[derive(Clone, Copy)]
pub struct Reign {
    pub event: EventId,
    pub node: NodeId,
    pub term: u64,
}

/// An entry at the moment at which its leader logged it.
#[derive(Clone, Copy)]
pub struct Entry {
    pub event: EventId,
    pub leader: NodeId,
    pub index: u64,
    pub term: u64,
    pub operation: OperationId,
}

pub struct Survey<'a> {
    pub trace: &'a Trace,
    pub knows_time: bool,
    /// The last event.
    pub end: EventId,
    pub reigns: Vec<Reign>,
    /// Who sought to lead, and when.
    pub candidates: Vec<(EventId, NodeId)>,
    /// By term and candidate: who voted, and when.
    pub votes: BTreeMap<(u64, NodeId), Vec<(EventId, NodeId)>>,
    /// What leaders logged for clients.
    pub entries: Vec<Entry>,
    /// By place in the log: what nodes hold there, since when.
    pub held: BTreeMap<u64, Vec<(EventId, NodeId, Option<OperationId>)>>,
    /// By place and operation: the terms in which it was logged there. What a client asks twice can be two entries.
    pub terms: BTreeMap<(u64, OperationId), BTreeSet<u64>>,
    /// By place in the log: the different operations that were applied, each with the first time.
    pub applied: BTreeMap<u64, Vec<(EventId, NodeId, Option<OperationId>)>>,
    /// Each time that more than ever is known to be committed: to which place, by whom.
    pub committed: Vec<(u64, EventId, NodeId)>,
    /// How operations ended.
    pub returned: BTreeMap<OperationId, (EventId, &'a Outcome)>,
    /// Each node's log as it is at the end.
    pub logs: Vec<Log>,
    /// Whom each node leads at the end, by term.
    pub leads: Vec<Option<u64>>,
    /// What people would point at.
    pub notable: Vec<EventId>,
}

impl<'a> Survey<'a> {
    /// `None` where nothing happened.
    pub fn of(trace: &'a Trace, knows_time: bool) -> Option<Self> {
        let nodes = trace.cluster().len();
        let mut survey = Survey {
            trace,
            knows_time,
            end: EventId(trace.len().checked_sub(1)? as u32),
            reigns: Vec::new(),
            candidates: Vec::new(),
            votes: BTreeMap::new(),
            entries: Vec::new(),
            held: BTreeMap::new(),
            terms: BTreeMap::new(),
            applied: BTreeMap::new(),
            committed: Vec::new(),
            returned: BTreeMap::new(),
            logs: vec![Log::default(); nodes],
            leads: vec![None; nodes],
            notable: Vec::new(),
        };
        for id in trace.ids() {
            survey.take(id);
        }
        Some(survey)
    }

    fn take(&mut self, id: EventId) {
        let trace = self.trace;
        if let Some(Fault::Crash(node)) = trace.fault(id).map(|record| &record.fault) {
            self.leads[node.index()] = None;
        }
        let Some(node) = trace.node(id) else { return };
        match trace.record(id).kind() {
            EventKind::Boot => {
                self.logs[node.index()].boot();
                self.leads[node.index()] = None;
            }
            EventKind::Operation => self.notable.push(id),
            EventKind::Fact => {
                if let Some(fact) = trace.fact(id) {
                    self.logs[node.index()].take(fact);
                    self.take_fact(id, node, fact);
                }
            }
            _ => {}
        }
    }

    fn take_fact(&mut self, id: EventId, node: NodeId, fact: &'a Fact) {
        let leads = &mut self.leads[node.index()];
        match fact {
            Fact::BecameCandidate { .. } => self.candidates.push((id, node)),
            Fact::BecameLeader { term } => {
                *leads = Some(*term);
                self.reigns.push(Reign { event: id, node, term: *term });
            }
            Fact::BecameFollower { .. } => *leads = None,
            Fact::Voted { term, candidate } => self.votes.entry((*term, *candidate)).or_default().push((id, node)),
            Fact::Appended { index, term, operation, .. } => {
                self.held.entry(*index).or_default().push((id, node, *operation));
                if let Some(operation) = operation {
                    self.terms.entry((*index, *operation)).or_default().insert(*term);
                }
                if let Some(operation) = operation.filter(|_| *leads == Some(*term)) {
                    let (index, term) = (*index, *term);
                    self.entries.push(Entry { event: id, leader: node, index, term, operation });
                }
            }
            Fact::Applied { index, operation, .. } => {
                let applied = self.applied.entry(*index).or_default();
                if applied.iter().all(|(_, _, other)| other != operation) {
                    applied.push((id, node, *operation));
                }
            }
            Fact::Committed { index, .. } if self.committed.last().is_none_or(|(most, _, _)| most < index) => {
                self.committed.push((*index, id, node));
            }
            Fact::Returned { operation, outcome } => {
                self.returned.entry(*operation).or_insert((id, outcome));
            }
            _ => {}
        }
        let is_notable = matches!(
            fact,
            Fact::BecameCandidate { .. }
                | Fact::BecameLeader { .. }
                | Fact::Returned { .. }
                | Fact::TimedOut { .. }
                | Fact::Delivered { .. }
                | Fact::Broadcast { .. }
                | Fact::Acquired { .. }
                | Fact::Released { .. }
                | Fact::Decided { .. }
                | Fact::Stored { .. }
                | Fact::Note(_)
        );
        if is_notable {
            self.notable.push(id);
        }
    }

    /// Whether all logs are copies of one: only then does a place in one say something of the others.
    pub fn has_one_log(&self) -> bool {
        let cluster = self.trace.cluster();
        let mut groups = self.held.values().flatten().map(|(_, node, _)| cluster.group_of(*node).members.first());
        let first = groups.next();
        first.is_some_and(|first| groups.all(|other| other == first))
    }

    /// The operation in words: `x=1`.
    pub fn operation(&self, id: OperationId) -> String {
        crate::trace::operation_words(self.trace, id)
    }

    pub fn name(&self, node: NodeId) -> &'a str {
        self.trace.cluster().name(node)
    }

    /// Names in running text: `n1`, `n1 and n2`, `n1, n2 and n4`.
    pub fn names(&self, nodes: impl IntoIterator<Item = NodeId>) -> String {
        let mut nodes: Vec<NodeId> = nodes.into_iter().collect();
        nodes.sort();
        nodes.dedup();
        let names: Vec<&str> = nodes.into_iter().map(|node| self.name(node)).collect();
        match names.as_slice() {
            [] => "nobody".to_owned(),
            [only] => (*only).to_owned(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    }

    /// Where an event is to be found: `at 1.237 s (e211)`.
    pub fn place(&self, id: EventId) -> String {
        match self.knows_time {
            true => format!("at {} s ({id})", self.trace.record(id).time()),
            false => format!("in {id}"),
        }
    }

    /// The nodes that logged an operation at a place before an event.
    pub fn holders(&self, index: u64, operation: OperationId, before: EventId) -> String {
        let held = self.held.get(&index).into_iter().flatten();
        let held = held.filter(|(event, _, other)| *event <= before && *other == Some(operation));
        self.names(held.map(|(_, node, _)| *node))
    }

    /// Faults that hit a node itself, or the links to it, and do not mend.
    pub fn hits(&self, node: NodeId) -> impl Iterator<Item = (EventId, &'a Fault)> {
        let faults = self.trace.faults().iter().filter(move |record| {
            let is_hit = match &record.fault {
                Fault::Crash(hit) | Fault::Pause(hit) => *hit == node,
                Fault::Cut(links) => links.iter().any(|(from, to)| *from == node || *to == node),
                _ => false,
            };
            is_hit && !record.ends
        });
        faults.map(|record| (record.event, &record.fault))
    }
}
