//! The one earlier event that explains a fact best.

use super::Explainer;
use crate::node::{EventId, Fact, Fault, NodeId, OperationId};
use crate::trace::record::EventKind;
use crate::trace::story::silence;
use crate::trace::story::survey::{Reign, arrival_behind};

impl Explainer<'_> {
    pub(super) fn behind_fact(&self, event: EventId, fact: &Fact, node: NodeId) -> Option<EventId> {
        let trace = self.trace;
        match *fact {
            Fact::BecameLeader { term } => self.candidacy(event, node, term),
            Fact::BecameCandidate { .. } => self.behind_silence(event, node),
            Fact::Voted { term, candidate } => self.candidacy(event, candidate, term),
            Fact::Appended { index, entry, operation, .. } => self.origin(event, node, index, entry, operation),
            Fact::Committed { index, .. } => match self.taught(event, node) {
                Some(teacher) => self.last_fact(
                    event,
                    teacher,
                    |fact| matches!(fact, Fact::Committed { index: known, .. } if *known >= index),
                ),
                None => self.last_fact(
                    event,
                    node,
                    |fact| matches!(fact, Fact::Appended { index: at, .. } if *at == index),
                ),
            },
            Fact::Applied { index, .. } => self.last_fact(
                event,
                node,
                |fact| matches!(fact, Fact::Committed { index: known, .. } if *known >= index),
            ),
            Fact::Returned { operation, .. } => {
                let life = self.survey.life_of(operation)?;
                life.applied.iter().map(|applied| applied.0).filter(|applied| trace.before(*applied, event)).min()
            }
            Fact::TimedOut { operation } => self.asking(operation),
            Fact::BecameFollower { term } => self.who_raised(event, node, term),
            Fact::Truncated { .. } | Fact::Installed { .. } => self.newest_leader(event, node),
            Fact::Asked { operation, .. } => self.asking(operation),
            Fact::Delivered { from, .. } => self.behind_delivery(event, from, fact),
            _ => None,
        }
    }

    fn asking(&self, operation: OperationId) -> Option<EventId> {
        self.trace.operation_by_id(operation).map(|record| record.event)
    }

    pub(super) fn candidacy(&self, event: EventId, candidate: NodeId, number: u64) -> Option<EventId> {
        let term = self.survey.terms.get(&(self.survey.group(candidate), number))?;
        let stood = term.candidates.iter().filter(|stood| stood.1 == candidate && stood.0 < event);
        stood.map(|stood| stood.0).next_back()
    }

    /// The other node that leads the highest term of which an event can have heard.
    fn newest_leader(&self, event: EventId, node: NodeId) -> Option<EventId> {
        let group = self.survey.group(node);
        let heard = |reign: &&Reign| {
            reign.node != node && self.survey.group(reign.node) == group && self.trace.before(reign.from, event)
        };
        self.survey.reigns.iter().filter(heard).max_by_key(|reign| reign.term).map(|reign| reign.from)
    }

    /// Who led a term, or else stood for it, as far as an event can have heard of it.
    fn who_raised(&self, event: EventId, node: NodeId, number: u64) -> Option<EventId> {
        let term = self.survey.terms.get(&(self.survey.group(node), number))?;
        let heard = |said: &&(EventId, NodeId)| self.trace.before(said.0, event) && said.1 != node;
        let led = term.leaders.iter().find(heard);
        led.or_else(|| term.candidates.iter().find(heard)).map(|said| said.0)
    }

    /// What a message rests on: that its sender leads, or what a client was asked for; else whatever sent it.
    pub(super) fn behind_message(&self, send: EventId) -> EventId {
        let handler = self.trace.handler_of(send);
        let Some(sender) = self.trace.node(send) else { return handler };
        let reign = self.survey.leads_at(send).filter(|reign| reign.node == sender && reign.from != handler);
        let asked = || {
            let effects = (handler.0 + 1..send.0).map(EventId).filter_map(|id| self.trace.fact(id));
            effects.filter(|fact| matches!(fact, Fact::Asked { .. })).find_map(Fact::operation)
        };
        reign.map(|reign| reign.from).last().or_else(|| asked().and_then(|it| self.asking(it))).unwrap_or(handler)
    }

    /// The newest fact of a kind at a node that may have influenced an event.
    pub(super) fn last_fact(&self, event: EventId, node: NodeId, wanted: impl Fn(&Fact) -> bool) -> Option<EventId> {
        let trace = self.trace;
        let known = match trace.node(event) {
            Some(here) if here == node => trace.record(event).own(),
            Some(here) => trace.stamps().known(here.index(), trace.record(event).own(), node.index()),
            None => 0,
        };
        let past = trace.events_of(node).take(known as usize);
        past.rev().find(|id| *id < event && trace.fact(*id).is_some_and(&wanted))
    }

    /// The node from which this one learned what it now knows, unless it leads and knows by itself.
    pub(super) fn taught(&self, event: EventId, node: NodeId) -> Option<NodeId> {
        if self.survey.leads_at(event).any(|reign| reign.node == node) {
            return None;
        }
        self.trace.peer(arrival_behind(self.trace, event)?)
    }

    /// Where an entry came from: the log of whoever sent it, the client's wish, or the start of a term.
    fn origin(
        &self,
        event: EventId,
        node: NodeId,
        index: u64,
        entry: u64,
        operation: Option<OperationId>,
    ) -> Option<EventId> {
        let same = |fact: &Fact| matches!(fact, Fact::Appended { index: at, entry: what, .. } | Fact::Restored { index: at, entry: what, .. } if (*at, *what) == (index, entry));
        let sender = self.taught(event, node);
        let copied = sender.and_then(|sender| self.last_fact(event, sender, same));
        let led = || self.survey.leads_at(event).filter(|reign| reign.node == node).map(|reign| reign.from).last();
        copied.or_else(|| operation.and_then(|operation| self.asking(operation))).or_else(led)
    }

    /// Behind a candidacy is a silence; behind a silence may be a fault.
    fn behind_silence(&self, event: EventId, node: NodeId) -> Option<EventId> {
        let (timer, heard) = self.last_heard(event)?;
        let leader = self.trace.peer(heard)?;
        silence(self.survey, timer, node)?;
        self.silencing(leader, node, heard, timer).or(Some(heard))
    }

    /// The timer that ended, and the arrival after which it was set.
    pub(super) fn last_heard(&self, event: EventId) -> Option<(EventId, EventId)> {
        let timer = self.trace.handler_of(event);
        if self.trace.record(timer).kind() != EventKind::TimerFired {
            return None;
        }
        Some((timer, arrival_behind(self.trace, self.trace.record(timer).cause()?)?))
    }

    /// The fault that kept a node from hearing another, between two events.
    fn silencing(&self, speaker: NodeId, hearer: NodeId, from: EventId, to: EventId) -> Option<EventId> {
        let silences = |fault: &Fault| match fault {
            Fault::Crash(node) | Fault::Pause(node) => *node == speaker,
            Fault::Cut(links) | Fault::Hold(links) => links.contains(&(speaker, hearer)),
            _ => false,
        };
        // A message that was on its way may have arrived after its sender's end.
        let sent = self.trace.record(from).cause().unwrap_or(from);
        let faults = self.trace.faults().iter().filter(|record| sent < record.event && record.event < to);
        faults.filter(|record| silences(&record.fault)).map(|record| record.event).next()
    }
}
