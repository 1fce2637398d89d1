//! How each node stands at one event, as its facts and faults tell it.

use super::Asker;
use crate::node::{EventId, Fact, Fault, NodeId};
use crate::trace::record::EventKind;
use std::collections::BTreeMap;

/// One node at one event.
#[derive(Default)]
pub(super) struct Standing {
    /// What its log holds: by place the term, the digest, and the event that put it there.
    pub log: BTreeMap<u64, (u64, u64, EventId)>,
    /// The last place that a snapshot stands for, and since when.
    pub base: Option<(u64, EventId)>,
    /// The event in which it went down or began to stand still.
    pub down: Option<EventId>,
    /// The highest term that it has named.
    pub term: u64,
    /// The term that it leads, and since when.
    pub leads: Option<(u64, EventId)>,
    /// The term that it seeks to lead, and since when.
    pub stands: Option<(u64, EventId)>,
}

impl Standing {
    /// The event since which its log holds this entry; where `term` and digest are known, this very one.
    pub fn holds(&self, index: u64, same: Option<(u64, u64)>) -> Option<EventId> {
        match (self.log.get(&index), self.base) {
            (Some(&(term, entry, since)), _) => same.is_none_or(|same| same == (term, entry)).then_some(since),
            // What a snapshot stands for was committed, and cannot be another.
            (None, Some((base, since))) => (base >= index).then_some(since),
            (None, None) => None,
        }
    }

    /// Term and place of its last entry: who may lead hangs on it.
    pub fn last(&self) -> (u64, u64) {
        let last = self.log.last_key_value().map(|(index, entry)| (entry.0, *index));
        last.unwrap_or((0, self.base.map_or(0, |base| base.0)))
    }

    fn fact(&mut self, id: EventId, fact: &Fact) {
        self.term = self.term.max(fact.term().unwrap_or(0));
        match *fact {
            Fact::Appended { index, term, entry, .. } | Fact::Restored { index, term, entry, .. } => {
                self.log.insert(index, (term, entry, id));
            }
            Fact::Truncated { index } => drop(self.log.split_off(&index)),
            Fact::Compacted { index, .. } => self.base = Some((index, id)),
            Fact::Installed { index, .. } => {
                self.log = self.log.split_off(&(index + 1));
                self.base = Some((index, id));
            }
            Fact::Recovered { index, .. } if self.log.is_empty() && index > 0 => self.base = Some((index, id)),
            Fact::BecameLeader { term } => (self.leads, self.stands) = (Some((term, id)), None),
            Fact::BecameCandidate { term } => (self.leads, self.stands) = (None, Some((term, id))),
            Fact::BecameFollower { .. } => (self.leads, self.stands) = (None, None),
            _ => {}
        }
    }
}

impl Asker<'_> {
    /// Every node as it stands at the event that is asked for.
    pub(super) fn standings(&self) -> Vec<Standing> {
        self.trace.cluster().ids().map(|node| self.standing(node)).collect()
    }

    fn standing(&self, node: NodeId) -> Standing {
        let mut standing = Standing::default();
        for id in self.trace.events_of(node).take_while(|id| *id <= self.at) {
            match self.trace.record(id).kind() {
                EventKind::Boot => {
                    standing = Standing::default();
                }
                EventKind::Fact => standing.fact(id, self.trace.fact(id).expect("a fact's event has a fact")),
                _ => {}
            }
        }
        standing.down = self.silent_since(node);
        if self.is_down(node) {
            (standing.leads, standing.stands) = (None, None);
        }
        standing
    }

    /// The crash or pause that a node has not come back from.
    pub(super) fn silent_since(&self, node: NodeId) -> Option<EventId> {
        let so_far = self.trace.faults().iter().rev().filter(|record| record.event <= self.at);
        let of_it = |fault: &Fault| match fault {
            Fault::Crash(who) | Fault::Pause(who) => (*who == node).then_some(true),
            Fault::Restart(who) | Fault::Resume(who) => (*who == node).then_some(false),
            _ => None,
        };
        let (event, silent) = so_far.filter_map(|record| Some((record.event, of_it(&record.fault)?))).next()?;
        silent.then_some(event)
    }

    fn is_down(&self, node: NodeId) -> bool {
        let fault = self.silent_since(node).and_then(|event| self.trace.fault(event));
        matches!(fault.map(|record| &record.fault), Some(Fault::Crash(_)))
    }

    /// `n4 crashed at e690`, `n4 stands still since e690`.
    pub(super) fn silence_words(&self, node: NodeId) -> Option<String> {
        let event = self.silent_since(node)?;
        let how = if self.is_down(node) { "crashed in" } else { "stands still since" };
        Some(format!("{} {how} {event}", self.name(node)))
    }
}
