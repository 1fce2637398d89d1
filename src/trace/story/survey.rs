//! A run read once from beginning to end: who led when, what became of each operation, what each fault found.

use crate::node::{Datum, EventId, Fact, Fault, NodeId, OperationId, Outcome};
use crate::trace::record::{EventKind, Trace};
use std::collections::BTreeMap;

/// All that stories need to know beyond single events.
pub(in crate::trace) struct Survey<'a> {
    pub trace: &'a Trace,
    /// What was said and done about each term, by group and term.
    pub terms: BTreeMap<(usize, u64), Term>,
    pub reigns: Vec<Reign>,
    /// What became of each operation, in the order of [`Trace::operations`].
    pub lives: Vec<Life>,
    pub commits: Vec<Commit>,
    pub returns: Vec<Comeback>,
    pub truncations: Vec<Truncation>,
    /// By crash: the operations in the node's log that nobody knew to be committed.
    pub unsettled: BTreeMap<EventId, Vec<OperationId>>,
    places: BTreeMap<OperationId, usize>,
    /// Whether this protocol says what it applies.
    pub applies: bool,
}

/// One term of one group.
#[derive(Default)]
pub(in crate::trace) struct Term {
    pub candidates: Vec<(EventId, NodeId)>,
    /// Event, voter, candidate.
    pub votes: Vec<(EventId, NodeId, NodeId)>,
    pub leaders: Vec<(EventId, NodeId)>,
    /// Who no longer seeks or leads, once in this term.
    pub followers: Vec<(EventId, NodeId)>,
}

/// A node led, as it saw it.
pub(in crate::trace) struct Reign {
    pub node: NodeId,
    pub term: u64,
    pub from: EventId,
    /// When it stopped leading: the crash, or the fact that it follows.
    pub until: Option<EventId>,
}

/// What became of one operation.
#[derive(Default)]
pub(in crate::trace) struct Life {
    pub asked: Vec<(EventId, NodeId)>,
    /// Event, node, place in the log.
    pub appended: Vec<(EventId, NodeId, u64)>,
    pub applied: Vec<(EventId, NodeId)>,
    pub committed: Option<EventId>,
    /// Whether some log holds it when the run ends, where it can still be committed.
    pub held: bool,
    /// Whether every node that applied it, or held it, has dropped it since.
    pub undone: bool,
    /// The event that committed another entry where a log still holds this one.
    pub overwritten: Option<EventId>,
    pub end: Option<(EventId, End)>,
}

impl Life {
    /// Whether it took effect, and that lasted.
    pub fn happened(&self) -> bool {
        !self.applied.is_empty() && !self.undone
    }

    /// Whether it took no effect that lasted, and will take none.
    pub fn never(&self) -> bool {
        !self.happened() && !self.held
    }
}

/// How an operation ended for its client.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::trace) enum End {
    Ok(Datum),
    Failed,
    GaveUp,
}

/// For the first time some node knows that these places are committed.
pub(in crate::trace) struct Commit {
    pub event: EventId,
    pub node: NodeId,
    /// What the node's log holds there: place, term, operation.
    pub entries: Vec<(u64, u64, Option<OperationId>)>,
}

/// A node came back, and what its disk had kept.
pub(in crate::trace) struct Comeback {
    /// The fault that restarted it, or the boot itself.
    pub event: EventId,
    pub node: NodeId,
    /// Term and last place.
    pub recovered: Option<(u64, u64)>,
    /// The last place that its log held before.
    pub held: Option<u64>,
    /// The event in which it first held all that was committed, the first and last place that it copied.
    pub caught_up: Option<(EventId, u64, u64)>,
}

/// A node dropped entries.
pub(in crate::trace) struct Truncation {
    pub event: EventId,
    pub node: NodeId,
    pub first: u64,
    pub last: u64,
    pub operations: Vec<OperationId>,
    /// Whether one of them was known to be committed somewhere.
    pub committed: bool,
}

/// A node's log, as its facts tell it.
#[derive(Default)]
struct Shadow {
    entries: Vec<(u64, u64, Option<OperationId>)>,
    base: u64,
    copied: Option<(u64, u64)>,
    comeback: Option<usize>,
}

impl Shadow {
    fn last(&self) -> u64 {
        self.entries.last().map_or(self.base, |entry| entry.0)
    }
    fn from(&self, index: u64) -> &[(u64, u64, Option<OperationId>)] {
        &self.entries[self.entries.partition_point(|entry| entry.0 < index)..]
    }
}

impl<'a> Survey<'a> {
    pub fn of(trace: &'a Trace) -> Self {
        let places = trace.operations().iter().enumerate().map(|(place, record)| (record.operation.id, place));
        let mut survey = Survey {
            trace,
            terms: BTreeMap::new(),
            reigns: Vec::new(),
            lives: trace.operations().iter().map(|_| Life::default()).collect(),
            commits: Vec::new(),
            returns: Vec::new(),
            truncations: Vec::new(),
            unsettled: BTreeMap::new(),
            places: places.collect(),
            applies: false,
        };
        let mut shadows: Vec<Shadow> = trace.cluster().ids().map(|_| Shadow::default()).collect();
        // The highest place known to be committed, and what stands there, by group.
        let mut high = vec![0; trace.cluster().groups().len()];
        for id in trace.ids() {
            let Some(node) = trace.node(id) else { continue };
            match trace.record(id).kind() {
                EventKind::Fault => {
                    let high = high[survey.group(node)];
                    survey.fault(id, node, &shadows[node.index()], high);
                }
                EventKind::Boot => survey.boot(id, node, &mut shadows[node.index()]),
                EventKind::Fact => {
                    let fact = trace.fact(id).expect("a fact's event has a fact");
                    survey.role(id, node, fact);
                    survey.life(id, node, fact);
                    let group = survey.group(node);
                    survey.log(id, node, fact, &mut shadows[node.index()], &mut high[group]);
                }
                _ => {}
            }
        }
        survey.settle(&shadows);
        survey
    }

    /// What logs hold at the end, and which operations lost their places for ever.
    fn settle(&mut self, shadows: &[Shadow]) {
        let mut settled = BTreeMap::new();
        for commit in &self.commits {
            let group = self.group(commit.node);
            settled.extend(commit.entries.iter().map(|entry| ((group, entry.0), (commit.event, entry.2))));
        }
        for (node, shadow) in self.trace.cluster().ids().zip(shadows) {
            let group = self.group(node);
            for &(index, _, operation) in &shadow.entries {
                let Some(&place) = operation.and_then(|operation| self.places.get(&operation)) else { continue };
                match settled.get(&(group, index)) {
                    Some((event, other)) if *other != operation => self.lives[place].overwritten = Some(*event),
                    _ => self.lives[place].held = true,
                }
            }
        }
        let mut droppers: BTreeMap<usize, Vec<NodeId>> = BTreeMap::new();
        for cut in &self.truncations {
            let places = cut.operations.iter().filter_map(|operation| self.places.get(operation));
            places.for_each(|place| droppers.entry(*place).or_default().push(cut.node));
        }
        for (place, nodes) in droppers {
            let life = &mut self.lives[place];
            life.undone = !life.held && life.applied.iter().all(|applied| nodes.contains(&applied.1));
        }
    }

    /// The place of a node's group.
    pub fn group(&self, node: NodeId) -> usize {
        let group = self.trace.cluster().group_of(node);
        self.trace.cluster().groups().iter().position(|other| std::ptr::eq(other, group)).unwrap_or(0)
    }

    /// How many nodes could vote for this one.
    pub fn voters(&self, node: NodeId) -> usize {
        self.trace.cluster().group_of(node).members.len()
    }

    pub fn life_of(&self, id: OperationId) -> Option<&Life> {
        self.places.get(&id).map(|&place| &self.lives[place])
    }

    /// Who leads at an event, in its own eyes.
    pub fn leads_at(&self, at: EventId) -> impl Iterator<Item = &Reign> {
        self.reigns.iter().filter(move |reign| reign.from < at && reign.until.is_none_or(|until| until > at))
    }

    fn end_reign(&mut self, id: EventId, node: NodeId) {
        for reign in self.reigns.iter_mut().filter(|reign| reign.node == node && reign.until.is_none()) {
            reign.until = Some(id);
        }
    }

    fn fault(&mut self, id: EventId, node: NodeId, shadow: &Shadow, high: u64) {
        if matches!(self.trace.fault(id), Some(record) if matches!(record.fault, Fault::Crash(_))) {
            self.end_reign(id, node);
            let operations: Vec<OperationId> = shadow.from(high + 1).iter().filter_map(|entry| entry.2).collect();
            if !operations.is_empty() {
                self.unsettled.insert(id, operations);
            }
        }
    }

    fn boot(&mut self, id: EventId, node: NodeId, shadow: &mut Shadow) {
        self.end_reign(id, node);
        let held = (shadow.last() > 0).then(|| shadow.last());
        *shadow = Shadow::default();
        if self.trace.incarnation(id).is_some_and(|times| times > 0) {
            shadow.comeback = Some(self.returns.len());
            let event = self.trace.record(id).cause().unwrap_or(id);
            self.returns.push(Comeback { event, node, recovered: None, held, caught_up: None });
        }
    }

    fn role(&mut self, id: EventId, node: NodeId, fact: &Fact) {
        let group = self.group(node);
        let Some(number) = fact.term() else { return };
        match *fact {
            Fact::BecameCandidate { .. } => {
                self.end_reign(id, node);
                self.term(group, number).candidates.push((id, node));
            }
            Fact::BecameLeader { term } => {
                self.end_reign(id, node);
                self.term(group, term).leaders.push((id, node));
                self.reigns.push(Reign { node, term, from: id, until: None });
            }
            Fact::BecameFollower { .. } => {
                self.end_reign(id, node);
                self.term(group, number).followers.push((id, node));
            }
            Fact::Voted { candidate, .. } => self.term(group, number).votes.push((id, node, candidate)),
            _ => {}
        }
    }

    fn term(&mut self, group: usize, term: u64) -> &mut Term {
        self.terms.entry((group, term)).or_default()
    }

    fn life(&mut self, id: EventId, node: NodeId, fact: &Fact) {
        self.applies |= matches!(fact, Fact::Applied { .. });
        let Some(&place) = fact.operation().and_then(|operation| self.places.get(&operation)) else { return };
        let life = &mut self.lives[place];
        match fact {
            Fact::Asked { server, .. } => life.asked.push((id, *server)),
            Fact::Appended { index, .. } => life.appended.push((id, node, *index)),
            Fact::Applied { .. } => life.applied.push((id, node)),
            Fact::Returned { outcome, .. } if life.end.is_none() => {
                let end = match outcome {
                    Outcome::Ok(value) => End::Ok(value.clone()),
                    Outcome::Failed => End::Failed,
                };
                life.end = Some((id, end));
            }
            Fact::TimedOut { .. } if life.end.is_none() => life.end = Some((id, End::GaveUp)),
            _ => {}
        }
    }

    fn log(&mut self, id: EventId, node: NodeId, fact: &Fact, shadow: &mut Shadow, high: &mut u64) {
        match *fact {
            Fact::Restored { index, term, operation, .. } => shadow.entries.push((index, term, operation)),
            Fact::Appended { index, term, operation, .. } => {
                shadow.entries.push((index, term, operation));
                shadow.copied = Some((shadow.copied.map_or(index, |copied| copied.0), index));
                self.caught_up(id, shadow, *high);
            }
            Fact::Recovered { index, term } => {
                shadow.base = if shadow.entries.is_empty() { index } else { 0 };
                if let Some(place) = shadow.comeback {
                    self.returns[place].recovered = Some((term, index));
                }
            }
            Fact::Truncated { index } => {
                let dropped = shadow.from(index);
                if let (Some(first), Some(last)) = (dropped.first(), dropped.last()) {
                    let operations = dropped.iter().filter_map(|entry| entry.2).collect();
                    let (first, last) = (first.0, last.0);
                    let committed =
                        self.commits.iter().any(|commit| commit.entries.iter().any(|entry| dropped.contains(entry)));
                    self.truncations.push(Truncation { event: id, node, first, last, operations, committed });
                }
                let kept = shadow.entries.len() - dropped.len();
                shadow.entries.truncate(kept);
            }
            Fact::Compacted { index, .. } => shadow.base = shadow.base.max(index),
            Fact::Installed { index, .. } => {
                shadow.base = index;
                shadow.entries.retain(|entry| entry.0 > index);
                self.caught_up(id, shadow, *high);
            }
            Fact::Committed { index, .. } if index > *high => {
                let entries: Vec<_> =
                    shadow.from(*high + 1).iter().take_while(|entry| entry.0 <= index).copied().collect();
                for operation in entries.iter().filter_map(|entry| entry.2) {
                    if let Some(&place) = self.places.get(&operation) {
                        self.lives[place].committed.get_or_insert(id);
                    }
                }
                self.commits.push(Commit { event: id, node, entries });
                *high = index;
            }
            _ => {}
        }
    }

    fn caught_up(&mut self, id: EventId, shadow: &mut Shadow, high: u64) {
        let Some(place) = shadow.comeback else { return };
        if shadow.last() >= high {
            let (first, last) = shadow.copied.unwrap_or((shadow.base, shadow.base));
            self.returns[place].caught_up = Some((id, first, last));
            shadow.comeback = None;
        }
    }
}

impl Term {
    /// The votes for a candidate that are in the past of an event, in the order in which they were given.
    pub fn votes_before(&self, trace: &Trace, candidate: NodeId, at: EventId) -> Vec<(EventId, NodeId)> {
        let counted = |&&(vote, _, whom): &&(EventId, NodeId, NodeId)| whom == candidate && trace.before(vote, at);
        let mut votes: Vec<(EventId, NodeId)> = Vec::new();
        for &(event, voter, _) in self.votes.iter().filter(counted) {
            if votes.iter().all(|vote| vote.1 != voter) {
                votes.push((event, voter));
            }
        }
        votes
    }
}

/// The arrival that led to an event, through the disk if it had to wait there. None is named where its wait began behind
/// another's: the trace then says who released it, and not what it was.
pub(in crate::trace) fn arrival_behind(trace: &Trace, id: EventId) -> Option<EventId> {
    let mut at = id;
    for _ in 0..4 {
        match trace.record(at).kind() {
            EventKind::Deliver => return Some(at),
            EventKind::Fact => at = trace.record(at).cause()?,
            EventKind::SyncDone => {
                at = trace.record(at).cause().filter(|asked| trace.record(*asked).kind() != EventKind::SyncDone)?;
            }
            _ => return None,
        }
    }
    None
}
