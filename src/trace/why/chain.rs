//! The chain from an event back to its root, and what is told of it.

use super::double::DoubleVote;
use super::others::{change_note, message_note};
use super::{Again, COLUMNS, Explainer, Extra, NOTES, STEPS, Step};
use crate::node::{EventId, Fact};
use crate::trace::record::EventKind;
use std::collections::BTreeMap;

/// What stands before a step's words and between them and its note, where the event has six digits.
const LEAD: usize = 13;

impl Explainer<'_> {
    /// The chain back to a root, and what else was needed where there is room.
    pub(super) fn steps(&self, event: EventId, most: usize, again: &mut dyn Again) -> Vec<Step> {
        let mut chain = self.chain(event);
        let skipped = chain.len().saturating_sub(most);
        if skipped > 0 {
            // The near past explains most; the root says where it began.
            let root = chain.pop();
            chain.truncate(most - 1);
            chain.extend(root);
        }
        let mut events = chain.clone();
        let mut told = self.earlier_changes(event, again);
        if chain.len() == 1 && self.trace.record(event).kind() == EventKind::Fault {
            told.extend(self.what_it_mends(event));
        }
        told.extend(chain.iter().flat_map(|link| self.beside(*link)));
        for beside in told {
            if events.len() < most && !events.contains(&beside) {
                events.push(beside);
            }
        }
        let root = chain.last().copied();
        let all = !self.speaks_of_terms();
        // Where elections are told, what stands beside must not be older than the root: a chain begins with what nothing
        // caused. Elsewhere it is the older change of the same field that explains.
        events.retain(|event| all || root.is_none_or(|root| *event >= root) || self.first(*event).is_none());
        events.sort();
        while skipped == 0 && events.len() > 1 && self.goes_without_saying(events[0], &events) {
            events.remove(0);
        }
        let mut steps: Vec<Step> = events.into_iter().map(|event| self.step(event)).collect();
        if skipped > 0
            && let Some(root) = steps.iter_mut().find(|step| Some(step.event) == root)
        {
            root.note = Some(format!("{skipped} steps later:"));
        }
        self.add_notes(&mut steps, again);
        steps
    }

    /// Where a protocol has no facts about a step, what it changed in the state says what it meant; else what the message
    /// said does.
    fn add_notes(&self, steps: &mut [Step], again: &mut dyn Again) {
        for step in steps.iter_mut().filter(|step| step.note.is_none()) {
            let kind = self.trace.record(step.event).kind();
            if matches!(kind, EventKind::Deliver | EventKind::TimerFired) && !self.speaks_of_terms() {
                step.note = change_note(&again.changes(step.event), COLUMNS - NOTES);
            }
            if step.note.is_none() && matches!(kind, EventKind::Deliver | EventKind::Send | EventKind::Lost) {
                let room = COLUMNS.saturating_sub(step.words.len() + LEAD);
                step.note = again.message(step.event).and_then(|message| message_note(&message, room));
            }
        }
    }

    /// The explanations of several events in one, with the double votes among them.
    pub(super) fn steps_of_all(&self, culprits: &[EventId], doubles: &[DoubleVote]) -> Vec<Step> {
        let mut extras: BTreeMap<EventId, Extra> = BTreeMap::new();
        for double in doubles {
            extras.extend(self.story_of(double));
        }
        for &culprit in culprits.iter().filter(|culprit| self.trace.get(**culprit).is_some()) {
            extras.entry(culprit).or_default();
        }
        // What is known to have gone wrong leaves less room for how it came to that.
        let room = (STEPS + 2).saturating_sub(extras.len()).min(STEPS);
        let mut beside: Vec<EventId> = Vec::new();
        for event in culprits.iter().flat_map(|culprit| self.near(*culprit)) {
            if self.trace.get(event).is_some() && !beside.contains(&event) && !extras.contains_key(&event) {
                beside.push(event);
            }
        }
        let all: Vec<EventId> = beside.iter().chain(extras.keys()).copied().collect();
        beside.retain(|event| !self.goes_without_saying(*event, &all));
        extras.extend(beside.into_iter().take(room).map(|event| (event, Extra::default())));
        let mut faults = 0;
        let told = extras.into_iter().map(|(event, extra)| {
            let mut step = self.step(event);
            if extra.fault || self.trace.fault(event).is_some_and(|record| !record.fault.mends()) {
                faults += 1;
                step.note = Some(format!("fault {faults}"));
            }
            Step { words: extra.words.unwrap_or(step.words), note: extra.note.or(step.note), event }
        });
        told.collect()
    }

    /// That a process started, that it was started again where its boot is told, that a timer ended at which a node stood.
    pub(super) fn goes_without_saying(&self, event: EventId, told: &[EventId]) -> bool {
        match self.trace.record(event).kind() {
            EventKind::Boot => self.trace.incarnation(event) == Some(0),
            EventKind::Fault if matches!(self.trace.fault(event), Some(record) if record.fault.mends()) => {
                let boots = |other: &&EventId| self.trace.record(**other).kind() == EventKind::Boot;
                told.iter().filter(boots).any(|boot| self.trace.record(*boot).cause() == Some(event))
            }
            EventKind::TimerFired => told.iter().any(|other| {
                let stood = matches!(self.trace.fact(*other), Some(Fact::BecameCandidate { .. }));
                stood && self.trace.handler_of(*other) == event
            }),
            _ => false,
        }
    }

    /// The latest links of a culprit's chain, and what dropped what was promised.
    fn near(&self, culprit: EventId) -> Vec<EventId> {
        let mut near: Vec<EventId> = self.chain(culprit).into_iter().take(5).collect();
        let drops = self.survey.truncations.iter().filter(|cut| cut.committed && cut.event <= culprit);
        near.extend(drops.map(|cut| cut.event));
        near
    }

    /// From an event back to its root, each time by what explains best.
    pub(super) fn chain(&self, event: EventId) -> Vec<EventId> {
        let mut chain = vec![event];
        let mut at = event;
        while let Some(earlier) = self.first(at) {
            debug_assert!(earlier < at, "{earlier} cannot explain {at}");
            if earlier >= at {
                break;
            }
            // That a disk was waited for is part of every write, and explains none.
            if self.trace.record(earlier).kind() != EventKind::SyncDone {
                chain.push(earlier);
            }
            at = earlier;
        }
        chain
    }

    /// The earlier event that explains this one best; none where it is a root.
    pub(super) fn first(&self, event: EventId) -> Option<EventId> {
        let trace = self.trace;
        let reason = match trace.record(event).kind() {
            EventKind::Operation | EventKind::Fault => return None,
            EventKind::Fact => self.behind_fact(event, trace.fact(event)?, trace.node(event)?),
            EventKind::TimerFired => Some(self.setting(event)),
            EventKind::Deliver | EventKind::Lost => trace.record(event).cause().map(|send| self.behind_message(send)),
            EventKind::Boot | EventKind::Send | EventKind::SyncDone => None,
        };
        reason.filter(|reason| *reason < event).or_else(|| trace.record(event).cause())
    }

    /// Where a timer was set; of one that is set again each time that it ends, where it was set first.
    fn setting(&self, timer: EventId) -> EventId {
        let trace = self.trace;
        let mut at = timer;
        while let Some(set) = trace.record(at).cause() {
            at = set;
            if trace.record(set).kind() != EventKind::TimerFired || trace.name(set) != trace.name(timer) {
                break;
            }
        }
        at
    }
}
