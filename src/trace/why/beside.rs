//! What else an event needed: votes, copies, what got lost on the way.

use super::Explainer;
use crate::node::{EventId, Fact, Fault, LossReason, NodeId, OperationId, Stamp};
use crate::trace::record::EventKind;

impl Explainer<'_> {
    /// What else an event needed.
    pub(super) fn beside(&self, event: EventId) -> Vec<EventId> {
        let trace = self.trace;
        match trace.fact(event) {
            Some(Fact::BecameLeader { term }) => {
                let Some(node) = trace.node(event) else { return Vec::new() };
                let term = self.survey.terms.get(&(self.survey.group(node), *term));
                let votes = term.map(|term| term.votes_before(trace, node, event)).unwrap_or_default();
                votes.into_iter().map(|vote| vote.0).collect()
            }
            Some(Fact::BecameCandidate { .. }) => self.last_heard(event).map(|heard| heard.1).into_iter().collect(),
            Some(Fact::Committed { index, .. }) => self.copies(event, *index),
            Some(Fact::TimedOut { operation }) => self.in_vain(*operation, event),
            Some(Fact::Delivered { .. }) => vec![trace.handler_of(event)],
            Some(Fact::Acquired { token }) => self.earlier_holder(event, *token),
            Some(Fact::Stamped { stamp: Stamp::Time { .. }, .. } | Fact::ClockEstimated { .. }) => {
                trace.node(event).and_then(|node| self.clock_fault(node, event)).into_iter().collect()
            }
            Some(Fact::Decided { .. }) => {
                trace.node(event).map_or_else(Vec::new, |node| self.heard_and_not(node, event))
            }
            _ if matches!(trace.record(event).kind(), EventKind::TimerFired | EventKind::Deliver) => {
                let since = trace.record(event).cause();
                trace
                    .node(event)
                    .zip(since)
                    .map_or_else(Vec::new, |(node, since)| self.standstill(node, since, event))
            }
            _ if trace.record(event).kind() == EventKind::Lost => self.fault_behind_loss(event).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The copies of an entry that were acknowledged when it was known to be committed.
    pub(super) fn copies(&self, event: EventId, index: u64) -> Vec<EventId> {
        let Some(node) = self.trace.node(event).filter(|node| self.taught(event, *node).is_none()) else {
            return Vec::new();
        };
        let is_copy = |fact: &Fact| matches!(fact, Fact::Appended { index: at, .. } if *at == index);
        let others = self.trace.cluster().group_of(node).members.iter().filter(|other| **other != node);
        others.filter_map(|other| self.last_fact(event, *other, is_copy)).collect()
    }

    /// What became of the messages of an operation that got no answer in time.
    fn in_vain(&self, operation: OperationId, event: EventId) -> Vec<EventId> {
        let Some(life) = self.survey.life_of(operation) else { return Vec::new() };
        let mut beside = Vec::new();
        for &(asked, server) in &life.asked {
            let lost = self.loss_after(self.trace.handler_of(asked), server).filter(|lost| *lost < event);
            beside.extend(lost.and_then(|lost| self.fault_behind_loss(lost)));
            beside.extend(lost);
        }
        for &(applied, _) in life.applied.iter().filter(|applied| applied.0 < event) {
            if let Some(lost) = self.answer_lost(applied, event) {
                beside.extend(self.fault_behind_loss(lost));
                beside.extend([lost, applied]);
            }
        }
        beside.extend(life.appended.iter().map(|stored| stored.0).filter(|stored| *stored < event).take(3));
        beside.extend(life.asked.iter().map(|asked| asked.0));
        beside
    }

    /// The loss of the answer that left right after an operation was applied.
    fn answer_lost(&self, applied: EventId, gave_up: EventId) -> Option<EventId> {
        let (trace, client) = (self.trace, self.trace.node(gave_up)?);
        let same = (applied.0 + 1..gave_up.0).map(EventId);
        let mut same = same.take_while(|id| trace.record(*id).cause() == trace.record(applied).cause());
        let answer =
            same.find(|id| trace.record(*id).kind() == EventKind::Send && trace.peer(*id) == Some(client))?;
        trace.end_of(answer).filter(|end| *end < gave_up && trace.record(*end).kind() == EventKind::Lost)
    }

    fn loss_after(&self, handler: EventId, to: NodeId) -> Option<EventId> {
        let trace = self.trace;
        let caused = (handler.0 + 1..trace.len() as u32).map(EventId);
        let mut sends = caused.take_while(|id| trace.record(*id).cause() == Some(handler));
        let send = sends.find(|id| trace.record(*id).kind() == EventKind::Send && trace.peer(*id) == Some(to))?;
        trace.end_of(send).filter(|end| trace.record(*end).kind() == EventKind::Lost)
    }

    /// The fault that lost a message: its receiver's crash, or the cut that it met.
    pub(super) fn fault_behind_loss(&self, lost: EventId) -> Option<EventId> {
        let trace = self.trace;
        let send = trace.record(lost).cause()?;
        let (from, to) = (trace.node(send)?, trace.peer(send)?);
        let did = |fault: &Fault| match trace.loss(lost) {
            Some(LossReason::Down) => matches!(fault, Fault::Crash(node) if *node == to),
            Some(LossReason::Cut) => matches!(fault, Fault::Cut(links) if links.contains(&(from, to))),
            Some(LossReason::Dropped) => matches!(fault, Fault::Drop(a, b) if (*a, *b) == (from, to)),
            _ => false,
        };
        let faults = trace.faults().iter().rev().filter(|record| record.event < lost);
        faults.filter(|record| did(&record.fault)).map(|record| record.event).next()
    }
}
