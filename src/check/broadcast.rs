//! What broadcasts promise (Hadzilacos and Toueg, 1994; Cachin, Guerraoui and Rodrigues, 2011).
//!
//! A message is known by its sender and its value, so a sender that broadcasts the same value twice is not understood. A
//! boot begins a node's deliveries anew. What is promised of *correct* nodes is judged at the end, of those that never
//! crashed.

use super::claim::Promise;
use super::history::Moment;
use super::judge::Judge;
use super::violation::Violation;
use crate::node::{Datum, EventId, NodeId};
use std::collections::{BTreeMap, BTreeSet};

type Message = (NodeId, Datum);

/// All broadcasts of a run.
#[derive(Clone, Debug)]
pub(super) struct Broadcasts {
    sent: BTreeMap<Message, Sent>,
    nodes: Vec<Deliveries>,
    /// Where each message was delivered first, by whomever.
    first: BTreeMap<Message, (NodeId, EventId)>,
    /// For a first and a second node: the last place in the second's deliveries of all that both delivered.
    common: BTreeMap<(usize, usize), (usize, Message)>,
}

/// A message that was broadcast.
#[derive(Clone, Debug)]
struct Sent {
    at: Moment,
    /// The message that its sender had broadcast before it.
    predecessor: Option<Message>,
    /// What the sender had delivered since then: with the predecessor, all that the message may depend on directly.
    delivered: Vec<Message>,
}

/// What one node has delivered since it booted.
#[derive(Clone, Debug, Default)]
struct Deliveries {
    place: BTreeMap<Message, (usize, Moment)>,
    /// Its latest broadcast, and what it has delivered since then.
    last_sent: Option<Message>,
    since: Vec<Message>,
    has_crashed: bool,
}

impl Broadcasts {
    pub fn new(nodes: usize) -> Self {
        Broadcasts {
            sent: BTreeMap::new(),
            nodes: vec![Deliveries::default(); nodes],
            first: BTreeMap::new(),
            common: BTreeMap::new(),
        }
    }

    pub fn boot(&mut self, node: NodeId) {
        let has_crashed = self.nodes[node.index()].has_crashed;
        self.nodes[node.index()] = Deliveries { has_crashed, ..Deliveries::default() };
        self.common.retain(|(first, second), _| *first != node.index() && *second != node.index());
    }

    pub fn crash(&mut self, node: NodeId) {
        self.nodes[node.index()].has_crashed = true;
    }
}

impl Judge {
    pub(super) fn broadcast(&mut self, at: Moment, node: NodeId, value: &Datum) {
        let message = (node, value.clone());
        let sender = &mut self.broadcasts.nodes[node.index()];
        let delivered = std::mem::take(&mut sender.since);
        let predecessor = sender.last_sent.replace(message.clone());
        self.broadcasts.sent.entry(message).or_insert(Sent { at, predecessor, delivered });
    }

    pub(super) fn delivered(&mut self, at: Moment, node: NodeId, from: NodeId, value: &Datum) {
        let message = (from, value.clone());
        self.judge_integrity(at, node, &message);
        self.judge_predecessors(at, node, &message);
        let deliveries = &mut self.broadcasts.nodes[node.index()];
        let place = deliveries.place.len();
        deliveries.place.entry(message.clone()).or_insert((place, at));
        deliveries.since.push(message.clone());
        self.broadcasts.first.entry(message.clone()).or_insert((node, at.event));
        self.judge_total_order(at, node, &message);
    }

    /// *Integrity*: delivered once at most, and only if it was broadcast.
    fn judge_integrity(&mut self, at: Moment, node: NodeId, message: &Message) {
        let earlier = self.broadcasts.nodes[node.index()].place.get(message).map(|(_, at)| at.event);
        if earlier.is_none() && self.broadcasts.sent.contains_key(message) {
            return;
        }
        self.report(Promise::Integrity, |judge| {
            let (me, told) = (judge.name(node), judge.tell(message));
            let what = if earlier.is_some() { "twice" } else { "which nobody broadcast" };
            let seen = match earlier {
                Some(event) => format!("{me} delivered it in {event} and again in {}", at.event),
                None => format!("{me} delivers it in {}", at.event),
            };
            let violation = Violation::new(Promise::Integrity, at, node, format!("{me} delivers {told} {what}"));
            violation.saw(seen).blame(earlier)
        });
    }

    /// *FIFO* and *causal delivery*: who delivers a message has delivered what it follows.
    fn judge_predecessors(&mut self, at: Moment, node: NodeId, message: &Message) {
        let Some(sent) = self.broadcasts.sent.get(message) else { return };
        let place = &self.broadcasts.nodes[node.index()].place;
        let is_missing = |other: &&Message| !place.contains_key(*other);
        let skipped = sent.predecessor.iter().find(is_missing).cloned();
        let missing = sent.predecessor.iter().chain(&sent.delivered).filter(|other| *other != message);
        let missing = missing.into_iter().find(is_missing).cloned();
        let found = [(Promise::FifoDelivery, skipped), (Promise::CausalDelivery, missing)];
        for (promise, earlier) in found.into_iter().filter_map(|(promise, earlier)| Some((promise, earlier?))) {
            self.report(promise, |judge| {
                let (me, told, before) = (judge.name(node), judge.tell(message), judge.tell(&earlier));
                let headline = format!("{me} delivers {told} before {before}");
                let violation = Violation::new(promise, at, node, headline)
                    .saw(format!("{} in {}", judge.tell_sent(&earlier), judge.sent_event(&earlier)))
                    .saw(format!("{} in {}, knowing it", judge.tell_sent(message), judge.sent_event(message)));
                violation.blame([judge.sent_event(&earlier), judge.sent_event(message)])
            });
        }
    }

    /// *Total order*: no two nodes deliver two messages in different orders.
    ///
    /// Of two nodes the one that delivers a message last compares: all that both have delivered before must come earlier
    /// at the other as well.
    fn judge_total_order(&mut self, at: Moment, node: NodeId, message: &Message) {
        let mine = self.broadcasts.nodes[node.index()].place[message].0;
        for other in self.cluster.ids().filter(|other| *other != node).collect::<Vec<_>>() {
            let Some(&(theirs, when)) = self.broadcasts.nodes[other.index()].place.get(message) else { continue };
            let (here, there) = (node.index(), other.index());
            let last = self.broadcasts.common.get(&(here, there)).cloned();
            if let Some((_, earlier)) = last.as_ref().filter(|(place, _)| *place > theirs) {
                self.report(Promise::TotalOrder, |judge| {
                    let (me, them) = (judge.name(node), judge.name(other));
                    let (one, two) = (judge.tell(earlier), judge.tell(message));
                    Violation::new(
                        Promise::TotalOrder,
                        at,
                        node,
                        format!("{me} and {them} deliver in different orders"),
                    )
                    .saw(format!("{me} delivers {one}, then {two}"))
                    .saw(format!("{them} delivers {two}, then {one}"))
                    .blame([when.event])
                });
            }
            let is_later =
                |known: &Option<(usize, Message)>, place| known.as_ref().is_none_or(|(last, _)| *last < place);
            if is_later(&last, theirs) {
                self.broadcasts.common.insert((here, there), (theirs, message.clone()));
            }
            if is_later(&self.broadcasts.common.get(&(there, here)).cloned(), mine) {
                self.broadcasts.common.insert((there, here), (mine, message.clone()));
            }
        }
    }

    /// *Validity*, *reliable delivery* and *uniform agreement*, were this the end of the run: a message that a correct
    /// node broadcast, or delivered, or that any node delivered, and that a correct one did not deliver.
    pub(super) fn undelivered(&self, promise: Promise) -> Option<Violation> {
        let audience: BTreeSet<usize> =
            self.cluster.ids().filter(|id| self.has_delivered(*id)).map(|id| self.group_place(id)).collect();
        for (message, sent) in &self.broadcasts.sent {
            let is_audience = |id: &NodeId| match audience.is_empty() {
                true => self.group_place(*id) == self.group_place(message.0),
                false => audience.contains(&self.group_place(*id)),
            };
            let is_correct = |id: NodeId| !self.broadcasts.nodes[id.index()].has_crashed;
            let correct: Vec<NodeId> = self.cluster.ids().filter(is_audience).filter(|id| is_correct(*id)).collect();
            let has = |id: &NodeId| self.broadcasts.nodes[id.index()].place.get(message).map(|(_, at)| at.event);
            let bound: Option<(EventId, String)> = match promise {
                Promise::BroadcastValidity => is_correct(message.0).then(|| (sent.at.event, self.tell_sent(message))),
                Promise::UniformAgreement => self.broadcasts.first.get(message).map(|(node, event)| {
                    let then = if is_correct(*node) { "" } else { ", which crashed," };
                    (*event, format!("{}{then} delivered it", self.name(*node)))
                }),
                _ => correct.iter().find_map(|id| Some((has(id)?, format!("{} delivered it", self.name(*id))))),
            };
            let Some(missing) = correct.iter().find(|id| has(id).is_none()) else { continue };
            let Some((event, why)) = bound else { continue };
            let (me, told) = (self.name(*missing), self.tell(message));
            let violation = Violation::new(promise, sent.at, message.0, format!("{me} never delivers {told}"));
            return Some(violation.saw(format!("{why} in {event}; {me} did not by the end")).blame([event]));
        }
        None
    }

    fn has_delivered(&self, node: NodeId) -> bool {
        !self.broadcasts.nodes[node.index()].place.is_empty()
    }

    fn tell(&self, (from, value): &Message) -> String {
        format!("{value} of {}", self.name(*from))
    }

    fn tell_sent(&self, (from, value): &Message) -> String {
        format!("{} broadcast {value}", self.name(*from))
    }

    fn sent_event(&self, message: &Message) -> EventId {
        self.broadcasts.sent.get(message).map_or(EventId(0), |sent| sent.at.event)
    }
}
