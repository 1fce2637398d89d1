//! What is behind facts of protocols without terms, and what their states tell.

use super::{Again, Explainer};
use crate::node::{EventId, Fact, Fault, NodeId};
use crate::trace::record::EventKind;
use crate::trace::{Change, Tree};
use std::collections::BTreeSet;

/// How many handlers of a node are looked at for an earlier change of the same field: our choice.
const LOOK_BACK: usize = 60;
/// How many of them are told.
const EARLIER: usize = 3;

impl Explainer<'_> {
    /// A delivery goes back to its broadcast: along the messages where they lead there, and else at once.
    pub(super) fn behind_delivery(&self, event: EventId, from: NodeId, fact: &Fact) -> Option<EventId> {
        let Fact::Delivered { value, .. } = fact else { return None };
        let handler = self.trace.handler_of(event);
        let applied = (handler.0 + 1..event.0).map(EventId).rev().find(|id| {
            matches!(self.trace.fact(*id), Some(Fact::Applied { .. } | Fact::Committed { .. }))
                && self.trace.record(*id).cause() == Some(handler)
        });
        if applied.is_some() {
            return applied;
        }
        let said = |fact: &Fact| matches!(fact, Fact::Broadcast { value: said } if said == value);
        let broadcast = self.last_fact(event, from, said)?;
        let sent = self.trace.handler_of(broadcast);
        let leads_there = handler == sent || self.chain(handler).contains(&sent);
        (!leads_there).then_some(broadcast)
    }

    /// What a fault that mends puts an end to.
    pub(super) fn what_it_mends(&self, event: EventId) -> Option<EventId> {
        let mended = &self.trace.fault(event)?.fault;
        let is_it = |fault: &Fault| match (mended, fault) {
            (Fault::Restart(a), Fault::Crash(b)) | (Fault::Resume(a), Fault::Pause(b)) => a == b,
            (Fault::Heal(a), Fault::Cut(b)) | (Fault::Release(a), Fault::Hold(b)) => {
                b.iter().any(|link| a.contains(link)) || (a.carrier.is_some() && a.carrier == b.carrier)
            }
            _ => false,
        };
        let earlier = self.trace.faults().iter().rev().filter(|record| record.event < event);
        earlier.filter(|record| is_it(&record.fault)).map(|record| record.event).next()
    }

    /// Who held the lock before, whether it was given back, and what kept that one from it.
    pub(super) fn earlier_holder(&self, event: EventId, token: u64) -> Vec<EventId> {
        let facts = || self.trace.facts().take_while(|(id, ..)| *id < event);
        let held = facts().filter_map(|(id, node, fact)| match fact {
            Fact::Acquired { token: earlier } if *earlier < token => Some((*earlier, id, node)),
            _ => None,
        });
        let Some((earlier, acquired, holder)) = held.max() else { return Vec::new() };
        let released = facts()
            .find(|(_, node, fact)| *node == holder && matches!(fact, Fact::Released { token } if *token == earlier));
        let silenced = self.trace.faults().iter().find(|record| {
            let silences = matches!(record.fault, Fault::Crash(node) | Fault::Pause(node) if node == holder);
            silences && acquired < record.event && record.event < event
        });
        let mut beside = vec![acquired];
        match released {
            Some((id, ..)) => beside.push(id),
            None => beside.extend(silenced.map(|record| record.event)),
        }
        beside
    }

    /// That a node stood still between two events, and went on.
    pub(super) fn standstill(&self, node: NodeId, from: EventId, to: EventId) -> Vec<EventId> {
        let of_it = |fault: &Fault| matches!(fault, Fault::Pause(who) | Fault::Resume(who) if *who == node);
        let faults = self.trace.faults().iter().filter(|record| from < record.event && record.event < to);
        let mut faults: Vec<EventId> =
            faults.filter(|record| of_it(&record.fault)).map(|record| record.event).collect();
        faults.split_off(faults.len().saturating_sub(2))
    }

    /// What last happened to a node's clock.
    pub(super) fn clock_fault(&self, node: NodeId, before: EventId) -> Option<EventId> {
        let faults = self.trace.faults().iter().rev().filter(|record| record.event < before);
        let of_it = |fault: &Fault| matches!(fault, Fault::Clock(who, _) if *who == node);
        faults.filter(|record| of_it(&record.fault)).map(|record| record.event).next()
    }

    /// What a node that settles something had heard last, and what it should have heard and did not.
    pub(super) fn heard_and_not(&self, node: NodeId, event: EventId) -> Vec<EventId> {
        let trace = self.trace;
        let heard = trace.events_of(node).take_while(|id| *id < event);
        let heard = heard.filter(|id| trace.record(*id).kind() == EventKind::Deliver).last();
        let to_it = |id: &EventId| {
            let sent = trace.record(*id).cause().filter(|_| trace.record(*id).kind() == EventKind::Lost);
            sent.is_some_and(|send| trace.peer(send) == Some(node))
        };
        let lost = (heard.map_or(0, |heard| heard.0)..event.0).map(EventId).find(to_it);
        let fault = lost.and_then(|lost| self.fault_behind_loss(lost));
        heard.into_iter().chain(lost).chain(fault).collect()
    }

    /// Whether this protocol speaks of terms: its facts then say more than its fields do.
    pub(super) fn speaks_of_terms(&self) -> bool {
        !self.survey.terms.is_empty()
    }

    /// The earlier events of the same node that last changed a field which this event's handler changed as well: what a
    /// handler read cannot be known, but one that changed nothing explains nothing.
    pub(super) fn earlier_changes(&self, event: EventId, again: &mut dyn Again) -> Vec<EventId> {
        let (trace, handler) = (self.trace, self.trace.handler_of(event));
        let Some(node) = trace.node(handler).filter(|_| !self.speaks_of_terms()) else { return Vec::new() };
        if trace.record(handler).kind() == EventKind::Boot {
            return Vec::new();
        }
        let mut mine = fields(&again.changes(handler));
        let mut earlier = Vec::new();
        let handles = |id: &EventId| !matches!(trace.record(*id).kind(), EventKind::Send | EventKind::Fact);
        let before = trace.events_of(node).rev().skip_while(|id| *id >= handler).filter(handles);
        for id in before.take_while(|id| trace.record(*id).kind() != EventKind::Boot).take(LOOK_BACK) {
            if mine.is_empty() || earlier.len() == EARLIER {
                break;
            }
            if trace.record(id).kind() == EventKind::Fault {
                continue;
            }
            let theirs = fields(&again.changes(id));
            if theirs.intersection(&mine).next().is_some() {
                mine.retain(|field| !theirs.contains(field));
                earlier.push(id);
            }
        }
        earlier
    }
}

/// The fields of a state that changes are in.
fn fields(changes: &[Change]) -> BTreeSet<String> {
    let field = |change: &Change| change.path.split(['.', '[']).next().unwrap_or_default().to_owned();
    changes.iter().map(field).collect()
}

/// A change that can be said in a note: `clock 1 -> 3`.
pub(super) fn change_note(changes: &[Change], room: usize) -> Option<String> {
    let kept = changes.iter().filter(|change| change.after.is_some());
    let said = |change: &Change| {
        let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
        match (&change.before, &change.after) {
            (None, Some(after)) => format!("{}: {after}", change.path),
            (before, after) => format!("{}: {} -> {}", change.path, part(before), part(after)),
        }
    };
    kept.map(said).find(|text| text.len() <= room && text.is_ascii())
}

/// What a message said, as far as there is room: `term: 2, granted: true`.
pub(super) fn message_note(message: &Tree, room: usize) -> Option<String> {
    let said: Vec<String> = match message.content() {
        Tree::Struct(_, fields) => fields.iter().map(|(name, value)| format!("{name}: {value}")).collect(),
        Tree::Word(_) | Tree::Text(_) => vec![message.content().to_string()],
        // Parts without names say too little.
        _ => return None,
    };
    let mut note = String::new();
    for part in said.iter().filter(|part| part.is_ascii()) {
        let separator = if note.is_empty() { "" } else { ", " };
        if note.len() + separator.len() + part.len() <= room {
            note += separator;
            note += part;
        }
    }
    (!note.is_empty()).then_some(note)
}
