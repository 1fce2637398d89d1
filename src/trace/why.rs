//! Why an event happened: back along causes, through the changes that mattered.
//!
//! The whole past of an event is mostly heartbeats. What is kept is a chain: each link is the one earlier event that
//! explains the next best (a leader stands because a timer ended, which it did because of a silence, behind which there
//! is a crash), back to a root: a boot, something that was asked for, or a fault. Where there is room, what else was
//! needed stands beside it: the votes that were counted, the copies that were acknowledged.

mod double;

use super::record::{EventKind, Trace};
use super::story::survey::{Reign, Survey, arrival_behind};
use super::story::{is_minority, millis, silence, wrap};
use super::words::{count_of, fact_words, names, plain};
use crate::node::{EventId, Fact, Fault, LossReason, NodeId, OperationId};
use double::DoubleVote;
use std::collections::BTreeMap;

/// So many steps explain an event, at the most, unless more are asked for.
pub const STEPS: usize = 12;
const COLUMNS: usize = 80;
/// Notes begin here where the words leave room.
const NOTES: usize = 51;

/// One step of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The event.
    pub event: EventId,
    /// What it was, in plain words.
    pub words: String,
    /// What it means for the rest, where that needs saying.
    pub note: Option<String>,
}

/// The steps that led to an event, oldest first and the event itself last: at most `most` of them, at least three.
///
/// The oldest is a root: an event that nothing in the run caused. No such event, no steps.
pub fn why(trace: &Trace, event: EventId, most: usize) -> Vec<Step> {
    if trace.get(event).is_none() {
        return Vec::new();
    }
    let survey = Survey::of(trace);
    Explainer::new(&survey).steps(event, most.max(3))
}

/// An explanation as text: `WHY e41`, then a step a line.
pub fn why_lines(event: EventId, steps: &[Step]) -> Vec<String> {
    let mut lines = vec![format!("WHY {event}")];
    lines.extend(step_lines(steps));
    lines
}

fn step_lines(steps: &[Step]) -> Vec<String> {
    let width = steps.iter().map(|step| step.event.to_string().len()).max().unwrap_or(0);
    steps.iter().map(|step| step_line(step, width)).collect()
}

/// One line of at most 80 columns; a note that does not fit is cut short before the words are.
fn step_line(step: &Step, width: usize) -> String {
    let mut line = format!("  {:<width$}  {}", step.event.to_string(), plain(&step.words));
    if line.len() > COLUMNS {
        line.truncate(COLUMNS - 3);
        line += "...";
    }
    if let Some(note) = &step.note {
        let note = plain(note);
        let column = NOTES.max(line.len() + 2).min((COLUMNS.saturating_sub(note.len())).max(line.len() + 2));
        let room = COLUMNS.saturating_sub(column);
        if room >= 8 {
            line += &" ".repeat(column - line.len());
            line += &note[..note.len().min(room)];
        }
    }
    line.trim_end().to_owned()
}

/// What a broken promise is shown with; the checker that saw it supplies the words.
#[derive(Clone, Debug, Default)]
pub struct Violation {
    /// The promise's name: `ElectionSafety`.
    pub name: String,
    /// Where it broke.
    pub at: Option<EventId>,
    /// What broke it, in a few words: `two leaders in term 2`.
    pub headline: String,
    /// The promise in full.
    pub promised: String,
    /// What was seen instead.
    pub seen: Vec<String>,
    /// The events that together break the promise.
    pub culprits: Vec<EventId>,
    /// What there is to learn.
    pub insight: Vec<String>,
    /// What was out of the ordinary from the start on: a disk that lies.
    pub from_start: Vec<Fault>,
    /// Commands to go on with, as they can be pasted.
    pub next: Vec<String>,
}

/// A broken promise with its explanation: promised, seen, why, and where to look.
pub fn explain_violation(trace: &Trace, violation: &Violation) -> Vec<String> {
    let at = violation.at.map(|at| format!(" at {at}")).unwrap_or_default();
    let mut lines = headed("BROKEN  ", &format!("{}{at}: {}", violation.name, violation.headline));
    lines.extend(headed("  promised  ", &violation.promised));
    for (place, seen) in violation.seen.iter().enumerate() {
        lines.extend(headed(if place == 0 { "  seen      " } else { "            " }, seen));
    }
    let survey = Survey::of(trace);
    let explainer = Explainer { from_start: &violation.from_start, ..Explainer::new(&survey) };
    let doubles = explainer.double_votes(&violation.culprits);
    for double in &doubles {
        let voter = trace.cluster().name(double.voter);
        lines.push(format!("  {voter} is in both majorities: it voted twice."));
    }
    let steps = explainer.steps_of_all(&violation.culprits, &doubles);
    if let Some(last) = violation.at.or_else(|| violation.culprits.iter().max().copied()) {
        lines.extend(why_lines(last, &steps));
    }
    if !doubles.is_empty() && !violation.insight.iter().any(|text| text == MAJORITIES) {
        lines.push(MAJORITIES.to_owned());
    }
    violation.insight.iter().for_each(|text| lines.extend(headed("", text)));
    for (place, command) in violation.next.iter().enumerate() {
        lines.push(format!("{}{}", if place == 0 { "AT  " } else { "    " }, plain(command)));
    }
    lines
}

/// What a vote that was given twice teaches.
const MAJORITIES: &str = "Majorities share a node; safety rests on its memory.";

fn headed(head: &str, text: &str) -> Vec<String> {
    let room = COLUMNS - head.len();
    let parts = wrap(&plain(text), room, room);
    let start = |place| if place == 0 { head.to_owned() } else { " ".repeat(head.len()) };
    parts.iter().enumerate().map(|(place, part)| format!("{}{part}", start(place)).trim_end().to_owned()).collect()
}

struct Explainer<'a> {
    survey: &'a Survey<'a>,
    trace: &'a Trace,
    /// What was out of the ordinary from the start on.
    from_start: &'a [Fault],
}

/// What a step says beyond its event.
#[derive(Default)]
struct Extra {
    words: Option<String>,
    note: Option<String>,
    /// Whether something went wrong here that has no event of its own.
    fault: bool,
}

impl<'a> Explainer<'a> {
    fn new(survey: &'a Survey<'a>) -> Self {
        Explainer { survey, trace: survey.trace, from_start: &[] }
    }

    /// The chain back to a root, and what else was needed where there is room.
    fn steps(&self, event: EventId, most: usize) -> Vec<Step> {
        let mut chain = self.chain(event);
        let skipped = chain.len().saturating_sub(most);
        if skipped > 0 {
            // The near past explains most; the root says where it began.
            let root = chain.pop();
            chain.truncate(most - 1);
            chain.extend(root);
        }
        let mut events = chain.clone();
        'more: for &link in &chain {
            for beside in self.beside(link) {
                if events.len() >= most {
                    break 'more;
                }
                if !events.contains(&beside) {
                    events.push(beside);
                }
            }
        }
        let root = chain.last().copied();
        // What stands beside must not be older than the root: a chain begins with what nothing caused.
        events.retain(|event| root.is_none_or(|root| *event >= root) || self.first(*event).is_none());
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
        steps
    }

    /// The explanations of several events in one, with the double votes among them.
    fn steps_of_all(&self, culprits: &[EventId], doubles: &[DoubleVote]) -> Vec<Step> {
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
    fn goes_without_saying(&self, event: EventId, told: &[EventId]) -> bool {
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
    fn chain(&self, event: EventId) -> Vec<EventId> {
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
    fn first(&self, event: EventId) -> Option<EventId> {
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

    fn behind_fact(&self, event: EventId, fact: &Fact, node: NodeId) -> Option<EventId> {
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
            _ => None,
        }
    }

    fn asking(&self, operation: OperationId) -> Option<EventId> {
        self.trace.operation_by_id(operation).map(|record| record.event)
    }

    fn candidacy(&self, event: EventId, candidate: NodeId, number: u64) -> Option<EventId> {
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
    fn behind_message(&self, send: EventId) -> EventId {
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
    fn last_fact(&self, event: EventId, node: NodeId, wanted: impl Fn(&Fact) -> bool) -> Option<EventId> {
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
    fn taught(&self, event: EventId, node: NodeId) -> Option<NodeId> {
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
    fn last_heard(&self, event: EventId) -> Option<(EventId, EventId)> {
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

    /// What else an event needed.
    fn beside(&self, event: EventId) -> Vec<EventId> {
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
            _ if trace.record(event).kind() == EventKind::Lost => self.fault_behind_loss(event).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The copies of an entry that were acknowledged when it was known to be committed.
    fn copies(&self, event: EventId, index: u64) -> Vec<EventId> {
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
        beside.extend(life.appended.iter().map(|stored| stored.0).filter(|stored| *stored < event).take(3));
        beside.extend(life.asked.iter().map(|asked| asked.0));
        beside
    }

    fn loss_after(&self, handler: EventId, to: NodeId) -> Option<EventId> {
        let trace = self.trace;
        let caused = (handler.0 + 1..trace.len() as u32).map(EventId);
        let mut sends = caused.take_while(|id| trace.record(*id).cause() == Some(handler));
        let send = sends.find(|id| trace.record(*id).kind() == EventKind::Send && trace.peer(*id) == Some(to))?;
        trace.end_of(send).filter(|end| trace.record(*end).kind() == EventKind::Lost)
    }

    /// The fault that lost a message: its receiver's crash, or the cut that it met.
    fn fault_behind_loss(&self, lost: EventId) -> Option<EventId> {
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

    /// A step in words that say more than the fact does.
    fn step(&self, event: EventId) -> Step {
        let trace = self.trace;
        let name = trace.node(event).map_or("", |node| trace.cluster().name(node));
        let plain = || fact_words(trace, event);
        let words = match (trace.fact(event), trace.node(event)) {
            (Some(Fact::BecameLeader { term }), Some(node)) => {
                let said = self.survey.terms.get(&(self.survey.group(node), *term));
                let votes = said.map_or(0, |said| said.votes_before(trace, node, event).len());
                let all = self.survey.voters(node);
                let vote = if is_minority(votes, all) { "declared vote" } else { "vote" };
                format!("{name} leads term {term}: {} of {all}", count_of(votes, vote))
            }
            (Some(Fact::BecameCandidate { term }), Some(node)) => {
                match silence(self.survey, trace.handler_of(event), node) {
                    Some(span) if self.last_heard(event).is_some() => {
                        format!("{name} hears nothing for {}: candidate, term {term}", millis(span))
                    }
                    _ => plain(),
                }
            }
            (Some(Fact::Committed { index, .. }), Some(node)) if self.taught(event, node).is_none() => {
                let copies = self.copies(event, *index).len() + 1;
                format!("{name} commits to entry {index}: {copies} of {} hold it", self.survey.voters(node))
            }
            (Some(Fact::Committed { index, .. }), Some(node)) => {
                let teacher = names(trace, self.taught(event, node));
                format!("{name} learns from {teacher}: committed to {index}")
            }
            _ => plain(),
        };
        Step { event, words, note: self.note(event) }
    }

    fn note(&self, event: EventId) -> Option<String> {
        let back = self.survey.returns.iter().find(|back| Some(back.event) == self.trace.record(event).cause());
        if let Some(back) = back.filter(|_| self.trace.record(event).kind() == EventKind::Boot) {
            let (held, kept) = (back.held.unwrap_or(0), back.recovered.map_or(0, |recovered| recovered.1));
            return (held > kept).then(|| format!("its log had reached {held}, now {kept}"));
        }
        if let Some(cut) = self.survey.truncations.iter().find(|cut| cut.event == event && cut.committed) {
            return Some(format!("promise dies here: {} was committed", cut.first));
        }
        match self.trace.fault(event).map(|record| &record.fault) {
            Some(Fault::Crash(node) | Fault::Pause(node)) => {
                let led = |reign: &&Reign| {
                    reign.node == *node && reign.from < event && reign.until.is_none_or(|until| until >= event)
                };
                self.survey.reigns.iter().find(led).map(|reign| format!("it led term {}", reign.term))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
