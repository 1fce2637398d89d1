//! What became of a message by the event that is asked for.

use super::Asker;
use crate::node::{EventId, LossReason, NodeId};
use crate::trace::record::EventKind;
use crate::trace::why::Explainer;

/// What became of a message.
pub(super) enum Fate {
    /// It arrived.
    Arrived(EventId),
    /// It was lost.
    Lost(EventId),
    /// It is on its way; where the run goes on to its arrival, the event of that.
    Flies(Option<EventId>),
}

impl Asker<'_> {
    pub(super) fn fate(&self, send: EventId) -> Fate {
        match self.trace.end_of(send) {
            Some(end) if end > self.at => Fate::Flies(Some(end)),
            Some(end) if self.trace.record(end).kind() == EventKind::Lost => Fate::Lost(end),
            Some(end) => Fate::Arrived(end),
            None => Fate::Flies(None),
        }
    }

    /// The last message from one node to another so far, at or after an event.
    pub(super) fn last_sent(&self, from: NodeId, to: NodeId, since: EventId) -> Option<EventId> {
        let is_one =
            |id: &EventId| self.trace.record(*id).kind() == EventKind::Send && self.trace.peer(*id) == Some(to);
        self.back_from_now(from).take_while(|id| *id >= since).find(is_one)
    }

    /// The first message from one node to another so far, after an event.
    pub(super) fn first_sent(&self, from: NodeId, to: NodeId, since: EventId) -> Option<EventId> {
        let is_one =
            |id: &EventId| self.trace.record(*id).kind() == EventKind::Send && self.trace.peer(*id) == Some(to);
        let later = self.trace.events_of(from).skip_while(|id| *id < since);
        later.take_while(|id| *id <= self.at).find(is_one)
    }

    /// `AppendEntries left n4 at 0.991; LOST: cut n4 | n2, e720`.
    pub(super) fn fate_words(&self, send: EventId) -> String {
        let (trace, name) = (self.trace, self.trace.name(send));
        let from = trace.node(send).map_or("?", |from| self.name(from));
        let left = format!("{name} left {from} at {}", trace.record(send).time());
        format!("{left}; {}", self.end_words(send))
    }

    /// `arrived in e744`, `LOST: cut n4 | n2, e720`, `on its way, to arrive at 1.234 (e751)`.
    pub(super) fn end_words(&self, send: EventId) -> String {
        let trace = self.trace;
        match self.fate(send) {
            Fate::Arrived(end) => format!("arrived in {end}"),
            Fate::Lost(end) => format!("LOST: {}", self.loss_words(end)),
            Fate::Flies(Some(end)) if trace.record(end).kind() == EventKind::Deliver => {
                format!("still on its way, to arrive at {} ({end})", trace.record(end).time())
            }
            Fate::Flies(Some(end)) => format!("still on its way, to be lost in {end}"),
            Fate::Flies(None) => "still on its way".to_owned(),
        }
    }

    fn loss_words(&self, lost: EventId) -> String {
        let trace = self.trace;
        let explainer = Explainer::new(&self.survey);
        let fault = explainer.fault_behind_loss(lost).and_then(|event| trace.fault(event));
        match (fault, trace.loss(lost)) {
            (Some(record), Some(LossReason::Dropped)) => format!("dropped by a fault, {}", record.event),
            (Some(record), _) => format!("{}, {}", record.fault.describe(trace.cluster()), record.event),
            (None, reason) => reason.map_or("?", LossReason::describe).trim_start_matches("lost ").to_owned(),
        }
    }
}
