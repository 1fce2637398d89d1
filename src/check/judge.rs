//! The judge: it watches a run, keeps what facts tell, and hands each fact to the promises that it can break.

use super::agreement::Decision;
use super::broadcast::Broadcasts;
use super::claim::Promise;
use super::clocks::Causality;
use super::consistency::{Consistency, Finding};
use super::exclusion::{Fencing, Holder};
use super::history::{History, Moment};
use super::model::Model;
use super::raft::Group;
use super::siblings::Writes;
use super::snapshot::Snapshot;
use super::time::Stamps;
use super::violation::{Violation, Violations};
use crate::node::{Cluster, Event, Fact, Fault, LocalTime, Node, NodeId, OperationId, Sink, What};

/// Watches a run and judges it, after every event.
///
/// A clone goes on alone, so that a judge can be kept with a checkpoint.
#[derive(Clone, Debug)]
pub struct Judge {
    pub(super) cluster: Cluster,
    /// What is known of each node.
    pub(super) models: Vec<Model>,
    /// Which group each node belongs to.
    group_of: Vec<usize>,
    /// What the promises of Raft remember of each group.
    pub(super) groups: Vec<Group>,
    pub(super) history: History,
    pub(super) violations: Violations,
    /// The first decision of the run.
    pub(super) decision: Option<Decision>,
    /// What the promises about time remember.
    pub(super) stamps: Stamps,
    /// Who holds the lock, with which token, since which event.
    pub(super) holders: Vec<Holder>,
    pub(super) fencing: Fencing,
    pub(super) broadcasts: Broadcasts,
    pub(super) causality: Causality,
    pub(super) snapshot: Snapshot,
    pub(super) writes: Writes,
    pub(super) consistency: Consistency,
    contradictions: Vec<String>,
}

/// How many contradictions are kept.
const MAX_CONTRADICTIONS: usize = 8;

impl Judge {
    /// A judge of a run that has not begun.
    pub fn new(cluster: Cluster) -> Self {
        let place = |id: NodeId| cluster.groups().iter().position(|group| group.members.contains(&id));
        Judge {
            models: vec![Model::default(); cluster.len()],
            group_of: cluster.ids().map(|id| place(id).expect("a node is in a group")).collect(),
            groups: vec![Group::default(); cluster.groups().len()],
            history: History::new(&cluster),
            violations: Violations::default(),
            decision: None,
            stamps: Stamps::default(),
            holders: Vec::new(),
            fencing: Fencing::default(),
            broadcasts: Broadcasts::new(cluster.len()),
            causality: Causality::new(cluster.len()),
            snapshot: Snapshot::default(),
            writes: Writes::default(),
            consistency: Consistency::default(),
            contradictions: Vec::new(),
            cluster,
        }
    }

    /// The first violation of a promise so far, or of its parts; `None` where it was kept or cannot be judged. What is
    /// judged at the end of a run ([`Promise::AcksDurable`]) is judged as if this were the end.
    pub fn violation(&self, promise: Promise) -> Option<Violation> {
        match promise {
            Promise::AcksDurable => return self.lost_acknowledgement(),
            Promise::BroadcastValidity | Promise::ReliableDelivery | Promise::UniformAgreement => {
                return self.undelivered(promise);
            }
            Promise::ConsistentCut => return self.inconsistent_cut(),
            Promise::MoneyConserved => return self.missing_money(),
            Promise::Linearizable | Promise::SequentiallyConsistent => {
                return match self.consistency(promise) {
                    Some(Finding::Broken(violation)) => Some((**violation).clone()),
                    _ => None,
                };
            }
            _ => {}
        }
        if let Ok(Some(violation)) = self.broken_to_clients(promise) {
            return Some(violation);
        }
        let first = promise.parts().iter().filter_map(|part| self.violations.get(*part));
        first.min_by_key(|violation| violation.event).cloned()
    }

    /// How often a promise was broken so far. Of those that are judged at the end, nothing is counted.
    pub fn violation_count(&self, promise: Promise) -> u32 {
        promise.parts().iter().map(|part| self.violations.count(*part)).sum()
    }

    /// The first violation of each promise that is judged as the run goes, in the order of [`Promise`].
    pub fn violations(&self) -> impl Iterator<Item = &Violation> {
        self.violations.iter()
    }

    /// What happened so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Who takes part.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The operations that a node has applied since it booted, those within its snapshot included, in order.
    pub fn applied(&self, node: NodeId) -> impl Iterator<Item = OperationId> + '_ {
        self.models[node.index()].executed.operations()
    }

    /// The first facts that cannot be true of any log, in words: a student's protocol may declare what it does not do.
    pub fn contradictions(&self) -> &[String] {
        &self.contradictions
    }

    pub(super) fn contradiction(&mut self, text: impl FnOnce(&Cluster) -> String) {
        if self.contradictions.len() < MAX_CONTRADICTIONS {
            let text = text(&self.cluster);
            self.contradictions.push(text);
        }
    }

    /// Counts a violation. The first of a promise is told, by one who may look at all that is known.
    pub(super) fn report(&mut self, promise: Promise, tell: impl FnOnce(&Judge) -> Violation) {
        let mut violations = std::mem::take(&mut self.violations);
        violations.report(promise, || tell(self));
        self.violations = violations;
    }

    /// What is remembered of the group that a node belongs to.
    pub(super) fn group(&mut self, node: NodeId) -> &mut Group {
        &mut self.groups[self.group_of[node.index()]]
    }

    pub(super) fn group_place(&self, node: NodeId) -> usize {
        self.group_of[node.index()]
    }

    pub(super) fn model(&mut self, node: NodeId) -> &mut Model {
        &mut self.models[node.index()]
    }

    pub(super) fn name(&self, node: NodeId) -> &str {
        self.cluster.name(node)
    }

    fn boot(&mut self, at: Moment, node: NodeId) {
        self.released(node);
        self.stop_leading(at, node);
        self.model(node).boot();
        self.broadcasts.boot(node);
        self.writes.boot(at, node);
        self.history.runs(at, node, true);
        self.look_for_convergence(at, node);
    }

    fn fault(&mut self, at: Moment, fault: &Fault, label: Option<&str>, ends: bool) {
        match *fault {
            Fault::Crash(node) if self.models[node.index()].runs => {
                self.broadcasts.crash(node);
                self.stop_leading(at, node);
                self.released(node);
                self.history.counts.crashes += 1;
                self.history.runs(at, node, false);
                let model = self.model(node);
                model.runs = false;
                if model.is_wiped {
                    *model = Model::default();
                }
                self.look_for_convergence(at, node);
            }
            Fault::Wipe(node) if self.models[node.index()].runs => self.model(node).is_wiped = true,
            Fault::Wipe(node) => *self.model(node) = Model::default(),
            _ => {}
        }
        self.history.fault(at, fault, label, ends);
    }

    fn fact(&mut self, at: Moment, node: NodeId, local: LocalTime, fact: &Fact) {
        match *fact {
            Fact::BecameCandidate { term } => self.became_candidate(at, node, term),
            Fact::BecameLeader { term } => self.became_leader(at, node, term),
            Fact::BecameFollower { term } => self.became_follower(at, node, term),
            Fact::Voted { term, candidate } => self.voted(at, node, term, candidate),
            Fact::Appended { index, term, entry, operation } => {
                self.appended(at, node, index, term, entry, operation);
            }
            Fact::Restored { index, term, entry, operation } => {
                self.restored(at, node, index, term, entry, operation);
            }
            Fact::Truncated { index } => self.truncated(at, node, index),
            Fact::Installed { index, term } => self.installed(at, node, index, term),
            Fact::Recovered { term, .. } => {
                self.model(node).former = None;
                self.history.terms.insert(term);
            }
            Fact::Committed { index, .. } => self.committed(at, node, index),
            Fact::Applied { index, entry, operation } => {
                self.judge_fencing(at, node, operation);
                self.applied_entry(at, node, index, entry, operation);
            }
            Fact::Returned { operation, ref outcome } => {
                self.history.returned(at, operation, outcome);
                self.stamps.returned(operation);
            }
            Fact::TimedOut { operation } => self.history.timed_out(at, operation),
            // What a snapshot replaces stays in the model: it is what the snapshot stands for.
            Fact::Compacted { .. } => {}
            Fact::Note(ref text) => self.history.notes.push((at, text.clone())),
            Fact::Asked { .. } => {}
            Fact::Broadcast { ref value } => self.broadcast(at, node, value),
            Fact::Delivered { from, ref value } => self.delivered(at, node, from, value),
            Fact::Stamped { ref stamp, bound, operation } => {
                self.judge_clock_conditions(at, node, stamp);
                self.judge_time_in(at, node, local, stamp, bound, operation);
            }
            Fact::Replaces { operation, ref values, overwrites } => self.replaces(operation, values, overwrites),
            Fact::Stored { ref key, ref values } => self.holds_siblings(at, node, key, values),
            Fact::Owners { ref key, ref nodes } => drop(self.writes.owners.insert(key.clone(), nodes.clone())),
            Fact::Deposited { amount } => self.snapshot.deposited += amount,
            Fact::Recorded { amount } => self.recorded(at, node, amount),
            Fact::ChannelRecorded { from, amount } => self.channel_recorded(at, node, from, amount),
            Fact::Decided { ref value } => self.judge_agreement(at, node, value),
            Fact::Acquired { token } => self.acquired(at, node, token),
            Fact::Released { .. } => self.released(node),
            Fact::ClockEstimated { time, error } => self.judge_clock_error(at, node, time, error),
        }
    }

    /// Notes whether all running nodes of a node's group have applied the same. Having applied nothing is not enough.
    pub(super) fn look_for_convergence(&mut self, at: Moment, node: NodeId) {
        let group = self.group_of[node.index()];
        if !self.history.applies[group] {
            return;
        }
        let members = &self.cluster.groups()[group].members;
        let mut running = members.iter().map(|id| &self.models[id.index()]).filter(|model| model.runs);
        let is_converged = running.next().is_some_and(|first| {
            first.executed.count() > 0 && running.all(|model| model.executed.is_same_as(&first.executed))
        });
        self.history.converged(at, group, is_converged);
    }

    /// One of a node's group applies things.
    pub(super) fn group_applies(&mut self, node: NodeId) {
        self.history.applies[self.group_of[node.index()]] = true;
    }
}

impl<N: Node> Sink<N> for Judge {
    fn event(&mut self, event: &Event<'_, N>) {
        let at = Moment { event: event.id, time: event.time };
        self.history.now = at;
        self.consistency.forget();
        self.history.counts.events += 1;
        self.causality.event(event);
        match (&event.what, event.node) {
            (What::Send { .. }, _) => self.history.counts.sent += 1,
            (What::Deliver { .. }, _) => self.history.arrived(event.cause),
            (What::Lost { .. }, _) => self.history.counts.lost += 1,
            (What::Fact(fact), Some(node)) => self.fact(at, node, event.local, fact),
            (What::Operation { operation, label }, Some(node)) => {
                self.history.invoked(at, node, operation, *label);
                self.stamps.invoked(operation.id);
                self.fencing.invoked(node, operation.id);
            }
            (What::Boot { .. }, Some(node)) => self.boot(at, node),
            (What::Fault { fault, label, ends }, _) => self.fault(at, fault, *label, *ends),
            _ => {}
        }
    }
}
