//! What survives to the end of a run, and whether clients were told of anything that did not.
//!
//! A group that applies operations speaks with one voice at the end: that of its *survivor*.
//!
//! - The survivor is the running leader of the highest term: what is not in its log will be in nobody's. Where nobody
//!   leads, it is the node, running or not, that has applied its log the furthest: a node that is down may come back.
//! - An operation *survives* if the survivor has applied it, or if the survivor's log holds it and either some node has
//!   applied it or some node knew that place to be committed.
//!
//! In Raft the survivor's log holds all that was ever committed, so that an acknowledged write survives unless a promise
//! of Figure 3 is broken or disks forget. Where followers copy a leader without waiting for each other, the survivor of
//! a failover lacks what its predecessor had acknowledged and not yet handed on.

use super::claim::Promise;
use super::history::{Ending, OperationHistory};
use super::judge::Judge;
use super::model::Model;
use super::violation::Violation;
use crate::node::{NodeId, OperationId};
use std::collections::BTreeSet;

/// Who speaks for a group at the end.
pub(super) struct Survivor<'a> {
    pub node: NodeId,
    model: &'a Model,
    applied: BTreeSet<OperationId>,
}

impl Judge {
    /// For each group that applies operations, who speaks for it. None where no node declares what it applies.
    pub(super) fn survivors(&self) -> Vec<Survivor<'_>> {
        let groups = self.cluster.groups().iter().zip(&self.history.applies);
        let survivors = groups.filter(|(_, applies)| **applies).filter_map(|(group, _)| {
            let models = || group.members.iter().map(|id| (*id, &self.models[id.index()]));
            let leaders = models().filter_map(|(id, model)| Some((model.leads?.0, id)));
            let furthest = || models().rev().max_by_key(|(_, model)| (model.executed.last(), model.executed.count()));
            let node = leaders.max().map(|(_, id)| id).or_else(|| furthest().map(|(id, _)| id))?;
            let model = &self.models[node.index()];
            Some(Survivor { node, model, applied: model.executed.operations().collect() })
        });
        survivors.collect()
    }

    /// Whether an operation survives, as it is defined above.
    pub(super) fn survives(&self, survivors: &[Survivor<'_>], operation: &OperationHistory) -> bool {
        survivors.iter().any(|survivor| {
            let in_log = operation.places.iter().any(|&(index, digest)| {
                let is_committed = operation.applied.is_some() || index <= self.history.committed;
                is_committed && survivor.model.log.digest_at(index) == Some(digest)
            });
            in_log || survivor.applied.contains(&operation.id)
        })
    }

    /// The writes that returned and took effect, as their clients were told.
    pub(super) fn acknowledged_writes(&self) -> impl Iterator<Item = &OperationHistory> {
        let writes = self.history.operations().filter(|operation| !operation.op.is_read());
        writes.filter(|operation| matches!(operation.ending, Ending::Ok(_)))
    }

    /// The violation of [`Promise::AcksDurable`], were this the end of the run: the first acknowledged write that does
    /// not survive. Nothing is said where no node declares what it applies.
    pub(super) fn lost_acknowledgement(&self) -> Option<Violation> {
        let survivors = self.survivors();
        if survivors.is_empty() {
            return None;
        }
        let mut lost = self.acknowledged_writes().filter(|operation| !self.survives(&survivors, operation));
        let first = lost.next()?;
        let told = first.ended?;
        let what = self.tell_operation(Some(first.id));
        let headline = match lost.count() {
            0 => format!("{what} was acknowledged and is missing"),
            more => format!("{} acknowledged writes are missing, the first {what}", more + 1),
        };
        let mut violation = Violation::new(Promise::AcksDurable, told, first.client, headline).saw(format!(
            "{} was told ok in {}",
            self.name(first.client),
            told.event
        ));
        if let Some(applied) = first.applied {
            violation = violation.saw(format!("it was applied first in {}", applied.event)).blame([applied.event]);
        }
        for survivor in &survivors {
            let (name, model) = (self.name(survivor.node), survivor.model);
            let role = model.leads.map_or("went the furthest".to_owned(), |(term, _)| format!("leads term {term}"));
            violation = violation.saw(format!("{name}, which {role}, does not have it at the end"));
            violation = violation.blame(model.leads.map(|(_, since)| since.event));
        }
        Some(violation)
    }
}
