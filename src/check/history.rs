//! What happened in a run, as far as facts tell: operations, leaders, faults, counts. For claims and stories.

use super::claim::{Measure, Since};
use super::model::Executed;
use crate::node::{
    Cluster, Datum, EventId, Fault, Log, NodeId, Op, Operation, OperationId, Outcome, SimSpan, SimTime,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An event and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The event.
    pub event: EventId,
    /// When it happened.
    pub time: SimTime,
}

impl Moment {
    /// The start of a run, before its first event.
    pub const START: Moment = Moment { event: EventId(0), time: SimTime::ZERO };
}

/// How an operation ended, as its client knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Not yet: its client still waits, or has died.
    Pending,
    /// It took effect and returned this.
    Ok(Datum),
    /// It certainly took no effect.
    Failed,
    /// Its client gave up.
    Unknown,
}

impl Ending {
    /// The outcome in one word; who waits in vain knows nothing.
    pub const fn word(&self) -> &'static str {
        match self {
            Ending::Ok(_) => "ok",
            Ending::Failed => "failed",
            Ending::Unknown | Ending::Pending => "unknown",
        }
    }
}

/// One operation of a client.
#[derive(Clone, Debug)]
pub struct OperationHistory {
    /// Its number.
    pub id: OperationId,
    /// Its label in the scenario.
    pub label: Option<Arc<str>>,
    /// What was asked.
    pub op: Op,
    /// Who was asked to see to it.
    pub client: NodeId,
    /// When the client was given it.
    pub invoked: Moment,
    /// When it ended for the client.
    pub ended: Option<Moment>,
    /// How.
    pub ending: Ending,
    /// When some node applied it first.
    pub applied: Option<Moment>,
    /// Where in logs it was seen: place, and digest of the log up to there.
    pub(super) places: Vec<(u64, u64)>,
    /// For an operation with a label: which nodes came to have applied it, or no longer to have.
    pub(super) holders: Vec<(Moment, NodeId, bool)>,
}

/// A time during which a node led.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leadership {
    /// Who led.
    pub node: NodeId,
    /// In which term.
    pub term: u64,
    /// Since when.
    pub from: Moment,
    /// Until it followed, stood for election or crashed; absent where it still led at the end.
    pub until: Option<Moment>,
}

/// A fault that began or happened at once.
#[derive(Clone, Debug)]
pub struct FaultHistory {
    /// What.
    pub fault: Fault,
    /// Its label in the scenario.
    pub label: Option<Arc<str>>,
    /// When it began.
    pub from: Moment,
    /// When it ended, if it lasted and has ended.
    pub until: Option<Moment>,
}

/// A run, as far as facts tell.
#[derive(Clone, Debug)]
pub struct History {
    operations: Log<OperationHistory>,
    /// Where in `operations` each number is; [`NOWHERE`] for numbers that never reached a client.
    place_of: Log<u32>,
    labels: BTreeMap<Arc<str>, Vec<OperationId>>,
    leaderships: Log<Leadership>,
    faults: Vec<FaultHistory>,
    /// For each node, when it began and ceased to run.
    uptimes: Vec<Vec<(Moment, bool)>>,
    /// For each group, the times during which all of its running nodes had applied the same.
    pub(super) converged_spans: Vec<Log<(Moment, Option<Moment>)>>,
    /// For each group, whether one of its nodes applied anything.
    pub(super) applies: Vec<bool>,
    /// What nodes remarked.
    pub(super) notes: Log<(Moment, Arc<str>)>,
    pub(super) committed: u64,
    pub(super) candidacies: BTreeSet<u64>,
    pub(super) terms: BTreeSet<u64>,
    /// The sendings that have arrived, a bit each.
    arrived: Log<u64>,
    pub(super) counts: Counts,
    /// The last event.
    pub(super) now: Moment,
}

/// What is counted as it comes.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub events: u64,
    pub sent: u64,
    pub delivered: u64,
    pub duplicated: u64,
    pub lost: u64,
    pub returned: u64,
    pub timed_out: u64,
    pub faults: u64,
    pub crashes: u64,
    pub primaries: u64,
    pub siblings: u64,
}

const NOWHERE: u32 = u32::MAX;

/// Numbers beyond this one are not those of a run; to make room for them would take all memory.
const MAX_OPERATIONS: u32 = 1 << 28;

impl History {
    pub(super) fn new(cluster: &Cluster) -> Self {
        History {
            operations: Log::new(),
            place_of: Log::new(),
            labels: BTreeMap::new(),
            leaderships: Log::new(),
            faults: Vec::new(),
            uptimes: vec![Vec::new(); cluster.len()],
            converged_spans: vec![Log::new(); cluster.groups().len()],
            applies: vec![false; cluster.groups().len()],
            notes: Log::new(),
            committed: 0,
            candidacies: BTreeSet::new(),
            terms: BTreeSet::new(),
            arrived: Log::new(),
            counts: Counts::default(),
            now: Moment::START,
        }
    }

    /// Every operation that reached its client, in that order.
    pub fn operations(&self) -> impl Iterator<Item = &OperationHistory> {
        self.operations.iter()
    }

    /// The operation of that number.
    pub fn operation(&self, id: OperationId) -> Option<&OperationHistory> {
        self.operations.get(self.place(id)?)
    }

    /// The operations of that label, in order.
    pub fn labelled(&self, label: &str) -> impl DoubleEndedIterator<Item = &OperationHistory> {
        self.labels.get(label).into_iter().flatten().filter_map(|id| self.operation(*id))
    }

    /// The times during which nodes led, by their beginnings.
    pub fn leaderships(&self) -> impl Iterator<Item = &Leadership> {
        self.leaderships.iter()
    }

    /// Every fault that began, in order.
    pub fn faults(&self) -> &[FaultHistory] {
        &self.faults
    }

    /// The last place of a log that any node knew to be committed.
    pub fn committed(&self) -> u64 {
        self.committed
    }

    /// The last event.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Whether a node ran just before an event.
    pub fn ran_before(&self, node: NodeId, event: EventId) -> bool {
        let changes = &self.uptimes[node.index()];
        let before = changes.partition_point(|(moment, _)| moment.event < event);
        before.checked_sub(1).is_some_and(|last| changes[last].1)
    }

    /// When a node booted and crashed.
    pub(super) fn uptimes(&self, node: NodeId) -> &[(Moment, bool)] {
        &self.uptimes[node.index()]
    }

    /// The beginnings of a label's faults and operations, or the ends of those that have ended.
    pub fn moments(&self, since: &Since) -> Vec<Moment> {
        let faults = self.faults.iter().filter(|fault| fault.label.as_deref() == Some(since.label()));
        let operations = self.labelled(since.label());
        let mut moments: Vec<Moment> = match since {
            Since::Beginning(_) => faults.map(|fault| fault.from).chain(operations.map(|one| one.invoked)).collect(),
            Since::End(_) => {
                faults.filter_map(|fault| fault.until).chain(operations.filter_map(|one| one.ended)).collect()
            }
        };
        moments.sort();
        moments
    }

    /// A count, of what is counted as it comes: [`Judge::count`](super::Judge::count) knows the others as well.
    pub fn count(&self, measure: Measure) -> u64 {
        let counts = &self.counts;
        match measure {
            Measure::Elections => self.candidacies.len() as u64,
            Measure::Leaders => self.leaderships.len() as u64,
            Measure::Terms => self.terms.len() as u64,
            Measure::Primaries => counts.primaries,
            Measure::LeaderlessMs => self.leaderless().0 / 1_000_000,
            Measure::Sent => counts.sent,
            Measure::Delivered => counts.delivered,
            Measure::Lost => counts.lost,
            Measure::Duplicated => counts.duplicated,
            Measure::Invoked => self.operations.len() as u64,
            Measure::Returned => counts.returned,
            Measure::TimedOut => counts.timed_out,
            Measure::Committed => self.committed,
            Measure::Faults => counts.faults,
            Measure::Crashes => counts.crashes,
            Measure::Siblings => counts.siblings,
            Measure::Events => counts.events,
            Measure::StaleReads | Measure::FreshReads | Measure::LostWrites | Measure::ResurrectedWrites => 0,
            Measure::AvailablePercent => 0,
            Measure::WriteP50Ms | Measure::WriteP99Ms | Measure::ReadP50Ms | Measure::ReadP99Ms => 0,
        }
    }

    /// How much time has passed in which no node led.
    fn leaderless(&self) -> SimSpan {
        let (mut led_until, mut leaderless) = (SimTime::ZERO, SimSpan::ZERO);
        for span in self.leaderships.iter() {
            leaderless = leaderless + span.from.time.since(led_until);
            led_until = led_until.max(span.until.unwrap_or(self.now).time);
        }
        leaderless + self.now.time.since(led_until)
    }

    // What the judge adds.

    fn place(&self, id: OperationId) -> Option<usize> {
        self.place_of.get(id.0 as usize).filter(|place| **place != NOWHERE).map(|place| *place as usize)
    }

    fn change(&mut self, id: OperationId, change: impl FnOnce(&mut OperationHistory)) {
        if let Some(place) = self.place(id)
            && let Some(mut operation) = self.operations.get(place).cloned()
        {
            change(&mut operation);
            self.operations.set(place, operation);
        }
    }

    /// A message has arrived; `send` is the event in which it left.
    #[inline]
    pub(super) fn arrived(&mut self, send: Option<EventId>) {
        self.counts.delivered += 1;
        let Some(EventId(send)) = send else { return };
        let (word, bit) = (send as usize / 64, 1 << (send % 64));
        while self.arrived.len() <= word {
            self.arrived.push(0);
        }
        let bits = self.arrived.get(word).copied().unwrap_or_default();
        if bits & bit == 0 {
            self.arrived.set(word, bits | bit);
        } else {
            self.counts.duplicated += 1;
        }
    }

    pub(super) fn invoked(&mut self, at: Moment, client: NodeId, operation: &Operation, label: Option<&str>) {
        let id = operation.id;
        if id.0 > MAX_OPERATIONS || self.place(id).is_some() {
            return;
        }
        let label = label.map(|label| self.label(label));
        if let Some(label) = &label {
            self.labels.entry(label.clone()).or_default().push(id);
        }
        while self.place_of.len() <= id.0 as usize {
            self.place_of.push(NOWHERE);
        }
        self.place_of.set(id.0 as usize, self.operations.len() as u32);
        self.operations.push(OperationHistory {
            id,
            label,
            op: operation.op.clone(),
            client,
            invoked: at,
            ended: None,
            ending: Ending::Pending,
            applied: None,
            places: Vec::new(),
            holders: Vec::new(),
        });
    }

    fn label(&self, label: &str) -> Arc<str> {
        self.labels.get_key_value(label).map_or_else(|| label.into(), |(known, _)| known.clone())
    }

    pub(super) fn returned(&mut self, at: Moment, id: OperationId, outcome: &Outcome) {
        self.counts.returned += 1;
        self.end(
            at,
            id,
            match outcome {
                Outcome::Ok(value) => Ending::Ok(value.clone()),
                Outcome::Failed => Ending::Failed,
            },
        );
    }

    pub(super) fn timed_out(&mut self, at: Moment, id: OperationId) {
        self.counts.timed_out += 1;
        self.end(at, id, Ending::Unknown);
    }

    /// The first ending counts: a client that gave up does not learn better.
    fn end(&mut self, at: Moment, id: OperationId, ending: Ending) {
        self.change(id, |operation| {
            if operation.ended.is_none() {
                (operation.ended, operation.ending) = (Some(at), ending);
            }
        });
    }

    /// An operation stands in a log.
    pub(super) fn placed(&mut self, id: OperationId, index: u64, digest: u64) {
        if self.operation(id).is_some_and(|operation| !operation.places.contains(&(index, digest))) {
            self.change(id, |operation| operation.places.push((index, digest)));
        }
    }

    /// A node has applied an operation, or it no longer has.
    pub(super) fn applied(&mut self, at: Moment, node: NodeId, id: OperationId, holds: bool) {
        let Some(operation) = self.operation(id) else { return };
        if operation.label.is_some() || (holds && operation.applied.is_none()) {
            self.change(id, |operation| {
                if holds {
                    operation.applied.get_or_insert(at);
                }
                if operation.label.is_some() {
                    operation.holders.push((at, node, holds));
                }
            });
        }
    }

    /// A node has taken over a snapshot, and so all that was applied to it.
    pub(super) fn took_over(&mut self, at: Moment, node: NodeId, executed: &Executed) {
        if !self.labels.is_empty() {
            for id in executed.operations() {
                if self.operation(id).is_some_and(|operation| operation.label.is_some()) {
                    self.applied(at, node, id, true);
                }
            }
        }
    }

    pub(super) fn began_to_lead(&mut self, at: Moment, node: NodeId, term: u64) {
        self.leaderships.push(Leadership { node, term, from: at, until: None });
    }

    pub(super) fn ceased_to_lead(&mut self, at: Moment, node: NodeId) {
        let open = |span: &Leadership| span.node == node && span.until.is_none();
        if let Some(place) =
            (0..self.leaderships.len()).rev().find(|place| self.leaderships.get(*place).is_some_and(open))
            && let Some(span) = self.leaderships.get(place).cloned()
        {
            self.leaderships.set(place, Leadership { until: Some(at), ..span });
        }
    }

    pub(super) fn runs(&mut self, at: Moment, node: NodeId, runs: bool) {
        self.uptimes[node.index()].push((at, runs));
    }

    pub(super) fn fault(&mut self, at: Moment, fault: &Fault, label: Option<&str>, ends: bool) {
        if ends {
            let is_its = |begun: &&mut FaultHistory| {
                begun.until.is_none() && begun.label.as_deref() == label && undoes(fault, &begun.fault)
            };
            if let Some(begun) = self.faults.iter_mut().find(is_its) {
                begun.until = Some(at);
            }
            return;
        }
        self.counts.faults += u64::from(!fault.mends() && *fault != Fault::Mark);
        self.faults.push(FaultHistory { fault: fault.clone(), label: label.map(Arc::from), from: at, until: None });
    }

    /// All running nodes of a group have applied the same from now on, or no longer.
    pub(super) fn converged(&mut self, at: Moment, group: usize, is_converged: bool) {
        let spans = &mut self.converged_spans[group];
        match spans.last().copied() {
            Some((from, None)) if !is_converged => spans.set(spans.len() - 1, (from, Some(at))),
            Some((_, None)) => {}
            _ if is_converged => spans.push((at, None)),
            _ => {}
        }
    }
}

/// Whether one fault is the end of another.
fn undoes(end: &Fault, begun: &Fault) -> bool {
    use Fault::*;
    let within =
        |ended: &[(NodeId, NodeId)], begun: &[(NodeId, NodeId)]| ended.iter().all(|link| begun.contains(link));
    match (end, begun) {
        (Heal(ended), Cut(begun)) | (Release(ended), Hold(begun)) => within(ended, begun),
        (Loss(ended, _), Loss(begun, _)) | (Lag(ended, _), Lag(begun, _)) => within(ended, begun),
        (Restart(_), Crash(_))
        | (Resume(_), Pause(_))
        | (Slow(..), Slow(..))
        | (Disk(..), Disk(..))
        | (Clock(..), Clock(..)) => end.node() == begun.node(),
        (Mark, Mark) => true,
        _ => false,
    }
}
